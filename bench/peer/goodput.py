# SPDX-License-Identifier: BSD-3-Clause
"""goodput: payload a second of one-way flows under loss and delay, ours beside the kernel's.

The round trip is 50 ms (25 ms each way), 1 % of packets are lost in each direction, independently;
there is no bottleneck, so flows do not meet each other and run side by side. The k-th flow of our
stack and the k-th of Linux have the same dice: the n-th packet of both is lost or of neither. All
flows end at the same kind of receiver, a Linux socket, which is where bytes are counted: from the
first one on, for the same time.
"""

import random
import statistics

from . import flows
from . import world as w

WAY = w.Way(delay_us=25000, loss=100)
PORTS = {"reno": 7201, "bbr": 7202}
FLOOR = 1.0  # ours to reno, of medians
STALL_MAX_MS = 50  # a round trip: what leaves at once behind it finds no full queue here


def ours(world, congestion, count, seconds, seed):
    """Starts @count flows of ours; returns a function that waits for their goodputs."""
    listener = flows.listen(world, is_roomy=True)
    stack_context = world.stack(congestion)
    stack = stack_context.__enter__()
    stack.start("dial", 1 << 40, flows=count, milliseconds=int(seconds * 1000) + 3000, seed=seed,
                deadline=int(seconds) + 60)  # fmt: skip
    # Who reads only when the last has come shuts the windows of the others in the meantime.
    ends = flows.accept(listener, count, lambda s: flows.End(s, closes="last").start())

    def wait():
        for e in ends:
            e.finish()
        told = stack.told()
        stack_context.__exit__(None, None, None)
        wrong = [t for e in ends for t in e.trouble]
        if empty := told["drops"].get("mbuf_empty"):
            wrong.append(f"our stack has run out of buffers {empty} times")
        sent = sorted(f["sent"] for f in told["flows"])
        if sent != sorted(e.received.hexdigest() for e in ends):
            wrong.append("hashes differ")
        return rates(ends, seconds), wrong, told["longest_stall_ms"]

    return wait


def kernels(world, congestion, count, seconds):
    pairs = flows.kernel_flows(world, count, congestion, PORTS[congestion])
    senders = [flows.End(a, 1 << 40, seconds=seconds + 3).start() for a, _ in pairs]
    ends = [flows.End(b, closes="last").start() for _, b in pairs]

    def wait():
        for e in senders + ends:
            e.finish()
        return rates(ends, seconds), [t for e in senders + ends for t in e.trouble]

    return wait


def rates(ends, seconds):
    """Mbit/s of each."""
    return [e.between(e.first_byte(), e.first_byte() + seconds) * 8 / seconds / 1e6 for e in ends]


def interval(a, b):
    """Of the ratio of medians, 95 %, by bootstrap over pairs."""
    dice = random.Random(1)
    found = []
    for _ in range(2000):
        pick = [dice.randrange(len(a)) for _ in a]
        found.append(statistics.median(a[i] for i in pick) / statistics.median(b[i] for i in pick))
    found.sort()
    return found[50], found[1949]


def measure(world, mine, theirs, count, seconds, seed):
    """Goodputs by name, what went wrong, and the longest time in ms that our stack could not run."""
    world.link.set(WAY, seed=seed)
    waits = {f"Linux {theirs}": kernels(world, theirs, count, seconds),
             f"ours {mine}": ours(world, mine, count, seconds, seed)}  # fmt: skip
    found, wrong, stalled = {}, {}, 0
    for name, wait in waits.items():
        found[name], wrong[name], *more = wait()
        stalled = max([stalled, *more])
    return found, wrong, stalled


def is_void(table, found, stalled):
    """The CPU was somebody else's."""
    if stalled > STALL_MAX_MS:
        medians = ", ".join(f"{name} {statistics.median(rates):.2f}" for name, rates in found.items())
        table.say(f"    void: {medians} Mbit/s, our stack's CPU was somebody else's for {stalled:.0f} ms")
    return stalled > STALL_MAX_MS


def compare(world, table, long):
    count, seconds, seeds = (32, 40, (1, 101, 201)) if long else (32, 12, (1,))
    table.part("goodput", {
        "sender": ("sender", -16, ""), "flows": ("flows", 6, ""), "median": ("median Mbit/s", 13, ".2f"),
        "low": ("lowest", 7, ".2f"), "high": ("highest", 7, ".2f"),
        "ratio": ("to reno", 8, ".2f"), "interval": ("95 %", -12, ""), "stalled": ("longest stall ms", 16, ".1f")},
        f"RTT 50 ms, 1 % loss each way, {seconds} s")  # fmt: skip
    rounds = [("cubic", "reno")] + ([("newreno", "bbr")] if long else [])
    found, wrong, stalls = {}, {}, {}
    for mine, theirs in rounds:
        for seed in seeds:
            for attempt in range(w.TRIES):
                got, trouble, stalled = measure(world, mine, theirs, count, seconds, seed + attempt * 1000)
                if any(trouble.values()) or not is_void(table, got, stalled):
                    break
            for name in got:
                found[name] = found.get(name, []) + got[name]
                wrong[name] = wrong.get(name, []) + trouble[name]
            stalls[f"ours {mine}"] = max(stalls.get(f"ours {mine}", 0), stalled)
    reno = found["Linux reno"]
    for name, got in found.items():
        ratio = statistics.median(got) / statistics.median(reno)
        low, high = interval(got, reno)
        # Few flows tell no more than that we are not surely slower.
        if name == "ours cubic" and (ratio if long else high) < FLOOR:
            wrong[name].append(f"ratio to reno {ratio:.2f} ({low:.2f}-{high:.2f}) is below {FLOOR}")
        table.row(wrong[name], sender=name, flows=len(got), median=statistics.median(got), low=min(got),
                  high=max(got), ratio=ratio, interval=f"{low:.2f}-{high:.2f}",
                  stalled=stalls.get(name))  # fmt: skip
