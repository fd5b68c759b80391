# SPDX-License-Identifier: BSD-3-Clause
"""lab - real XMPP servers around the relay, in network namespaces.

  lab up       installs, builds; servers, names, certificates; with --relay the relay too
  lab demo     installs, builds, brings a lab up, sends a message and its answer through the relay,
               shows which way they took and what was counted, takes the lab down
  lab status   what runs, where, and how to look inside
  lab down     ends and removes everything, also what a killed run left

Needs root. Nothing leaves the namespaces; names are under .example, addresses are for documentation.
"""

import argparse
import os
import signal
import sys

from labkit import cast, lab, relay
from labkit.state import LabError, RunDir, say


def arguments():
    parser = argparse.ArgumentParser(
        prog="lab", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["up", "down", "demo", "status"])
    parser.add_argument("--number", type=int, default=0, help="which lab (default 0)")
    parser.add_argument("--dir", help="run directory (default /run/sluice-lab-<number>)")
    parser.add_argument("--build", help="build folder (default: build/ in the tree)")
    parser.add_argument("--driver", default="af_xdp", help="af_xdp (default) or af_packet")
    parser.add_argument("--full", action="store_true", help="up: the whole cast of the tests")
    parser.add_argument("--relay", action="store_true", help="up: start the relay as well")
    parser.add_argument("--prepared", action="store_true",
                        help="up, demo: install and build nothing")  # fmt: skip
    return parser.parse_args()


def up(args):
    if not args.prepared:
        relay.build(args.build)
    one = lab.Lab(cast.full() if args.full else cast.small(), args.number, args.dir)
    try:
        one.up()
        running = relay.Relay(one, args.build, args.driver)
        if args.relay:
            running.start()
        else:
            running.write_config()
    except BaseException:
        one.down()
        raise
    status(args)


def status(args):
    rundir = RunDir(args.number, args.dir)
    records = rundir.records()
    if not records:
        print(f"lab {args.number} is down")
        return
    for name, record in records.items():
        state = "runs" if rundir.alive(name) else "ENDED"
        print(f"{state:6} {name:16} pid {record['pid']:7}  log {rundir.path}/log/{name}.log")
    print("namespaces:", " ".join(rundir.namespaces()))
    print(f"relay: ip netns exec {rundir.prefix}edge sluice -c {rundir.path}/relay/sluice.xml")
    print(f"       sluicectl -s {rundir.path}/relay/control.sock show streams")


def down(args):
    rundir = RunDir(args.number, args.dir)
    rundir.take()
    rundir.remove()
    say(f"lab {args.number} is down")


def main():
    args = arguments()
    if os.geteuid() != 0:
        print("lab: needs root (network namespaces)", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `finally` cleans up
    try:
        if args.command == "demo":
            from labkit import demo  # here: only it has an XMPP client of its own, slow to load

            demo.run(args.number, args.dir, args.build, args.driver, args.prepared)
        else:
            {"up": up, "down": down, "status": status}[args.command](args)
    except LabError as e:
        print(f"lab: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
