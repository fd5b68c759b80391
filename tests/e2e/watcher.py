# SPDX-License-Identifier: BSD-3-Clause
"""watcher: sluicectl watch in a process of its own, and what it has printed so far."""

import json
import subprocess
import threading

from harness import LabError, wait_until


class Watcher:
    """`with Watcher(world, "partner", "a.example") as w:` its lines as objects in w.lines."""

    def __init__(self, world, *words, prefix=()):
        self.lines, self.text = [], []
        self.process = subprocess.Popen(
            [*prefix, str(world.relay.program("sluicectl")), "-j", "-s", str(world.relay.socket),
             "watch", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        for text in self.process.stdout:
            self.text.append(text)
            try:
                self.lines.append(json.loads(text))
            except ValueError:
                continue  # the last answer goes over several lines

    def __enter__(self):
        wait_until(lambda: self.lines or self.process.poll() is not None, "the watch to begin", 15)
        if not self.lines or "watching" not in self.lines[0]:
            raise LabError(f"no watch: {self.lines} {self.process.stderr.read()}")
        return self

    def __exit__(self, *_why):
        self.process.terminate()
        self.process.wait(10)
        self.thread.join(10)

    def elements(self, **wanted):
        """Those lines that show an element and are as @wanted."""
        return [line for line in list(self.lines)
                if "element" in line and all(line.get(k) == v for k, v in wanted.items())]  # fmt: skip

    def shows(self, text, timeout=15, **wanted):
        """The first element with @text in it."""

        def found():
            return next((e for e in self.elements(**wanted) if text in e["element"]), None)

        return wait_until(found, f"an element with {text!r}; {self.text[-5:]}", timeout)

    def printed(self):
        return "".join(self.text)
