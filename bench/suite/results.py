# SPDX-License-Identifier: BSD-3-Clause
"""results: what was measured, whether it met its goal, and how it is written down."""

import dataclasses
import json
import re
import sys


@dataclasses.dataclass(frozen=True)
class Result:
    """One figure. sense: "at most", "at least", or None for one without a goal."""

    name: str
    value: float
    unit: str
    low: float = None  # quartiles of the rounds, where there are any
    high: float = None
    sense: str = None
    goal: float = None
    aim: float = None

    def reaches(self, bound):
        return self.value <= bound if self.sense == "at most" else self.value >= bound

    @property
    def met(self):
        return None if self.sense is None else self.reaches(self.goal)

    def json(self):
        return {"name": self.name, "value": self.value, "unit": self.unit, "goal": self.goal,
                "aim": self.aim, "met": self.met, "low": self.low, "high": self.high}  # fmt: skip

    @property
    def verdict(self):
        if self.sense is None:
            return ""
        if not self.met:
            return "NO"
        return "yes, and the aim" if self.reaches(self.aim) else "yes"

    @property
    def goal_text(self):
        if self.sense is None:
            return ""
        return f"{'<=' if self.sense == 'at most' else '>='} {self.goal:g} (aim {self.aim:g})"


def slug(text):
    """As a part of a name."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


@dataclasses.dataclass
class Curve:
    """One line, or one row of bars, of a plot. x may be numbers or names."""

    plot: str
    label: str
    x: list
    y: list


def at_least(name, value, goal, aim, unit="ratio", **more):
    return Result(name, value, unit, sense="at least", goal=goal, aim=aim, **more)


def at_most(name, value, goal, aim, unit="ratio", **more):
    return Result(name, value, unit, sense="at most", goal=goal, aim=aim, **more)


class Book:
    """All results of a run, told as they come."""

    def __init__(self, json_lines):
        self.json_lines, self.rows, self.unmeasured = json_lines, [], []
        if not json_lines:
            print(f"{'name':<44} {'value':>11} {'unit':<12} {'quartiles':^23} goal")

    def add(self, part, item):
        self.rows.append((part, item))
        if self.json_lines:
            print(json.dumps(item.json()), flush=True)
            return
        spread = "" if item.low is None else f"{item.low:>10.4g} .. {item.high:<9.4g}"
        print(f"{item.name:<44} {item.value:>11.5g} {item.unit:<12} {spread:<23} "
              f"{item.goal_text:<22} {item.verdict}".rstrip(), flush=True)  # fmt: skip

    def cannot(self, part, why):
        self.unmeasured.append((part, why))

    @property
    def found(self):
        """Values by name: what a later part compares with."""
        return {r.name: r.value for _, r in self.rows}

    @property
    def judged(self):
        return [r for _, r in self.rows if r.sense is not None]

    @property
    def missed(self):
        return sum(not r.met for r in self.judged)

    def say_verdict(self, out):
        """On standard error where standard output is for programs."""
        to = sys.stderr if self.json_lines else sys.stdout
        print(f"\ngoals met: {len(self.judged) - self.missed} of {len(self.judged)}", file=to)
        for r in self.judged:
            if not r.met:
                print(f"  not met: {r.name} is {r.value:.4g} {r.unit}, {r.goal_text}", file=to)
        for part, why in self.unmeasured:
            print(f"  not measured: {part}: {why}", file=to)
        print(f"written: {out}/results.md, results.json, machine.json and plots", file=to)

    def write(self, out, facts, drawn):
        lines = [{"part": part, **r.json()} for part, r in self.rows]
        (out / "results.json").write_text("".join(json.dumps(line) + "\n" for line in lines))
        (out / "machine.json").write_text(json.dumps(facts, indent=1) + "\n")
        (out / "results.md").write_text(self.markdown(facts, drawn))

    def markdown(self, facts, drawn):
        text = ["# Results", "", "| machine | |", "|---|---|"]
        text += [f"| {name} | {value} |" for name, value in facts.items()]
        for part in dict.fromkeys(part for part, _ in self.rows):
            text += ["", f"## {part}", "", "| what | value | unit | quartiles | goal | met |",
                     "|---|---|---|---|---|---|"]  # fmt: skip
            for of, r in self.rows:
                if of == part:
                    spread = "" if r.low is None else f"{r.low:.4g}-{r.high:.4g}"
                    text.append(f"| {r.name} | {r.value:.5g} | {r.unit} | {spread} | {r.goal_text} | "
                                f"{r.verdict} |")  # fmt: skip
        for part, why in self.unmeasured:
            text += ["", f"## {part}", "", f"Not measured: {why}"]
        text += [""] + [f"![{name}]({file.name})" for name, file in drawn]
        return "\n".join(text) + "\n"
