# SPDX-License-Identifier: BSD-3-Clause
"""table: results as rows of text and, all together, as JSON."""

import json
import sys


class Table:
    """Rows as they come. A row is a dict; wrong is what it should not have been."""

    def __init__(self, out=sys.stdout):
        self.out, self.parts, self.passed, self.failed = out, {}, 0, 0
        self.widths = {}

    def part(self, name, columns, note=""):
        """columns: name -> (heading, width, format)."""
        self.name, self.columns = name, columns
        self.parts[name] = {"rows": [], "wrong": [], "note": note}
        self.say(f"\n== {name}" + (f": {note}" if note else ""))
        self.say("  ".join(f"{heading:>{abs(width)}}" if width > 0 else f"{heading:{-width}}"
                           for heading, width, _ in columns.values()))  # fmt: skip

    def say(self, text):
        print(text, file=self.out, flush=True)

    def row(self, wrong=(), **values):
        cells = []
        for name, (_, width, form) in self.columns.items():
            text = "-" if values.get(name) is None else format(values[name], form)
            cells.append(f"{text:>{width}}" if width > 0 else f"{text:{-width}}")
        self.say("  ".join(cells) + ("  FAILED" if wrong else ""))
        self.parts[self.name]["rows"].append(values)
        self.judge(wrong)

    def judge(self, wrong):
        """One test more."""
        for text in wrong:
            self.say(f"    {text}")
        self.parts[self.name]["wrong"] += wrong
        self.passed, self.failed = self.passed + (not wrong), self.failed + bool(wrong)

    def json(self):
        return json.dumps({"parts": self.parts, "passed": self.passed, "failed": self.failed},
                          indent=1)  # fmt: skip
