#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""coverage.py - how many lines of dataplane/tcp the tests of TCP reach, and which they do not.

  tests/coverage.py [--build FOLDER] [--seeds N]

Builds without optimisation and with counters in a folder of its own (build-coverage), runs there all
tests named tcp_*: unit tests, scripts, the simulator, replays of the fuzz corpora. Prints a table by
file and each line that was never reached. One test: at least 95 % of lines, by programs that all
pass. Functions with such lines that the list in tests/tcp/README.md does not name are pointed out.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = "dataplane/tcp"
LEAST_PERCENT = 95
SKIPPED = ("tcp_goodput",)  # one bulk flow: the simulator has hundreds
README = ROOT / "tests/tcp/README.md"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[2])
    parser.add_argument("--build", default="build-coverage", help="build folder, made when missing")
    parser.add_argument("--seeds", type=int, default=300, help="of the simulator (default 300)")
    return parser.parse_args()


class Failed(Exception):
    """A program that failed: what it said last."""


def run(command, errors=subprocess.STDOUT):
    """What it prints, with its errors among it unless they go elsewhere."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, cwd=ROOT, check=False)
    text = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise Failed("\n".join([*text.splitlines()[-40:], f"FAILED: {' '.join(map(str, command))}"]))
    return text


def programs(build):
    """Commands of the tests of TCP that are programs of this build."""
    tests = json.loads(run(["meson", "introspect", "--tests", build]))
    return [
        t["cmd"]
        for t in tests
        if t["name"].startswith("tcp_") and t["name"] not in SKIPPED and t["cmd"][0].startswith(f"{build}/")
    ]


def prepare(build):
    if not (build / "build.ninja").exists():
        run(["meson", "setup", build, "-Db_coverage=true", "-Doptimization=0"])
    run(["ninja", "-C", build, "build.ninja"])
    commands = programs(build)
    run(["ninja", "-C", build, *(os.path.relpath(c[0], build) for c in commands)])
    for old in build.rglob("*.gcda"):
        old.unlink()
    return commands


def play(commands, seeds):
    """Counters of programs that run side by side are added up by the run-time library."""
    longest = [c[:1] + ["--seeds", str(seeds)] if c[0].endswith("/tcp_sim") else c for c in commands]
    longest.sort(key=lambda c: not c[0].endswith("/tcp_sim"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for command, text in zip(longest, pool.map(run, longest)):
            print(f"{pathlib.Path(command[0]).name}: {text.strip().splitlines()[-1]}")


def counts(build):
    """file -> line -> [times, function], of all objects of the library."""
    objects = sorted(str(p) for p in (build / FOLDER).rglob("*.gcno"))
    # It complains of each object that no program has run.
    text = run(["gcov", "--json-format", "--stdout", *objects], errors=subprocess.DEVNULL)
    found = collections.defaultdict(dict)
    for one in filter(None, text.splitlines()):
        for file in json.loads(one)["files"]:
            path = pathlib.Path(os.path.normpath(build / file["file"]))
            if path.parent != ROOT / FOLDER:
                continue
            lines = found[path.relative_to(ROOT)]
            for line in file["lines"]:
                entry = lines.setdefault(line["line_number"], [0, line.get("function_name", "")])
                entry[0] += line["count"]
    return found


def show(found):
    """Prints the table and what is missing; the percentage."""
    reached = total = 0
    print(f"\n{'file':36} {'lines':>6} {'reached':>8} {'%':>7}")
    for path, lines in sorted(found.items()):
        good = sum(1 for times, _ in lines.values() if times > 0)
        reached, total = reached + good, total + len(lines)
        print(f"{str(path):36} {len(lines):6} {good:8} {100 * good / len(lines):7.1f}")
    percent = 100 * reached / total if total else 0
    print(f"{'all':36} {total:6} {reached:8} {percent:7.2f}\n")
    return percent


def name_missing(found):
    named = README.read_text(encoding="utf-8").partition("\n## Not covered\n")[2].partition("\n## ")[0]
    missing = collections.Counter()
    for path, lines in sorted(found.items()):
        source = (ROOT / path).read_text(encoding="utf-8").splitlines()
        for number, (times, function) in sorted(lines.items()):
            if times == 0:
                missing[f"{path.name}: {function}"] += 1
                print(f"{path}:{number}: {function}: {source[number - 1].strip()}")
    for where, count in missing.items():
        if f"`{where.partition(': ')[2]}`" not in named:
            print(f"tests/tcp/README.md gives no reason for {where} ({count} lines)")


def main():
    options = arguments()
    build = ROOT / options.build
    try:
        play(prepare(build), options.seeds)
        found = counts(build)
    except Failed as failed:
        print(f"{failed}\n0 passed, 1 failed")
        return 1
    percent = show(found)
    name_missing(found)
    good = percent >= LEAST_PERCENT
    print(f"coverage of {FOLDER}: {percent:.2f} % of lines, {LEAST_PERCENT} are asked for")
    print("1 passed, 0 failed" if good else "0 passed, 1 failed")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
