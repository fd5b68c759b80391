# SPDX-License-Identifier: BSD-3-Clause
"""peers: other servers and proxies under the same load, one after the other and back again."""

import re
import statistics

from labkit import against
from labkit.state import LabError

from .parts import CannotMeasure
from .results import Result, at_least, slug

FIGURES = {
    "stanzas_per_cpu_s": "1/s",
    "stanzas_per_s": "1/s",
    "latency_p50_us": "us",
    "latency_p99_us": "us",
    "streams_per_cpu_s": "1/s",
    "kb_per_stream": "KB",
}
SHORT = ("200 B, 1 stream", "200 B, 1 domain", "500 B, 1 stream", "4 KB", "2,000/s", "open")


def figures_of(case):
    """Those that say something about this kind of case."""
    if case.startswith("open"):
        return ("streams_per_cpu_s", "kb_per_stream")
    if "/s" in case:
        return ("latency_p50_us", "latency_p99_us")
    return ("stanzas_per_cpu_s", "stanzas_per_s")


# a stanza a CPU second of ours through one of theirs: ours by the link part, theirs by case; goal, aim
AGAINST = (
    ("ejabberd", "in, 200 B, 1 stream", "link.in.200_b.1", 20, 50),
    ("prosody", "in, 200 B, 1 stream", "link.in.200_b.1", 40, 100),
    ("jabberd2", "out, 200 B, 1 domain", "link.out.200_b.1", 20, 50),
    ("haproxy", "200 B, 1 stream, single", "link.in.200_b_single.1", 3, 5),
    ("haproxy", "200 B, 1 stream, packed", "link.in.200_b.1", 1.5, 2.5),
    ("nginx", "200 B, 1 stream, single", "link.in.200_b_single.1", 3, 5),
    ("nginx", "200 B, 1 stream, packed", "link.in.200_b.1", 1.5, 2.5),
)


def compare(found, before):
    """With what the link part has found in this run; without it there is nothing to compare."""
    for server, case, ours, goal, aim in AGAINST:
        rate = before.get(f"{ours}.stanzas_per_cpu_s")
        theirs = found.get((server, case), {}).get("stanzas_per_cpu_s")
        if rate and theirs:
            yield at_least(f"peers.{server}.{slug(case)}.ours", rate / statistics.median(theirs), goal, aim)


class Peers:
    name = "peers"
    title = "Prosody, ejabberd, jabberd2, HAProxy and nginx under the same load"

    def one_server(self, server, args, found, wrong):
        try:
            with against.Subject(server, args.lab, args.build) as subject:
                for case, run in subject.cases():
                    if args.short and not any(text in case for text in SHORT):
                        continue
                    figures = run(2 if args.short else 5)
                    if figures["exit"] != 0:
                        wrong.append(f"{server}, {case}: {figures['trouble'] or figures['verdict']}")
                        continue
                    values = found.setdefault((server, case), {})
                    for name in figures_of(case):
                        values.setdefault(name, []).append(figures[name])
        except LabError as e:
            wrong.append(f"{server}: {e}")

    def measure(self, args, before):
        found, wrong = {}, []
        order = list(against.SERVERS)
        # What drifts meanwhile drifts for each the same: there and back again.
        for server in order if args.short else order + order[::-1]:
            self.one_server(server, args, found, wrong)
        for (server, case), values in found.items():
            for name, all_of_it in values.items():
                yield Result(f"peers.{server}.{slug(case)}.{name}", statistics.median(all_of_it),
                             FIGURES[name], min(all_of_it), max(all_of_it))  # fmt: skip
        yield from compare(found, before)
        if wrong:
            raise CannotMeasure("; ".join(wrong))
