#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""run.py - the end-to-end tests: real servers on both sides of the running relay.

Brings one lab up, runs all cases in it in the order of their files, takes it down. The last line is
`N passed, N failed`. Needs root (network namespaces) and a build (`ninja -C build`).
"""

import argparse
import fnmatch
import os
import shlex
import signal
import sys
import time
import traceback

import cases_lab  # noqa: F401
import cases_federation  # noqa: F401  isort: skip
import cases_hostile  # noqa: F401
import cases_internal  # noqa: F401
import cases_tls  # noqa: F401
import cases_policy  # noqa: F401  isort: skip
import cases_reload  # noqa: F401  isort: skip
import cases_watch  # noqa: F401  isort: skip
import cases_explain  # noqa: F401  isort: skip
import cases_bulk  # noqa: F401  isort: skip
import cases_linux  # noqa: F401  isort: skip
import cases_metrics  # noqa: F401  isort: skip
import cases_cores  # noqa: F401  isort: skip
import cases_ipv6  # noqa: F401  isort: skip
import cases_ecn  # noqa: F401  isort: skip
import cases_load  # noqa: F401  isort: skip
import cases_partners  # noqa: F401  isort: skip
import cases_drain  # noqa: F401  isort: skip
import cases_link  # noqa: F401  isort: skip
import cases_ctl  # noqa: F401  isort: skip
import cases_service  # noqa: F401  isort: skip
import cases_package  # noqa: F401  isort: skip
import cases_restart  # noqa: F401  isort: skip  these end servers: last
from harness import CASES, World, check  # isort: skip


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[2])
    parser.add_argument("--build", help="build folder (default: build/ in the tree)")
    parser.add_argument("--driver", default="af_xdp", help="af_xdp (default) or af_packet")
    parser.add_argument("--only", metavar="PATTERN", help="only cases whose name matches *PATTERN*")
    parser.add_argument("--lab", type=int, default=90, help="number of the lab to use")
    parser.add_argument("--keep", action="store_true", help="leave the lab up when a case failed")
    parser.add_argument("--before", metavar="WORDS", default="", help="words before the relay's command line")
    parser.add_argument("--list", action="store_true", help="name the cases and end")
    return parser.parse_args()


def run_case(world, name, function):
    """None when the case passed, else the text of its failure."""
    world.users.forget()
    try:
        function(world)
        world.settled()
    except Exception:  # a case may fail in any way; the run goes on
        return traceback.format_exc()
    return None


def logs(world):
    names = ["relay", *(s.name for s in world.lab.cast.servers)]
    return "\n".join(f"--- {n}\n{world.lab.rundir.log_text(n, 2500)}" for n in names)


def after_failure(world):
    """The next case finds what it would have found: fresh users, every server, a relay."""
    world.users.close()  # what is still under way to them is nobody's
    for name in world.lab.servers:
        if not world.lab.rundir.alive(name):
            world.lab.start_again(name)
    if not world.lab.rundir.alive("relay"):
        world.log_seen = 0
        world.lab.rundir.path.joinpath("log", "relay.log").unlink(missing_ok=True)
        world.relay.start()


def run_all(world, chosen):
    passed, failed = 0, []
    for name, function in chosen:
        began = time.monotonic()
        trouble = run_case(world, name, function)
        seconds = time.monotonic() - began
        print(f"{'ok  ' if trouble is None else 'FAIL'} {name}  ({seconds:.1f} s)", flush=True)
        if trouble is None:
            passed += 1
            continue
        failed.append(name)
        print(trouble, logs(world), sep="\n", flush=True)
        after_failure(world)
    return passed, failed


def main():
    args = arguments()
    chosen = [c for c in CASES if not args.only or fnmatch.fnmatch(c[0], f"*{args.only}*")]
    # Two polling cores, control and all the servers: no machine of two CPUs is fair to them.
    if not args.only and (os.cpu_count() or 1) < 4:
        chosen = [c for c in chosen if not c[0].startswith("cores/")]
    if args.list:
        print("\n".join(name for name, _ in chosen))
        return 0
    if os.geteuid() != 0:
        print("e2e needs root: network namespaces", file=sys.stderr)
        return 2
    check(chosen, "no case matches")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `finally` takes the lab down
    began = time.monotonic()
    world = World(args.lab, args.build, args.driver)
    world.relay.words = shlex.split(args.before)
    passed, failed = 0, []
    try:
        world.up()
        print(f"lab up after {time.monotonic() - began:.1f} s", flush=True)
        passed, failed = run_all(world, chosen)
    except Exception:
        failed.append("lab/up")
        print("FAIL lab/up", traceback.format_exc(), logs(world), sep="\n", flush=True)
    finally:
        if not (args.keep and failed):
            try:
                world.down()
                passed += 1
                print("ok   lab/down")
            except Exception:
                failed.append("lab/down")
                print("FAIL lab/down", traceback.format_exc(), sep="\n", flush=True)
    print(f"end to end: {time.monotonic() - began:.0f} s"
          + (f"; failed: {', '.join(failed)}" if failed else ""))  # fmt: skip
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
