# SPDX-License-Identifier: BSD-3-Clause
"""watch: what it costs the relay to be observed, by an operator who watches and by one who scrapes its
metrics each second: the groups of these names in load_link."""

import argparse
import statistics

from labkit import link_cases
from labkit.state import LabError

from .parts import CannotMeasure
from .results import at_least

GOAL, AIM = 0.98, 0.995


def quartiles(values):
    low, _, high = statistics.quantiles(values, n=4)
    return {"low": low, "high": high}


class Observed:
    def __init__(self, name, title):
        self.name, self.title = name, title

    def measure(self, args, _before):
        options = argparse.Namespace(groups=[self.name], build=args.build, relay_build=None, lab=args.lab, only="",
                                     seconds=1 if args.short else 2, rounds=4 if args.short else 10,
                                     checksums=False)  # fmt: skip
        try:
            (_, figures), = link_cases.run(options)
        except LabError as e:
            raise CannotMeasure(str(e)) from e
        if figures["exit"] != 0:
            raise CannotMeasure(figures["trouble"] or figures["verdict"])
        for key, name in (("rate", f"{self.name}.rate"), ("core", f"{self.name}.core")):
            values = [r[key] for r in figures["during"]]
            yield at_least(name, statistics.median(values), GOAL, AIM, **quartiles(values))


PARTS = [Observed("watch", "stanzas while one partner of several is watched, through those while nobody is"),
         Observed("scrape", "stanzas while the metrics are scraped each second, through those while nobody does")]  # fmt: skip
