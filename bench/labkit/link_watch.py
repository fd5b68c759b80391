# SPDX-License-Identifier: BSD-3-Clause
"""link_watch: what the relay carries while it is observed, beside what it carries while it is not: in
one run, in the order without, with, with, without, round after round.

Either one partner of several is watched, by sluicectl as an operator has it, its lines to a file; or
its metrics are scraped each second. Control, the observer and, with two processors, the generator
share one; the poll core has its own.
"""

import json
import socket
import statistics
import subprocess
import threading
import time

from .state import LabError, wait_until

SETTLE_S = 0.3  # after a watch has begun or ended
ORDER = (False, True, True, False)


class Asker:
    """`show cores` over a connection of its own: the moment of an answer is known within it."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(str(path))
        self.text = self.socket.makefile("r")

    def note(self):
        began = time.monotonic()
        self.socket.sendall(b'{"v":1,"command":"show cores"}\n')
        core = json.loads(self.text.readline())["data"]["cores"][0]
        return {**core, "at_s": (began + time.monotonic()) / 2}


class Watch:
    """`sluicectl watch partner DOMAIN` while the `with` block lasts; lines: how many it printed."""

    def __init__(self, link, domain):
        self.words = [str(link.relay.program("sluicectl")), "-s", str(link.relay.socket), "watch",
                      "partner", domain]  # fmt: skip
        self.path = link.lab.path("link", "watch.txt")

    def __enter__(self):
        with open(self.path, "w") as file:
            self.process = subprocess.Popen(self.words, stdout=file, stderr=subprocess.STDOUT)
        wait_until(self.has_begun, "the watch to begin", 20)
        return self

    def has_begun(self):
        if self.process.poll() is not None:
            raise LabError(f"no watch: {self.path.read_text()[-500:]}")
        return self.path.stat().st_size > 0

    def __exit__(self, *_why):
        self.process.terminate()
        self.process.wait(10)
        self.lines = self.path.read_text().count("<message")


class Scrape:
    """GET /metrics each second while the `with` block lasts; lines: how many texts came whole."""

    REQUEST = (b"GET /metrics HTTP/1.1\r\nHost: x\r\n"
               b"Accept: application/openmetrics-text;version=1.0.0\r\n\r\n")  # fmt: skip
    EVERY_S = 1

    def __init__(self, link):
        self.path, self.lines = str(link.relay.metrics["socket"]), 0
        self.is_over, self.trouble = threading.Event(), None
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        try:
            self.once()
            while not self.is_over.wait(self.EVERY_S):
                self.once()
        except OSError as e:
            self.trouble = str(e)

    def once(self):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(self.path)
            s.sendall(self.REQUEST)
            last = b""
            while block := s.recv(65536):
                last = (last + block)[-32:]
        self.lines += b"# EOF\n" in last

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_why):
        self.is_over.set()
        self.thread.join(15)
        if self.trouble:
            raise LabError(f"no scrape: {self.trouble}")


def stretch(asker, seconds):
    """Stanzas a second, and a busy second of the core, for so long."""
    time.sleep(SETTLE_S)
    before = asker.note()
    time.sleep(seconds)
    after = asker.note()
    moved = {k: after[k] - before[k] for k in ("stanzas", "busy_cycles", "at_s")}
    return {"rate": moved["stanzas"] / moved["at_s"],
            "core": moved["stanzas"] / max(moved["busy_cycles"], 1) * after["cycles_hz"]}  # fmt: skip


def ratio(told, key):
    """With through without."""
    with_it, without = ([s[key] for w, s in told if w is wanted] for wanted in (True, False))
    return statistics.mean(with_it) / statistics.mean(without)


def one_round(asker, seconds, observe):
    told, lines = [], 0
    for is_observed in ORDER:
        if not is_observed:
            told.append((False, stretch(asker, seconds)))
            continue
        with observe() as seen:
            told.append((True, stretch(asker, seconds)))
        lines += seen.lines
    if lines == 0:
        raise LabError("who observes has seen nothing")
    return {"lines": lines, **{key: ratio(told, key) for key in ("rate", "core")}}


def rounds(link, count, seconds, observe=None):
    """For Link.run(during=): what each round has found. @observe: makes the observer, else a watch."""
    asker = Asker(link.relay.socket)
    observe = observe or (lambda: Watch(link, link.partners[0]))
    return [one_round(asker, seconds, observe) for _ in range(count)]


def lasts_s(count, seconds):
    """At least as long as the rounds take."""
    return count * len(ORDER) * (seconds + SETTLE_S + 1.5) + 2
