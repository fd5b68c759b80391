#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""run_test TREE BUILD [PART] - bench/run measures a part, prints what it should, judges, and writes it down.

Every part of bench/run that is a program runs so, in its short mode, so that none rots. Whether it meets its goals
is no test: that is the machine's to say. Without a part, what bench/run itself does."""

import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile

TREE, BUILD = (pathlib.Path(a) for a in sys.argv[1:3])
sys.path.insert(0, str(TREE / "bench"))

from suite import curves, results  # noqa: E402

passed = failed = 0


def check(good, what):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(("ok   " if good else "FAIL ") + what)


def run(*words):
    return subprocess.run([TREE / "bench" / "run", "--prepared", "--build", BUILD, *words],
                          capture_output=True, text=True, timeout=280)  # fmt: skip


def check_part(part, folder):
    done = run("--short", "--json", "--out", folder, part)
    check(done.returncode in (0, 1), f"{part}: exit status {done.returncode}: {done.stderr[-500:]}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    keys = {"name", "value", "unit", "goal", "aim", "met"}
    check(lines and all(keys <= line.keys() for line in lines), f"{part}: each line has its fields")
    judged = [line for line in lines if line["met"] is not None]
    check(done.returncode == int(not all(line["met"] for line in judged)), "the status says whether goals are met")
    written = (folder / "results.md").read_text()
    check(all(line["name"] in written for line in lines), "results.md has every figure")
    check("cpu" in json.loads((folder / "machine.json").read_text()), "machine.json has facts")
    return lines, judged


def check_itself(folder):
    lines, judged = check_part("handshake", folder)
    check(len(judged) == 4, "each leg and role has a goal")
    check(len(lines) > len(judged), "figures without a goal are there, too")
    check_judgement()
    check_plots(folder)
    check(run("--list").stdout.startswith("stall"), "--list names parts")
    wrong = run("nothing")
    check(wrong.returncode == 2 and "no part nothing" in wrong.stderr, "a wrong part is named")


def check_plots(folder):
    """Of the figures that are there, what can be drawn is."""
    figures = {"idle.10k": 2000, "idle.50k": 2010, "link.latency.10.p50": 5, "peers.nginx.open_200_streams.kb_per_stream": 83}
    drawn = {c.plot: c for c in curves.of(figures)}
    check(drawn.keys() == {"memory", "latency", "stream"}, f"plots: {sorted(drawn)}")
    check(drawn["memory"].y[-1] == 100.5, f"MB of 50,000 streams: {drawn['memory'].y}")
    check(drawn["stream"].x == ["sluice", "nginx"], f"who has streams: {drawn['stream'].x}")
    (folder / "results.json").write_text("".join(
        json.dumps({"name": name, "value": value}) + "\n" for name, value in figures.items()))  # fmt: skip
    done = run("--plots", "--out", folder)
    check(done.returncode == 0, f"--plots: {done.returncode}: {done.stderr}")
    if importlib.util.find_spec("matplotlib"):  # one of the packages that only benchmarks need
        check("50,000" in (folder / "memory.svg").read_text(), "a tick says how many streams")


def check_judgement():
    few = results.at_most("x", 1.5, goal=2, aim=1)
    check(few.met and few.verdict == "yes", "below a goal and above the aim")
    check(results.at_most("x", 1, goal=2, aim=1).verdict == "yes, and the aim", "at the aim")
    check(not results.at_least("x", 1.9, goal=2, aim=3).met, "below what it should reach")
    check(results.Result("x", 1, "s").met is None, "no goal, no verdict")


with tempfile.TemporaryDirectory() as name:
    if len(sys.argv) > 3:
        check_part(sys.argv[3], pathlib.Path(name))
    else:
        check_itself(pathlib.Path(name))
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
