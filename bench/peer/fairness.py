# SPDX-License-Identifier: BSD-3-Clause
"""fairness: one flow of ours and one Linux reno flow through the same bottleneck to the same host.

50 Mbit/s, round trip 20 ms, a tail-drop queue of one bandwidth-delay product, ACKs unhindered but
late by up to 2 ms at random. Without that the shares tell how punctual the hosts are: a sender that
answers each ACK at once finds the full queue fuller than one whose answers come late now and then, and
has 0.6-0.7 of its rate; with 0.5 ms for the one alone it has 0.85, with 1.5 ms 1.35 (phase effects,
Floyd and Jacobson 1991). A core that polls is punctual, a kernel on a busy CPU is not.
Shares are bytes received in the same stretch of time, without the first seconds of slow start. With
--long the kernel stands beside itself, too: how far two equal flows come apart here.
"""

import statistics
import time

from . import flows
from . import world as w

RATE_KBIT, RTT_US = 50000, 20000
WAY = w.Way(delay_us=RTT_US // 2, rate_kbit=RATE_KBIT, queue_bytes=RATE_KBIT * RTT_US // 8000)
BACK = w.Way(delay_us=RTT_US // 2, jitter_us=2000)
WARM_UP_S = 4
LOW, HIGH = 0.7, 1.4


def once(world, congestion, seconds, seed, we_first):
    """Mbit/s of ours and of reno, what went wrong, and the longest time in ms that our stack could not run."""
    world.link.set(WAY, BACK, seed)
    whole = seconds + WARM_UP_S
    with world.stack(congestion) as stack:
        pairs = None if we_first else flows.kernel_flows(world, 1, "reno", 7301)
        listener = flows.listen(world, is_roomy=True)
        stack.start("dial", 1 << 40, milliseconds=int(whole * 1000) + 1000, seed=seed, deadline=whole + 60)
        mine = flows.End(flows.accept(listener, 1)[0], closes="last").start()
        (a, b), *_ = pairs or flows.kernel_flows(world, 1, "reno", 7301)
        sender = flows.End(a, 1 << 40, seconds=whole + 1).start()
        theirs = flows.End(b, closes="last").start()
        begin = time.monotonic() + WARM_UP_S
        for e in (mine, sender, theirs):
            e.finish()
        told = stack.told()
    wrong = [*mine.trouble, *sender.trouble, *theirs.trouble]
    if told["flows"][0]["sent"] != mine.received.hexdigest():
        wrong.append("hashes differ")
    rates = (e.between(begin, begin + seconds) * 8 / seconds / 1e6 for e in (mine, theirs))
    return *rates, wrong, told["longest_stall_ms"]


def beside_itself(world, congestion, seconds, seed, we_first):
    """The same of two flows of the kernel's."""
    world.link.set(WAY, BACK, seed)
    whole = seconds + WARM_UP_S
    ends = []
    for port in (7301, 7302):
        (a, b), *_ = flows.kernel_flows(world, 1, congestion, port)
        ends += [flows.End(a, 1 << 40, seconds=whole + 1).start(), flows.End(b, closes="last").start()]
    begin = time.monotonic() + WARM_UP_S
    for e in ends:
        e.finish()
    rates = [e.between(begin, begin + seconds) * 8 / seconds / 1e6 for e in ends[1::2]]
    return *(rates if we_first else rates[::-1]), [t for e in ends for t in e.trouble], 0


def settled(world, table, measure, congestion, seconds, number):
    """Both rates, what went wrong, and the longest stall, of a round in which our stack could run."""
    for attempt in range(w.TRIES):
        mine, theirs, wrong, stalled = measure(world, congestion, seconds, 1 + number + attempt * 1000,
                                               number % 2 == 0)  # fmt: skip
        if wrong or stalled <= w.STALL_MAX_MS:
            break
        table.say(f"    void: ratio {mine / theirs:.2f}, our stack's CPU was somebody else's for {stalled:.0f} ms")
    return mine, theirs, wrong, stalled


def share(world, table, long):
    seconds, rounds = (30, 5) if long else (10, 3)
    table.part("fairness", {
        "who": ("beside reno", -12, ""), "round": ("round", 6, ""), "mine": ("its Mbit/s", 11, ".1f"),
        "reno": ("reno Mbit/s", 11, ".1f"), "ratio": ("it/reno", 8, ".2f"),
        "stalled": ("longest stall ms", 16, ".1f")},
        f"50 Mbit/s, RTT 20 ms, queue of one BDP, {seconds} s")  # fmt: skip
    pairs = {"ours newreno": (once, "newreno"), "ours cubic": (once, "cubic")}
    if long:
        pairs["Linux reno"] = beside_itself, "reno"
    for who, (measure, congestion) in pairs.items():
        ratios = []
        for number in range(rounds):
            mine, theirs, wrong, stalled = settled(world, table, measure, congestion, seconds, number)
            ratios.append(mine / theirs if theirs else float("inf"))
            ratio = statistics.median(ratios)
            if number == rounds - 1 and not LOW <= ratio <= HIGH:
                wrong.append(f"median ratio {ratio:.2f} is not within {LOW}-{HIGH}")
            table.row(wrong, who=who, round=number + 1, mine=mine, reno=theirs, ratio=ratios[-1],
                      stalled=stalled)  # fmt: skip
        table.say(f"median: {who} {ratio:.2f}")
