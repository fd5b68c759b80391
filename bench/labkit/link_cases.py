# SPDX-License-Identifier: BSD-3-Clause
"""link_cases: what bench/load_link measures, group by group."""

from . import link_watch
from .link import Link
from .state import LabError

STREAMS = (1, 16, 256)
SIZES = {"200 B": {"size": 200}, "200 B single": {"size": 200, "records": "single"},
         "500 B": {"size": 500}, "4096 B": {"size": 4096}, "mix": {"mix": "mix"}}  # fmt: skip
UNDER_WAY = {"4096 B": 512}  # stanzas of all streams together; of smaller ones:
UNDER_WAY_SMALL = 2048
SHARES = (0.1, 0.5, 0.8)  # of the highest rate
IDLE = (0, 1000, 10000)
OPENED = 1000  # streams, to see how many can be opened a second
OPENERS = 10  # partners that open them
LATENCY_STREAMS = 16
WATCH_STREAMS = 8  # of partners, one of which is watched
LATENCY_ROUNDS = 3  # one stall of the machine is the hundredth of a run


def median(runs, by="stanzas_per_s"):
    """The run in the middle; a bad one counts as the result."""
    bad = [r for r in runs if r["exit"] != 0]
    return bad[0] if bad else sorted(runs, key=lambda r: r.get(by, 0))[len(runs) // 2]


def limit_of(figures):
    """Who had nothing left to give. The generator's CPU includes what it looks at in vain, but for
    what it yields when nothing has come."""
    shares = {"relay": figures.get("relay", {}).get("busy_share", 0),
              "generator": figures.get("own_share", 0)}  # fmt: skip
    name = max(shares, key=shares.get)
    return f"limit: {name}" if shares[name] > 0.9 else "limit: none"


def judged(figures, has_schedule=False):
    measured = figures.get("measured_s", 0)
    figures["own_share"] = figures.get("own_cpu_s", 0) / measured if measured else 0
    return {**figures, "limit": "limit: the schedule" if has_schedule else limit_of(figures)}


class Bench:
    """Cases in one lab."""

    def __init__(self, link, args):
        self.link, self.args = link, args

    def run(self, parties, **options):
        options = {"seconds": self.args.seconds, "warm_up": 1, **options}
        return judged(median([self.link.run(parties, **options) for _ in range(self.args.rounds)]))

    def one_rate(self, way, size, streams):
        window = max(UNDER_WAY.get(size, UNDER_WAY_SMALL) // streams, 2)
        parties = self.link.inward(streams) if way == "in" else self.link.outward(streams)
        return self.run(parties, window=window, **SIZES[size])

    def rate(self):
        for way in ("in", "out"):
            for size in SIZES:
                for streams in STREAMS:
                    name = f"rate {way}, {size}, {streams}"
                    if self.args.only in name:
                        yield name, self.one_rate(way, size, streams)

    def latency(self):
        top = self.one_rate("in", "200 B", LATENCY_STREAMS)
        yield "latency in, highest rate", top
        for share in SHARES:
            rate = round(top["stanzas_per_s"] * share)
            for name, measure in (("in", self.delayed), ("link alone", self.undelayed)):
                runs = [measure(rate) for _ in range(max(self.args.rounds, LATENCY_ROUNDS))]
                yield (f"latency {name}, {share:.0%}, {rate}/s",
                       judged(median(runs, "latency_p99_us"), True))  # fmt: skip

    def delayed(self, rate):
        return self.link.run(self.link.inward(LATENCY_STREAMS), looks=False, rate=rate, spin=True,
                             size=200, seconds=self.args.seconds, warm_up=1)  # fmt: skip

    def undelayed(self, rate):
        return self.link.loop(self.args.seconds, streams=LATENCY_STREAMS, rate=rate, spin=True,
                              size=200, warm_up=1)  # fmt: skip

    def opened(self, streams):
        return self.link.partner(OPENERS, dial=self.link.edge, streams=streams // OPENERS)

    def handshakes(self):
        top = self.run([self.opened(OPENED)], seconds=0, parallel=32)
        yield f"handshakes, {OPENED} streams", top
        alone = self.one_rate("in", "200 B", LATENCY_STREAMS)
        yield "handshakes none, 200 B, 16", alone
        rate = round(top["streams_per_s"] / 2)
        parties = [*self.link.inward(LATENCY_STREAMS),
                   self.link.partner(1, dial=self.link.edge, churn=rate)]  # fmt: skip
        window = UNDER_WAY_SMALL // LATENCY_STREAMS
        yield f"handshakes {rate}/s, 200 B, 16", self.run(parties, window=window, size=200)

    def observed(self, seconds, observe=None):
        """One run; what its rounds have found is under `during`."""
        count = max(self.args.rounds, 3)
        return judged(self.link.run(
            self.link.inward(WATCH_STREAMS), looks=False, window=UNDER_WAY_SMALL // WATCH_STREAMS,
            during=lambda link: link_watch.rounds(link, count, seconds, observe), size=200, warm_up=1,
            seconds=link_watch.lasts_s(count, seconds)))  # fmt: skip

    def watch(self):
        yield "watch one of 8, 200 B", self.observed(min(self.args.seconds, 2))

    def scrape(self):
        """In each stretch there are two scrapes or more."""
        yield ("scraped each second, 200 B",
               self.observed(2, lambda: link_watch.Scrape(self.link)))  # fmt: skip

    def memory(self):
        empty = 0
        for streams in IDLE:
            parties = [self.opened(streams)] if streams else [self.link.gateway(1)]
            figures = self.run(parties, seconds=3, timeout=120)
            now = figures["relay"]["memory_kb"]
            empty = empty or now
            yield (f"memory, {streams} idle streams",
                   {**figures, "memory_kb": now,
                    "mean_kb_per_stream": (now - empty) / streams if streams else 0})  # fmt: skip


GROUPS = {"rate": {"partners": max(STREAMS)}, "latency": {"partners": LATENCY_STREAMS},
          "handshakes": {"partners": LATENCY_STREAMS}, "watch": {"partners": WATCH_STREAMS},
          "scrape": {"partners": WATCH_STREAMS},
          "memory": {"partners": LATENCY_STREAMS, "connections": max(IDLE) * 12 // 10,
                     "memory_mb": 1024}}  # fmt: skip


def run(args):
    """(name, figures) of each case of the groups asked for."""
    for group in args.groups or GROUPS:
        with Link(args.lab, args.build, relay_build=args.relay_build,
                  options=["--checksums"] if args.checksums else [], **GROUPS[group]) as link:  # fmt: skip
            for name, figures in getattr(Bench(link, args), group)():
                if not figures:
                    raise LabError(f"{name}: no figures")
                yield name, figures
