# SPDX-License-Identifier: BSD-3-Clause
"""link_watch: what the relay carries while somebody watches one partner of several, beside what it
carries while nobody does: in one run, in the order without, with, with, without, round after round.

The watcher is sluicectl as an operator has it, its lines to a file. Control, sluicectl and, with two
processors, the generator share one; the poll core has its own.
"""

import json
import socket
import statistics
import subprocess
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


def one_round(link, asker, seconds):
    told, lines = [], 0
    for is_watched in ORDER:
        if not is_watched:
            told.append((False, stretch(asker, seconds)))
            continue
        with Watch(link, link.partners[0]) as seen:
            told.append((True, stretch(asker, seconds)))
        lines += seen.lines
    if lines == 0:
        raise LabError("the watch has shown no stanza")
    return {"lines": lines, **{key: ratio(told, key) for key in ("rate", "core")}}


def rounds(link, count, seconds):
    """For Link.run(during=): what each round has found."""
    asker = Asker(link.relay.socket)
    return [one_round(link, asker, seconds) for _ in range(count)]


def lasts_s(count, seconds):
    """At least as long as the rounds take."""
    return count * len(ORDER) * (seconds + SETTLE_S + 1.5) + 2
