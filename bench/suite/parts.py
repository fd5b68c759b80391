# SPDX-License-Identifier: BSD-3-Clause
"""parts: what a part of bench/run is, and those that are programs of ours."""

import json
import re
import subprocess

from .results import Curve, Result


class CannotMeasure(Exception):
    """Why, and what to do about it."""


class Program:
    """A benchmark in C that prints its own lines, with goals, by bench/report.[ch]."""

    def __init__(self, name, title, program, curves=None):
        self.name, self.title, self.program, self.curves = name, title, program, curves

    def measure(self, args, _before):
        path = args.build / "bench" / self.program
        if not path.exists():
            raise CannotMeasure(f"{path} is not built: run without --prepared")
        words = [path, "--json", *(["--short"] if args.short else [])]
        found = {}
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                item = json.loads(line)
                if "fact" not in item:
                    found[item["name"]] = item["value"]
                    yield result(item)
        if process.returncode not in (0, 1):
            raise CannotMeasure(f"{self.program} ended with {process.returncode}")
        if self.curves:
            yield from self.curves(found)


def result(item):
    """A line of bench/report.c."""
    sense = None
    if item["goal"] is not None:
        sense = "at most" if item["aim"] < item["goal"] else "at least"
    return Result(item["name"], item["value"], item["unit"], item["low"], item["high"], sense,
                  item["goal"], item["aim"])  # fmt: skip


def framer_curves(found):
    kinds = [name.split(".")[1] for name in found if name.endswith(".libxml2")]
    for other in ("libxml2", "expat"):
        yield Curve("speedup", f"framer / {other}", kinds,
                    [found[f"framer.{kind}.{other}"] for kind in kinds])  # fmt: skip


def idle_curves(found):
    """Core and control together, by what idle_bench counts for each number of streams."""
    each = {1000 * int(name[5:-1]): value for name, value in found.items()
            if re.fullmatch(r"idle\.\d+k", name)}  # fmt: skip
    if each:
        yield Curve("memory", "sluice", sorted(each), [n * each[n] / 1e6 for n in sorted(each)])


PROGRAMS = [
    Program("framer", "the framer beside libxml2 and expat", "framer_bench", framer_curves),
    Program("record", "the record layer beside ipsec-mb and OpenSSL", "record_bench"),
    Program("tcp", "the TCP in process, beside the kernel's", "tcp_bench"),
    Program("relay", "a whole core in process, beside what of it is computing", "relay_bench"),
    Program("idle", "memory of idle, authenticated streams", "idle_bench", idle_curves),
    Program("handshake", "mutual TLS handshakes beside their limit", "handshake_bench"),
]
