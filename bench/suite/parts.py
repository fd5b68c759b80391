# SPDX-License-Identifier: BSD-3-Clause
"""parts: what a part of bench/run is, and those that are programs of ours."""

import json
import subprocess

from .results import Result


class CannotMeasure(Exception):
    """Why, and what to do about it."""


class Program:
    """A benchmark in C that prints its own lines, with goals, by bench/report.[ch]."""

    def __init__(self, name, title, program):
        self.name, self.title, self.program = name, title, program

    def measure(self, args, _before):
        path = args.build / "bench" / self.program
        if not path.exists():
            raise CannotMeasure(f"{path} is not built: run without --prepared")
        words = [path, "--json", *(["--short"] if args.short else [])]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                item = json.loads(line)
                if "fact" not in item:
                    yield result(item)
        if process.returncode not in (0, 1):
            raise CannotMeasure(f"{self.program} ended with {process.returncode}")


def result(item):
    """A line of bench/report.c."""
    sense = None
    if item["goal"] is not None:
        sense = "at most" if item["aim"] < item["goal"] else "at least"
    return Result(item["name"], item["value"], item["unit"], item["low"], item["high"], sense,
                  item["goal"], item["aim"])  # fmt: skip


PROGRAMS = [
    Program("stall", "what the machine takes from a program that never waits", "stall_bench"),
    Program("framer", "the framer beside libxml2 and expat", "framer_bench"),
    Program("record", "the record layer beside ipsec-mb and OpenSSL", "record_bench"),
    Program("tcp", "the TCP in process, beside the kernel's", "tcp_bench"),
    Program("relay", "a whole core in process, beside what of it is computing", "relay_bench"),
    Program("idle", "memory of idle, authenticated streams", "idle_bench"),
    Program("handshake", "mutual TLS handshakes beside their limit", "handshake_bench"),
]
