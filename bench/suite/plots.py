# SPDX-License-Identifier: BSD-3-Clause
"""plots: curves become SVG files, one a plot."""

import dataclasses
import sys


@dataclasses.dataclass(frozen=True)
class Plot:
    title: str
    x: str
    y: str
    log_x: bool = False
    log_y: bool = False


PLOTS = {
    "throughput": Plot("Throughput by size of the stanza", "bytes of body", "stanzas/s", True, True),
    "cpu_servers": Plot("CPU for a million stanzas: XMPP servers, TLS on", "", "CPU seconds", False, True),
    "cpu_proxies": Plot("CPU for a million stanzas: beside proxies that parse nothing", "", "CPU seconds"),
    "latency": Plot("Added latency by load", "load, % of the highest rate", "microseconds", False, True),
    "memory": Plot("Memory by idle streams", "streams", "MB"),
    "stream": Plot("Memory of one open stream", "", "KB", False, True),
    "speedup": Plot("Ours beside the libraries", "", "times as fast"),
}


def bars(axes, curves):
    names = list(dict.fromkeys(name for c in curves for name in c.x))
    width = 0.8 / len(curves)
    for n, c in enumerate(curves):
        at = [names.index(name) + (n - (len(curves) - 1) / 2) * width for name in c.x]
        drawn = axes.bar(at, c.y, width, label=c.label)
        if len(names) * len(curves) <= 24:
            axes.bar_label(drawn, fmt="%.3g", fontsize="x-small", padding=1)
    axes.set_xticks(range(len(names)), names, rotation=20 if len(names) > 5 else 0, ha="right" if len(names) > 5 else "center")


def lines(axes, curves):
    for c in curves:
        axes.plot(c.x, c.y, marker="o", label=c.label)
    ticks = sorted({x for c in curves for x in c.x})
    axes.set_xticks(ticks, [f"{x:,}" for x in ticks])
    axes.minorticks_off()


def draw(curves, out):
    """[(name, file)] of what could be drawn."""
    for old in out.glob("*.svg"):  # of an earlier run, perhaps of other parts
        old.unlink()
    if not curves:
        return []
    try:
        import matplotlib
    except ImportError:
        print("run: no plots: python3-matplotlib is not installed", file=sys.stderr)
        return []
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "sluice"  # the same curves, the same file
    from matplotlib import pyplot

    drawn = []
    for name, plot in PLOTS.items():
        mine = [c for c in curves if c.plot == name]
        if not mine:
            continue
        figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
        axes.set(title=plot.title, xlabel=plot.x, ylabel=plot.y)
        axes.set_xscale("log" if plot.log_x else "linear")
        axes.set_yscale("log" if plot.log_y else "linear")
        (bars if isinstance(mine[0].x[0], str) else lines)(axes, mine)
        if not plot.log_y:
            axes.set_ylim(bottom=0)
        axes.grid(True, which="major", alpha=0.3)
        if len(mine) > 1:
            axes.legend(fontsize="small")
        figure.savefig(out / f"{name}.svg", metadata={"Date": None})
        pyplot.close(figure)
        drawn.append((plot.title, out / f"{name}.svg"))
    return drawn
