#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""run.py - bulk TCP between our stack and the kernel's, both directions at once, over a veth.

Each case is one connection: either side opens it, either side closes first, both send as many bytes
as they can at the same time, and the link between them loses, repeats, delays and damages packets
in both directions (bulk_stack does that, between its port and its stack; seeded). What each side
has sent must have the SHA-256 of what the other has received. Needs root; its namespaces are its
own and go with it. The last line is `N passed, N failed`.
"""

import argparse
import contextlib
import dataclasses
import fnmatch
import hashlib
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import threading
import time

TREE = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(TREE / "bench"))

from labkit import netns  # noqa: E402

OURS, LISTEN_PORT = "192.0.2.1", 5269
KERNEL, KERNEL_PORT = "192.0.2.2", 7000
MIB = 1 << 20
DEADLINE_S = 130  # of one case; bulk_stack's own is 10 s shorter
CHUNK = 1 << 16
PAUSE_S = 0.4  # of a slow reader


@dataclasses.dataclass(frozen=True)
class Case:
    """One connection. Rates are of 10,000 packets, in each direction."""

    name: str
    mib: float  # each way, of a run with --mb 16
    role: str  # what our stack does: dial or listen
    first: str  # who closes first: us, them, or both (each when it has sent all)
    drop: int = 0
    duplicate: int = 0
    reorder: int = 0
    corrupt: int = 0
    slow: bool = False  # both sides read in fits

    def rates(self):
        return {"dropped": self.drop, "duplicated": self.duplicate,
                "reordered": self.reorder, "corrupted": self.corrupt}  # fmt: skip

    def order(self, size, seed):
        close = "last" if self.first == "them" else "first"
        reader = "slow" if self.slow else "fast"
        return (f"{self.role} {KERNEL_PORT} 1 {size} 0 {close} {reader} {seed % 2} {seed} "
                f"{self.drop} {self.duplicate} {self.reorder} {self.corrupt} {DEADLINE_S - 10}\n")  # fmt: skip


LINKS = [
    ("clean", 16, {}),
    ("drop 1 %", 4, {"drop": 100}),
    ("drop 5 %", 0.75, {"drop": 500}),
    ("duplicate 2 %", 8, {"duplicate": 200}),
    ("reorder 5 %", 4, {"reorder": 500}),
    ("corrupt 1 %", 4, {"corrupt": 100}),
    ("all of it", 1, {"drop": 100, "duplicate": 200, "reorder": 500, "corrupt": 50}),
]


def all_cases():
    cases = []
    for role in ("dial", "listen"):
        for link, mib, rates in LINKS:
            first = {"dial": "us", "listen": "them"}[role]
            cases.append(Case(link, mib, role, first, **rates))
        cases.append(Case("clean", 16, role, {"dial": "them", "listen": "us"}[role]))
        cases.append(Case("clean", 16, role, "both"))
    cases.append(Case("slow readers", 2, "listen", "both", slow=True))
    return cases


class Kernel:
    """The kernel's end of one connection: a thread that sends, a thread that receives."""

    def __init__(self, sock, case, size, seed):
        self.sock, self.case, self.size = sock, case, size
        self.seed = seed
        self.sent, self.received, self.received_bytes = hashlib.sha256(), hashlib.sha256(), 0
        self.eof = threading.Event()
        self.trouble = []
        self.threads = [threading.Thread(target=self.guard, args=(work,), daemon=True)
                        for work in (self.send, self.receive)]  # fmt: skip

    def guard(self, work):
        try:
            work()
        except Exception as e:  # whatever it is, the case has failed
            self.trouble.append(f"{work.__name__}: {e!r}")
            self.eof.set()

    def run(self):
        for t in self.threads:
            t.start()
        for t in self.threads:
            t.join(DEADLINE_S)
            if t.is_alive():
                self.trouble.append("not over in time")
        self.sock.close()

    def send(self):
        dice = random.Random(self.seed)
        left = self.size
        while left > 0:
            n = min(left, CHUNK if dice.random() < 0.9 else dice.randint(1, 3000))
            piece = dice.randbytes(n)
            self.sent.update(piece)
            self.sock.sendall(piece)
            left -= n
        if self.case.first == "us":
            self.eof.wait(DEADLINE_S)
        self.sock.shutdown(socket.SHUT_WR)

    def receive(self):
        pause_at = CHUNK
        while piece := self.sock.recv(CHUNK):
            self.received.update(piece)
            self.received_bytes += len(piece)
            if self.case.slow and self.received_bytes >= pause_at:
                time.sleep(PAUSE_S)
                pause_at += 4 * CHUNK
        self.eof.set()


class Network:
    """Two namespaces and the veth between them; `kernel` has an address, `ours` has bulk_stack."""

    def __init__(self):
        self.ours, self.kernel = f"bulk{os.getpid()}-ours", f"bulk{os.getpid()}-kernel"

    def up(self):
        for name in (self.ours, self.kernel):
            netns.run(["ip", "netns", "add", name])
            self.shell(name, "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6;"
                             "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6")  # fmt: skip
        netns.run(["ip", "-n", self.ours, "link", "add", "px0", "type", "veth",
                   "peer", "name", "pk0", "netns", self.kernel])  # fmt: skip
        # Checksums complete, receive work away from the CPU that polls, and no memory of how the
        # connection before fared.
        self.shell(self.kernel, "ethtool -K pk0 tx off > /dev/null;"
                                "echo 1 > /sys/class/net/pk0/queues/rx-0/rps_cpus;"
                                "echo reno > /proc/sys/net/ipv4/tcp_congestion_control;"
                                "echo 1 > /proc/sys/net/ipv4/tcp_no_metrics_save;"
                                f"ip addr add {KERNEL}/24 dev pk0; ip link set pk0 up")  # fmt: skip
        self.shell(self.ours, "ip link set px0 up")

    def down(self):
        for name in (self.ours, self.kernel):
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL)

    def shell(self, name, script):
        netns.run(["ip", "netns", "exec", name, "sh", "-ec", script])

    def counter(self, group, name):
        """Of /proc/net/snmp in the kernel's namespace."""
        with netns.inside(self.kernel):
            text = pathlib.Path("/proc/thread-self/net/snmp").read_text()
        names, values = [r.split()[1:] for r in text.splitlines() if r.startswith(group + ":")]
        return int(dict(zip(names, values))[name])

    def socket(self, slow):
        with netns.inside(self.kernel):
            s = socket.socket()
        s.settimeout(DEADLINE_S)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if slow:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, CHUNK)
        return s


class Stack:
    """The bulk_stack process."""

    def __init__(self, network, build, driver):
        cpu = max(os.sched_getaffinity(0))
        # What libxdp leaks by itself, where the build has a leak checker.
        leaks = f"suppressions={TREE / 'tests/unit/net/lsan.supp'}"
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", network.ours, build / "tests/e2e/bulk/bulk_stack",
             TREE / "drivers-cfg", driver, "px0", str(cpu)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
            env={"LSAN_OPTIONS": leaks, **os.environ},
        )  # fmt: skip
        ready = self.line()
        if ready != "ready\n":
            raise SystemExit("bulk_stack did not start")

    def line(self):
        return self.process.stdout.readline()

    def order(self, text):
        """Returns when it watches for the connection: no SYN comes before."""
        self.process.stdin.write(text)
        if self.line() != "started\n":
            raise SystemExit(f"bulk_stack ended with {self.process.wait(10)}")

    def stop(self):
        """What it ends with; by force where it does not."""
        self.process.stdin.close()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def meet(network, stack, case, size, seed):
    """The kernel's connected socket, once our side has its order."""
    s = network.socket(case.slow)
    if case.role == "listen":
        stack.order(case.order(size, seed))
        s.connect((OURS, LISTEN_PORT))
        return s
    with s:
        s.bind((KERNEL, KERNEL_PORT))
        s.listen(1)
        stack.order(case.order(size, seed))
        accepted, _ = s.accept()
    accepted.settimeout(DEADLINE_S)
    return accepted


def judge(case, size, kernel, told, kernel_bad):
    """What is wrong with the outcome, as texts."""
    wrong = list(kernel.trouble)
    for what, ours, theirs in (
        ("we sent, the kernel received", (told["sent_bytes"], told["sent"]),
         (kernel.received_bytes, kernel.received.hexdigest())),
        ("the kernel sent, we received", (size, kernel.sent.hexdigest()),
         (told["received_bytes"], told["received"])),
    ):  # fmt: skip
        if ours != theirs or ours[0] != size:
            wrong.append(f"{what}: {ours} is not {theirs}")
    if not told["orderly"]:
        wrong.append("our end did not close in order")
    ends = {"us": ["TCP_TIME_WAIT"], "them": ["TCP_CLOSED"]}
    if told["state"] not in ends.get(case.first, ["TCP_TIME_WAIT", "TCP_CLOSED"]):
        wrong.append(f"our end is in {told['state']}")
    if told["leaked"]:
        wrong.append(f"{told['leaked']} mbufs leaked")
    # What a bad link brings after the end, RFC 9293 3.10.7.1 answers with a reset.
    if told["ours"]["resets"] + told["theirs"]["resets"] and not any(case.rates().values()):
        wrong.append("a reset was sent")
    for way in ("faults_in", "faults_out"):
        idle = [n for n, rate in case.rates().items() if bool(rate) != bool(told[way][n])]
        if (idle and size >= MIB / 2) or told[way]["short"]:
            wrong.append(f"{way} did not do as told: {told[way]}")
    caught = sum(told["drops"].get(n, 0) for n in ("tcp_bad", "ip_bad", "port_closed"))
    if caught < told["faults_in"]["corrupted"] and not case.duplicate:
        wrong.append(f"only {caught} damaged packets were caught: {told['drops']}")
    if told["faults_out"]["corrupted"] and not kernel_bad:
        wrong.append("the kernel saw no damaged packet: none was sent")
    if told["faults_out"]["dropped"] and not told["ours"]["retransmitted"]:
        wrong.append("packets were lost, but we sent nothing again")
    if case.slow and not (told["ours"]["narrow"] and told["theirs"]["narrow"]):
        wrong.append(f"a window stayed wide: {told['ours']}, {told['theirs']}")
    return wrong


def kernel_refusals(network):
    return network.counter("Tcp", "InErrs") + network.counter("Ip", "InHdrErrors")


def run_case(network, stack, case, size, seed):
    """One case's row of the table, and what is wrong."""
    refused = kernel_refusals(network)
    kernel = Kernel(meet(network, stack, case, size, seed), case, size, seed)
    kernel.run()
    line = stack.line()
    if not line:
        raise SystemExit(f"bulk_stack ended with {stack.process.wait(10)}")
    told = json.loads(line)
    told.update(told["flows"][0])
    wrong = judge(case, size, kernel, told, kernel_refusals(network) - refused)
    megabits = size * 8 / told["seconds"] / 1e6 if told["seconds"] else 0
    hashes = not any(" received" in w for w in wrong)
    return (f"{case.name:14} {case.role:6} {case.first:6} {size / MIB:8.2f} {told['seconds']:8.2f} "
            f"{megabits:8.0f} {told['ours']['retransmitted']:9} "
            f"{told['theirs']['retransmitted']:9}  {'equal' if hashes else 'DIFFER'}"), wrong  # fmt: skip


def run_all(network, stack, cases, scale, seed):
    passed = failed = 0
    print(f"{'link':14} {'we':6} {'closes':6} {'MiB/way':>8} {'seconds':>8} {'Mbit/s':>8} "
          f"{'we resent':>9} {'it resent':>9}  hashes", flush=True)  # fmt: skip
    for number, case in enumerate(cases):
        size = max(int(case.mib * scale * MIB), 1)
        try:
            row, wrong = run_case(network, stack, case, size, seed + number)
        except OSError as e:
            row, wrong = f"{case.name:14} {case.role:6} {case.first:6}", [repr(e)]
        print(row + ("" if not wrong else "  FAILED"), flush=True)
        for text in wrong:
            print(f"    {text}", flush=True)
        passed, failed = passed + (not wrong), failed + bool(wrong)
        if stack.process.poll() is not None:
            raise SystemExit(f"bulk_stack ended with {stack.process.returncode}")
    return passed, failed


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[2])
    parser.add_argument("--build", type=pathlib.Path, default=TREE / "build")
    parser.add_argument("--driver", default="af_xdp", help="af_xdp (default) or af_packet")
    parser.add_argument("--mb", type=float, default=16, help="MiB each way of a clean case; the "
                        "others keep their proportion (default 16)")  # fmt: skip
    parser.add_argument("--only", default="*", metavar="PATTERN",
                        help="of 'link role closes', e.g. 'drop 1 %% dial*'")  # fmt: skip
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    args = arguments()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(1))
    cases = [c for c in all_cases()
             if fnmatch.fnmatch(f"{c.name} {c.role} {c.first}", args.only)]  # fmt: skip
    network = Network()
    with contextlib.ExitStack() as undo:
        undo.callback(network.down)
        network.up()
        stack = Stack(network, args.build.resolve(), args.driver)
        undo.callback(stack.stop)
        passed, failed = run_all(network, stack, cases, args.mb / 16, args.seed)
        code = stack.stop()
        if code != 0:
            print(f"bulk_stack ended with {code}")
            failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
