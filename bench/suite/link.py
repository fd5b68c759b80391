# SPDX-License-Identifier: BSD-3-Clause
"""link: the whole relay on a userspace link, by bench/labkit/link_cases.py."""

import argparse
import re

from labkit import link_cases
from labkit.state import LabError

from .parts import CannotMeasure
from .results import Result, at_least, at_most, slug


def rate_of(name):
    """("in", "200 B", 16) of "rate in, 200 B, 16"."""
    found = re.fullmatch(r"rate (in|out), (.+), (\d+)", name)
    return (found[1], found[2], int(found[3])) if found else None


def rates(found):
    for name, f in found.items():
        if not (kind := rate_of(name)):
            continue
        way, size, streams = kind
        stem = f"link.{way}.{slug(size)}.{streams}"
        yield Result(f"{stem}.stanzas_per_s", f["stanzas_per_s"], "1/s")
        yield Result(f"{stem}.stanzas_per_cpu_s", f["relay"]["stanzas_per_busy_s"], "1/s")
        yield Result(f"{stem}.cycles", f["relay"]["cycles_per_stanza"], "cycles/stanza")


def latency(found):
    """What the relay adds: with it less without it, at the same rate."""
    added = {}
    for name, f in found.items():
        if case := re.fullmatch(r"latency in, (\d+)%, (\d+)/s", name):
            alone = found[f"latency link alone, {case[1]}%, {case[2]}/s"]
            added[int(case[1])] = [max(f[k] - alone[k], 0) for k in ("latency_p50_us", "latency_p99_us")]
    for share, (p50, p99) in added.items():
        if share == 50:
            yield at_most("link.latency.50.p50", p50, 15, 5, "us")
            yield at_most("link.latency.50.p99", p99, 60, 25, "us")
        else:
            yield Result(f"link.latency.{share}.p50", p50, "us")
            yield Result(f"link.latency.{share}.p99", p99, "us")


def handshakes(found):
    """By what a stanza costs the poll core: with two processors the generator shakes hands, too."""
    loaded = [f for name, f in found.items() if re.match(r"handshakes \d+/s", name)]
    for name, f in found.items():
        if name.endswith(" streams") and name.startswith("handshakes"):
            yield Result("link.handshakes.streams_per_s", f["streams_per_s"], "1/s")
    if loaded:
        alone = found["handshakes none, 200 B, 16"]["relay"]["cycles_per_stanza"]
        yield at_least("link.handshakes.stanza_rate", alone / loaded[0]["relay"]["cycles_per_stanza"],
                       0.90, 0.97)  # fmt: skip


def memory(found):
    for name, f in found.items():
        if name.startswith("memory"):
            yield Result(f"link.memory.{name.split()[1]}", f["memory_kb"] / 1024, "MB")


class LinkPart:
    name = "link"
    title = "the whole relay on a userspace link: rates, latency, handshakes, memory"

    def measure(self, args, _before):
        options = argparse.Namespace(groups=None, build=args.build, relay_build=None, lab=args.lab, only="",
                                     seconds=3 if args.short else 4, rounds=1, checksums=False)  # fmt: skip
        if args.short:
            options.groups = ["rate", "latency", "handshakes"]
        found, wrong = {}, []
        try:
            for name, figures in link_cases.run(options):
                if figures["exit"] != 0:
                    wrong.append(f"{name}: {figures['trouble'] or figures['verdict']}")
                elif "relay" in figures and name.startswith(("rate", "handshakes none")) and \
                        "cycles_per_stanza" not in figures["relay"]:  # fmt: skip
                    wrong.append(f"{name}: control was too busy to tell the relay's cycles")
                else:
                    found[name] = figures
        except LabError as e:
            wrong.append(str(e))
        for part in (rates, latency, handshakes, memory):
            try:
                yield from part(found)
            except KeyError as e:
                wrong.append(f"{part.__name__}: {e} is missing")
        if wrong:
            raise CannotMeasure("; ".join(wrong))
