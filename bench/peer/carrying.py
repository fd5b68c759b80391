# SPDX-License-Identifier: BSD-3-Clause
"""carrying: what the emulated link does by itself: how much it carries, how exact its delays are."""

import socket
import statistics
import threading
import time

from . import flows
from . import world as w

DELAYS_US = (0, 1000, 10000, 25000)
PING_GAP_S = 0.005  # more than the jitter, so that none waits for another
JITTER_US = 2000


def carry(world, table, long):
    table.part("link", {"what": ("what", -34, ""), "mbit": ("Mbit/s", 8, ".0f"),
                        "kpps": ("kpps", 7, ".0f"), "p50": ("over p50 us", 11, ".0f"),
                        "p99": ("over p99 us", 11, ".0f"), "late_us": ("late us", 8, ".1f"),
                        "late": (">0.1 ms late", 12, ".2%"), "lost": ("lost", 6, "")},
               "kernel to kernel through the link; over: a UDP round trip beyond twice the delay, "
               "with the waking of two Python ends; late: the link's own share of it")  # fmt: skip
    rate(world, table, 8 if long else 1.5)
    for delay in DELAYS_US if long else DELAYS_US[:3]:
        precision(world, table, w.Way(delay_us=delay), 2000 if long else 100)
    precision(world, table, w.Way(delay_us=1000, jitter_us=JITTER_US), 2000 if long else 100)
    load(world, table, 200 if long else 50)


def rate(world, table, seconds):
    world.link.set()
    (a, b), *_ = flows.kernel_flows(world, 1, "reno", 7100)
    ends = [flows.End(a, 1 << 40, seconds=seconds).start(), flows.End(b).start()]
    for e in ends:
        e.finish()
    told = world.link.counts()
    span = ends[1].marks[-1][0] - ends[1].first_byte()
    wrong = [t for e in ends for t in e.trouble]
    if ends[0].sent.digest() != ends[1].received.digest():
        wrong.append("the bytes differ")
    table.row(wrong, what="one TCP flow, no impairment", mbit=ends[1].received_bytes * 8 / span / 1e6,
              kpps=(told["ab"]["frames"] + told["ba"]["frames"]) / span / 1e3,
              lost=told["overrun"] + told["refused"])  # fmt: skip


def ping(world, count):
    """Round trips of UDP from ref to far and back, in us."""
    far, ref = (make_udp(world, short, address) for short, address in
                (("far", w.FAR), ("ref", w.REF)))  # fmt: skip
    stop = threading.Event()

    def answer():
        while not stop.is_set():
            try:
                data, where = far.recvfrom(100)
                far.sendto(data, where)
            except TimeoutError:
                pass

    thread = threading.Thread(target=answer)
    thread.start()
    trips = []
    for i in range(count + 10):
        began = time.monotonic_ns()
        ref.sendto(b"%d" % i, (w.FAR, 7101))
        ref.recv(100)
        trips.append((time.monotonic_ns() - began) / 1e3)
        time.sleep(PING_GAP_S)
    stop.set()
    thread.join()
    far.close()
    ref.close()
    return sorted(trips[10:])


def make_udp(world, short, address):
    from labkit import netns

    with netns.inside(world.name(short)):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, 7101))
    s.settimeout(2 if short == "ref" else 0.2)
    return s


def precision(world, table, way, count):
    """Jitter is on the way there alone."""
    world.link.set(way, w.Way(delay_us=way.delay_us))
    over = [t - 2 * way.delay_us for t in ping(world, count)]
    told = world.link.counts()
    wrong = [] if over[0] >= 0 else [f"a packet was {-over[0]:.0f} us early"]
    if way.jitter_us and over[-1] - over[0] < way.jitter_us / 2:
        wrong.append(f"no jitter: all between {over[0]:.0f} and {over[-1]:.0f} us")
    frames = told["ab"]["delivered"] + told["ba"]["delivered"]
    what = f"delay {way.delay_us / 1000:g} ms each way"
    table.row(wrong, what=what + (f", jitter {way.jitter_us / 1000:g} ms" if way.jitter_us else ""),
              late_us=(told["ab"]["late_us"] + told["ba"]["late_us"]) / 2,
              late=(told["ab"]["late"] + told["ba"]["late"]) / frames, p50=statistics.median(over),
              p99=over[int(len(over) * 0.99)], lost=0)  # fmt: skip


def load(world, table, mbit):
    """A bottleneck's rate as seen by a flow that fills it."""
    seconds = 3
    way = w.Way(delay_us=5000, rate_kbit=mbit * 1000, queue_bytes=mbit * 1250)
    world.link.set(way, w.Way(delay_us=5000))
    (a, b), *_ = flows.kernel_flows(world, 1, "reno", 7100)
    ends = [flows.End(a, 1 << 40, seconds=seconds).start(), flows.End(b).start()]
    for e in ends:
        e.finish()
    told = world.link.counts()
    end = ends[1].marks[-1][0]
    got = ends[1].between(end - 1.5, end) * 8 / 1.5 / 1e6
    most = mbit * 1448 / 1514
    wrong = [t for e in ends for t in e.trouble]
    if not got < most * 1.02:
        wrong.append(f"{got:.0f} Mbit/s came through {most:.0f}")
    table.row(wrong, what=f"bottleneck of {mbit} Mbit/s, 5 ms each way", mbit=got,
              late_us=told["ab"]["late_us"], late=told["ab"]["late"] / told["ab"]["delivered"],
              lost=told["ab"]["overflowed"])  # fmt: skip
