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
    """Mbit/s of ours and of reno, and what went wrong."""
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
    return *(e.between(begin, begin + seconds) * 8 / seconds / 1e6 for e in (mine, theirs)), wrong


def share(world, table, long):
    seconds, rounds = (30, 3) if long else (10, 1)
    table.part("fairness", {
        "congestion": ("ours with", -9, ""), "round": ("round", 6, ""), "ours": ("ours Mbit/s", 11, ".1f"),
        "reno": ("reno Mbit/s", 11, ".1f"), "ratio": ("ours/reno", 9, ".2f")},
        f"50 Mbit/s, RTT 20 ms, queue of one BDP, {seconds} s")  # fmt: skip
    for congestion in ("newreno", "cubic"):
        ratios = []
        for number in range(rounds):
            mine, theirs, wrong = once(world, congestion, seconds, 1 + number, number % 2 == 0)
            ratios.append(mine / theirs if theirs else float("inf"))
            last = number == rounds - 1
            ratio = statistics.median(ratios)
            if last and congestion == "newreno" and not LOW <= ratio <= HIGH:
                wrong.append(f"median ratio {ratio:.2f} is not within {LOW}-{HIGH}")
            table.row(wrong, congestion=congestion, round=number + 1, ours=mine, reno=theirs,
                      ratio=ratios[-1])  # fmt: skip
