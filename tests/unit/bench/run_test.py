#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""run_test TREE BUILD - bench/run measures a part, prints what it should, judges, and writes it down."""

import json
import pathlib
import subprocess
import sys
import tempfile

TREE, BUILD = (pathlib.Path(a) for a in sys.argv[1:3])
sys.path.insert(0, str(TREE / "bench"))

from suite import results  # noqa: E402

passed = failed = 0


def check(good, what):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(("ok   " if good else "FAIL ") + what)


def run(*words):
    return subprocess.run([TREE / "bench" / "run", "--prepared", "--build", BUILD, *words],
                          capture_output=True, text=True, timeout=280)  # fmt: skip


def check_run(folder):
    done = run("--short", "--json", "--out", folder, "handshake")
    check(done.returncode in (0, 1), f"exit status {done.returncode}: {done.stderr[-500:]}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    keys = {"name", "value", "unit", "goal", "aim", "met"}
    check(lines and all(keys <= line.keys() for line in lines), "each line has its fields")
    judged = [line for line in lines if line["met"] is not None]
    check(len(judged) == 4, "each leg and role has a goal")
    check(done.returncode == int(not all(line["met"] for line in judged)), "the status says whether goals are met")
    written = (folder / "results.md").read_text()
    check(all(line["name"] in written for line in lines), "results.md has every figure")
    check("cpu" in json.loads((folder / "machine.json").read_text()), "machine.json has facts")


def check_judgement():
    few = results.at_most("x", 1.5, goal=2, aim=1)
    check(few.met and few.verdict == "yes", "below a goal and above the aim")
    check(results.at_most("x", 1, goal=2, aim=1).verdict == "yes, and the aim", "at the aim")
    check(not results.at_least("x", 1.9, goal=2, aim=3).met, "below what it should reach")
    check(results.Result("x", 1, "s").met is None, "no goal, no verdict")


with tempfile.TemporaryDirectory() as name:
    check_run(pathlib.Path(name))
check_judgement()
check(run("--list").stdout.startswith("framer"), "--list names parts")
wrong = run("nothing")
check(wrong.returncode == 2 and "no part nothing" in wrong.stderr, "a wrong part is named")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
