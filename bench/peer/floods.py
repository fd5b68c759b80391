# SPDX-License-Identifier: BSD-3-Clause
"""floods: SYNs from ever other addresses, as fast as the veth takes them, beside a good peer.

What is a fair measure on two processors? The flooder, the good peer and the link share one, our
stack's core has the other to itself, and the good stream goes over a link of 20 Mbit/s, which a part
of that processor carries with ease. Three states alternate (A B C C B A): no flood; a flood of SYNs
to the open port; a flood at the same rate to a port that the stack drops at sight, which costs the
flooder's processor the same. SYNs to unflooded is what must stay above 0.7; SYNs to the other flood
is what our stack's listener alone has to do with it.

The good peer speaks first, as in XMPP: where a SYN cookie was sent and the ACK of the handshake got
lost, its next segment makes the connection known. The answers to the forged addresses go to the
router, not over the good peer's link.
"""

import json
import statistics
import time

from . import flows
from . import world as w

WAY = w.Way(delay_us=5000, rate_kbit=20000, queue_bytes=50000)
FLOOR = 0.7
CONNECT_MAX_S = 10  # a SYN and three more
OPEN, CLOSED = w.LISTEN_PORT, 5270
STATES = {"unflooded": None, "SYN flood": OPEN, "dropped flood": CLOSED}
ORDER = ("unflooded", "SYN flood", "dropped flood", "dropped flood", "SYN flood", "unflooded")
CONNECTS = 5
HELLO = 100  # bytes that a good peer says first


class Flood:
    """SYNs to @port while the with-statement lasts; @told afterwards."""

    def __init__(self, world, port, rate):
        self.world, self.port, self.rate, self.told = world, port, rate, None

    def __enter__(self):
        if self.port:
            self.process = self.world.forge(kind="syn", src="198.18.0.1", dst=w.OURS,
                                            dport=self.port, flood=120, rate=self.rate)  # fmt: skip
            time.sleep(0.3)  # to have every table full that a flood can fill
        return self

    def __exit__(self, *_):
        if self.port:
            self.process.terminate()
            self.told = json.loads(self.process.communicate()[0])

    @property
    def achieved(self):
        return self.told["sent"] / self.told["seconds"] if self.told else 0


def connect(world):
    """A good peer's socket, and how long it took to connect."""
    s = flows.make_socket(world, "far")
    began = time.monotonic()
    s.connect((w.OURS, w.LISTEN_PORT))
    return s, time.monotonic() - began


def stream(world, stack, seconds, wrong):
    """Mbit/s from our stack to a good peer that connects now."""
    deadline = int(seconds) + 15
    stack.start("listen", 1 << 40, milliseconds=int(seconds * 1000) + 500, deadline=deadline)
    sock, took = connect(world)
    end = flows.End(sock, HELLO, closes="last", deadline=deadline).start().finish()
    told = stack.told()
    if told["flows"][0]["sent"] != end.received.hexdigest():
        wrong.append("hashes differ")
    if not told["flows"][0]["orderly"]:
        wrong.append(f"the good peer's connection is {told['flows'][0]['state']}")
    wrong += end.trouble
    begin = end.first_byte() or end.marks[0][0]
    return end.between(begin + 0.3, begin + seconds) * 8 / (seconds - 0.3) / 1e6, took, told["drops"]


def connects(world, stack, wrong):
    """Seconds that good peers take to connect and to get 1,000 bytes."""
    took = []
    stack.start("listen", 1000, flows=CONNECTS, deadline=20)
    for _ in range(CONNECTS):
        sock, seconds = connect(world)
        end = flows.End(sock, HELLO, closes="last", deadline=10).start().finish()
        took.append(seconds)
        if end.received_bytes != 1000:
            wrong.append(f"{end.received_bytes} bytes came")
        wrong += end.trouble
    stack.told()
    return took


def measure(world, stack, state, seconds, rate):
    """One phase: what it was like."""
    wrong = []
    with Flood(world, STATES[state], rate) as f:
        try:
            mbit, took, drops = stream(world, stack, seconds, wrong)
            times = [took, *connects(world, stack, wrong)]
        except OSError as e:
            raise w.Ended(f"{state}: a good peer does not get through: {e}") from e
    link = world.link.counts()
    return {"state": state, "kpps": f.achieved / 1e3, "mbit": mbit, "times": times, "drops": drops,
            "wrong": wrong, "rate": f.achieved, "lost": link["overrun"] + link["refused"]}  # fmt: skip


def say(table, phase):
    drops = ", ".join(f"{k} {n}" for k, n in phase["drops"].items() if n >= 100)
    wrong = list(phase["wrong"])
    if max(phase["times"]) > CONNECT_MAX_S:
        wrong.append(f"a good peer took {max(phase['times']):.1f} s to connect")
    table.row(wrong, state=phase["state"], kpps=phase["kpps"], mbit=phase["mbit"],
              connect=statistics.median(phase["times"]) * 1e3, slowest=max(phase["times"]) * 1e3,
              lost=phase["lost"], drops=drops)  # fmt: skip


def flood(world, table, long):
    seconds, rounds = (5, 3) if long else (1.2, 1)
    table.part("floods", {
        "state": ("state", -20, ""), "kpps": ("flood kpps", 10, ".0f"),
        "mbit": ("good Mbit/s", 11, ".1f"), "connect": ("connect ms", 10, ".0f"),
        "slowest": ("slowest ms", 10, ".0f"), "lost": ("lost in veth", 12, ""), "drops": ("drops", -20, "")},
        "SYNs with forged sources into the veth, a good peer behind 20 Mbit/s, RTT 10 ms")  # fmt: skip
    phases, rate = [], 0
    try:
        world.link.set(WAY)
        world.steer("link", "a0", 0)  # the kernel's backlog is no place for the answers to a flood
        with world.stack() as stack:
            for state in ORDER * rounds:
                phase = measure(world, stack, state, seconds, 0 if state == "SYN flood" else int(rate))
                rate = phase["rate"] if state == "SYN flood" else rate
                say(table, phase)
                phases.append(phase)
    finally:
        world.steer("link", "a0", 1 << w.PEER_CPU)
    medians = {s: statistics.median(p["mbit"] for p in phases if p["state"] == s) for s in STATES}
    to_none = medians["SYN flood"] / medians["unflooded"]
    to_drop = medians["SYN flood"] / medians["dropped flood"]
    table.say(f"medians: SYN flood to unflooded {to_none:.2f}, to the dropped flood {to_drop:.2f}")
    table.parts["floods"] |= {"to_unflooded": to_none, "to_dropped": to_drop}
    table.judge([f"SYN flood to unflooded {to_none:.2f} is below {FLOOR}"] if to_none < FLOOR else [])
