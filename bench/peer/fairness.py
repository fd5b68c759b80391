# SPDX-License-Identifier: BSD-3-Clause
"""fairness: one flow of ours and one Linux reno flow through the same bottleneck to the same host.

50 Mbit/s, round trip 20 ms, a tail-drop queue of one bandwidth-delay product, ACKs unhindered.
Shares are bytes received in the same stretch of time, without the first seconds of slow start.
"""

import statistics
import time

from . import flows
from . import world as w

RATE_KBIT, RTT_US = 50000, 20000
WAY = w.Way(delay_us=RTT_US // 2, rate_kbit=RATE_KBIT, queue_bytes=RATE_KBIT * RTT_US // 8000)
BACK = w.Way(delay_us=RTT_US // 2)
WARM_UP_S = 4
LOW, HIGH = 0.7, 1.4


def once(world, congestion, seconds, seed, we_first):
    """Mbit/s of ours and of reno, what went wrong, and the longest time in ms that our stack could not run."""
    world.link.set(WAY, BACK, seed)
    whole = seconds + WARM_UP_S
    with world.stack(congestion) as stack:
        pairs = None if we_first else flows.kernel_flows(world, 1, "reno", 7301)
        listener = flows.listen(world)
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


def settled(world, table, congestion, seconds, number):
    """Both rates, what went wrong, and the longest stall, of a round in which our stack could run."""
    for attempt in range(w.TRIES):
        mine, theirs, wrong, stalled = once(world, congestion, seconds, 1 + number + attempt * 1000,
                                            number % 2 == 0)  # fmt: skip
        if wrong or stalled <= w.STALL_MAX_MS:
            break
        table.say(f"    void: ratio {mine / theirs:.2f}, our stack's CPU was somebody else's for {stalled:.0f} ms")
    return mine, theirs, wrong, stalled


def share(world, table, long):
    seconds, rounds = (30, 5) if long else (10, 3)
    table.part("fairness", {
        "congestion": ("ours with", -9, ""), "round": ("round", 6, ""), "ours": ("ours Mbit/s", 11, ".1f"),
        "reno": ("reno Mbit/s", 11, ".1f"), "ratio": ("ours/reno", 9, ".2f"),
        "stalled": ("longest stall ms", 16, ".1f")},
        f"50 Mbit/s, RTT 20 ms, queue of one BDP, {seconds} s")  # fmt: skip
    for congestion in ("newreno", "cubic"):
        ratios = []
        for number in range(rounds):
            mine, theirs, wrong, stalled = settled(world, table, congestion, seconds, number)
            ratios.append(mine / theirs if theirs else float("inf"))
            ratio = statistics.median(ratios)
            if number == rounds - 1 and not LOW <= ratio <= HIGH:
                wrong.append(f"median ratio {ratio:.2f} is not within {LOW}-{HIGH}")
            table.row(wrong, congestion=congestion, round=number + 1, ours=mine, reno=theirs,
                      ratio=ratios[-1], stalled=stalled)  # fmt: skip
        table.say(f"medians: {congestion} to reno {ratio:.2f}")
