#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""twins.py - a shortcut changes nothing: two simulators, of which one has it left out, write the same timelines.

    tests/tcp/twins.py BUILD/tests/tcp/tcp_sim BUILD/tests/tcp/tcp_sim_asks_all SEEDS

What differs first is printed, with what comes before it.
"""
import collections
import itertools
import subprocess
import sys

SHOWN = 20  # lines before the difference


def timelines(simulator, seeds):
    return subprocess.Popen([simulator, "--verbose", "--seeds", str(seeds)], stdout=subprocess.PIPE, text=True)


def lasting(lines, seeds):
    """Without those that say how far it has come, which clocks decide."""
    return (line for line in lines if f" of {seeds} seeds, " not in line)


def compare(one, other):
    """Lines that are the same, and those around the first that is not, or nothing."""
    before = collections.deque(maxlen=SHOWN)
    same = 0
    for a, b in itertools.zip_longest(one, other):
        if a != b:
            return same, list(before) + [f"- {a}", f"+ {b}"]
        before.append(a)
        same += 1
    return same, []


def main():
    seeds = int(sys.argv[3])
    with timelines(sys.argv[1], seeds) as one, timelines(sys.argv[2], seeds) as other:
        same, difference = compare(lasting(one.stdout, seeds), lasting(other.stdout, seeds))
    statuses = one.returncode, other.returncode
    good = not difference and statuses == (0, 0) and same > 20 * seeds  # else nothing could have differed
    if not good:
        print("".join(difference))
        print(f"{same} lines of {seeds} seeds are the same; exit statuses {statuses}")
    print("1 passed, 0 failed" if good else "0 passed, 1 failed")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
