# SPDX-License-Identifier: BSD-3-Clause
"""attacks: what somebody who sees nothing of a connection, but forges its addresses, can do to it.

One connection a kind of forgery, between our stack and a Linux peer; our side answers every byte with
one. While it is idle the sweep goes over the receive window densely; while it runs, over all of the
2^32 sequence numbers in steps shorter than any window. Acknowledgment numbers go round all values in
steps, but for the neighbourhood of the true ones where the forgery also carries a timestamp: who has
guessed all three is not blind any more, and RFC 5961 does not keep him out. Nor does it keep out a
reset with exactly the next sequence number, so the sweep of the idle window leaves out that one.

The stream must go on byte by byte, at its rate, to an orderly end.
"""

import dataclasses
import socket
import statistics
import struct
import threading
import time

from labkit import netns

from . import flows
from . import world as w

WINDOW = 256 * 1024  # RECEIVE_WINDOW_BYTES of bounds.h, all of which is open at an idle connection
AROUND = 5000
SYN, ACK = 2, 16  # flags
NEAR = 1 << 27  # of the true acknowledgment number
WAY = w.Way(delay_us=1000, rate_kbit=20000, queue_bytes=50000)  # little to do for any processor
FLOOR = 0.7  # rate under attack to rate beside as many frames to a closed port: of all kinds
COLLAPSE = 0.6  # of one kind, which is measured for a second or so
RATE = 80000  # forged frames a second
CLOSED = 5270
SHORT = ("rst", "syn", "data", "too big")
SEGMENT_MIN = 500  # bytes of payload: RFC 1191 lets a path have an MTU of 576


@dataclasses.dataclass(frozen=True)
class Kind:
    name: str
    forged: tuple  # settings of the forger, one sweep each
    quotes: bool = False  # an ICMP error: sequence numbers are ours

    def idle(self, number, dense):
        """Of the idle connection's window. @number: the next sequence number it is all about."""
        back = 2 * WINDOW if self.quotes else AROUND
        ranges = [(number - back, back), (number + 1, WINDOW + AROUND)]
        if "rst" not in self.name:
            ranges.append((number, 1))
        return [{"seq": begin % 2**32, "step": dense, "count": max(n // dense, 1), **f}
                for begin, n in ranges for f in self.forged]  # fmt: skip

    def live(self, step):
        """All sequence numbers."""
        return [{"seq": 12345, "step": step, "count": 2**32 // step, **f} for f in self.forged]


def segments(kind, acks, **more):
    """Without a timestamp, all acknowledgment numbers; and with one of either half of its numbers."""
    bare = {"kind": kind, "acks": acks, "ackstep": 2**32 // acks, "ack": 7, **more}
    far = {"acks": acks, "ackstep": (2**32 - 2 * NEAR) // acks, "ack": "far"}
    return (bare, {**bare, **far, "ts": 0x10000000}, {**bare, **far, "ts": 0x90000000})


def kinds(acks):
    """@acks: how many acknowledgment numbers stand for all."""
    return [
        Kind("rst", ({"kind": "rst"},)),
        Kind("rst+ack", ({"kind": "rstack", "acks": 2, "ackstep": 1 << 31},)),
        Kind("syn", ({"kind": "syn"}, {"kind": "syn", "ts": 0x90000000})),
        Kind("syn+ack", ({"kind": "synack", "acks": 2, "ackstep": 1 << 31},)),
        Kind("data", segments("data", acks, len=100)),
        Kind("ack", segments("ack", acks)),
        Kind("fin", segments("fin", acks)),
        Kind("too big", tuple({"kind": "toobig", "mtu": n} for n in (0, 68, 1200)), quotes=True),
        Kind("unreachable", ({"kind": "unreach"},), quotes=True),
    ]


class Sniffer:
    """Initial sequence numbers of our next connection, from what leaves px0 (the link's own frames
    pass it unseen)."""

    def __init__(self, world):
        with netns.inside(world.name("link")):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.bind(("a0", 3))
        self.sock.settimeout(10)

    def numbers(self):
        """Ours, theirs."""
        ours = None
        with self.sock:
            while True:
                frame = self.sock.recv(2000)
                if frame[12:14] != b"\x08\x00" or frame[23] != socket.IPPROTO_TCP:
                    continue
                seq, ack, flags = struct.unpack_from("!IIxB", frame, 38)
                if flags & SYN:
                    ours = seq
                if ours is not None and flags & ACK:
                    return ours, (ack - 1) % 2**32


class Victim:
    """The connection: idle() and live() put it into either state."""

    def __init__(self, world, stack, role, seed):
        self.world, self.stack = world, stack
        sniffer = Sniffer(world)
        sock = flows.meet(world, stack, role, 1 << 40, reader="echo", close="last", seed=seed)
        self.ours, self.theirs = sniffer.numbers()
        here, there = sock.getsockname()[1], sock.getpeername()[1]
        self.tuple = {"src": w.FAR, "dst": w.OURS, "sport": here, "dport": there}
        self.end = flows.End(sock, seed=seed)
        self.end.threads[1].start()  # its receiver; what is sent is ours to say
        self.running = threading.Event()
        self.frames = 0
        self.wrong = []

    def talk(self):
        try:
            while self.running.is_set():
                self.end.say(1 << 15)
        except OSError as e:
            self.wrong.append(f"the kernel's send: {e!r}")

    def settle(self):
        """Until every byte has been answered: nothing is in flight."""
        end = time.monotonic() + 20
        while self.end.received_bytes < self.end.sent_bytes and not self.end.eof.is_set():
            if time.monotonic() > end:
                self.wrong.append("the answers stopped")
                return
            time.sleep(0.01)
        time.sleep(0.1)  # delayed acknowledgments

    def next(self, quotes):
        """The next sequence number of the peer, or of ours, at an idle connection."""
        first, n = (self.ours, self.end.received_bytes) if quotes else (
            self.theirs, self.end.sent_bytes)  # fmt: skip
        return (first + 1 + n) % 2**32

    def forge(self, sweep):
        if sweep.get("ack") == "far":
            sweep = {**sweep, "ack": (self.ours + NEAR) % 2**32}
        self.frames += self.world.forged(rate=RATE, **self.tuple, **sweep)["sent"]

    def finish(self):
        self.settle()
        try:
            self.end.say(100000)
            self.settle()
            self.end.sock.shutdown(socket.SHUT_WR)
        except OSError as e:
            self.wrong.append(f"the kernel's send: {e!r}")
        self.end.threads[1].join(10)
        self.end.sock.close()
        return self.stack.told()


def judge(victim, told, ratio):
    ours, end = told["flows"][0], victim.end
    wrong = victim.wrong + end.trouble
    if (ours["sent_bytes"], ours["sent"]) != (end.received_bytes, end.received.hexdigest()):
        wrong.append(f"we sent {ours['sent_bytes']}, {end.received_bytes} arrived, or others")
    if (end.sent_bytes, end.sent.hexdigest()) != (ours["received_bytes"], ours["received"]):
        wrong.append(f"it sent {end.sent_bytes}, we got {ours['received_bytes']}, or others")
    if not ours["orderly"]:
        wrong.append(f"our end is {ours['state']}")
    if told["leaked"]:
        wrong.append(f"{told['leaked']} mbufs leaked")
    if ours["segment_bytes"] < SEGMENT_MIN:
        wrong.append(f"segments of {ours['segment_bytes']} bytes")
    if ratio < COLLAPSE:
        wrong.append(f"the rate fell to {ratio:.2f}")
    return wrong


def rate(end, begin, until):
    """Median Mbit/s of the tenths of a second between."""
    parts = max(int((until - begin) * 10), 1)
    span = (until - begin) / parts
    return statistics.median(end.between(begin + i * span, begin + (i + 1) * span) * 8 / span / 1e6
                             for i in range(parts))  # fmt: skip


def one(world, table, stack, kind, role, dense, step, control_s):
    world.link.set(WAY)
    victim = Victim(world, stack, role, 5)
    victim.end.say(100000)
    victim.settle()
    for sweep in kind.idle(victim.next(kind.quotes), dense):
        victim.forge(sweep)
    victim.running.set()
    talking = threading.Thread(target=victim.talk)
    talking.start()
    time.sleep(0.5)
    marks = [time.monotonic()]
    world.forged(kind="syn", src=w.FAR, dst=w.OURS, sport=victim.tuple["sport"], dport=CLOSED,
                 count=int(control_s * RATE), rate=RATE)  # fmt: skip
    marks.append(time.monotonic())
    for sweep in kind.live(step):
        victim.forge(sweep)
    marks.append(time.monotonic())
    victim.running.clear()
    talking.join()
    told = victim.finish()
    before, during = (rate(victim.end, a, b) for a, b in zip(marks, marks[1:]))
    ratio = during / before if before else 0
    wrong = judge(victim, told, ratio)
    drops = {k: n for k, n in told["drops"].items() if n >= 10}
    table.row(wrong, kind=kind.name, role=role, frames=victim.frames, before=before, during=during,
              ratio=ratio, segment=told["flows"][0]["segment_bytes"],
              drops=", ".join(f"{k} {n}" for k, n in drops.items()))  # fmt: skip
    return ratio


def attack(world, table, long):
    table.part("attacks", {
        "kind": ("forged", -11, ""), "role": ("we", -6, ""), "frames": ("frames", 8, ""),
        "before": ("control Mbit/s", 14, ".1f"), "during": ("attacked", 8, ".1f"),
        "ratio": ("ratio", 6, ".2f"), "segment": ("segment", 7, ""), "drops": ("caught by", -20, "")},
        f"blind, {RATE} frames/s, against 20 Mbit/s each way, RTT 2 ms; control: frames to a closed "
        "port")  # fmt: skip
    acks, dense, step, control_s = (8, 1, 1 << 16, 3) if long else (1, 251, 1 << 17, 0.6)
    chosen = [k for k in kinds(acks) if long or k.name in SHORT]
    ratios = []
    with world.stack() as stack:
        for number, kind in enumerate(chosen):
            for role in ("listen", "dial") if long else (("listen", "dial")[number % 2],):
                ratios.append(one(world, table, stack, kind, role, dense, step, control_s))
    ratio = statistics.median(ratios)
    table.say(f"median ratio {ratio:.2f}")
    table.parts["attacks"] |= {"ratio": ratio}
    table.judge([f"the median ratio {ratio:.2f} is below {FLOOR}"] if ratio < FLOOR else [])
