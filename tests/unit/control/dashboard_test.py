#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""dashboard_test.py - each name, label and unit in the dashboard's queries is one of metrics.def.

    dashboard_test.py METRICS_PRINT DASHBOARD.json
"""

import json
import re
import subprocess
import sys

BAD = []
# What a family's unit looks like in Grafana, as it is and as a rate.
UNITS = {"seconds": {"s", "percentunit"}, "bytes": {"bytes", "Bps"}, "ratio": {"percentunit"},
         "": {"short", "ops", "pps", "none", "percentunit"}}  # fmt: skip
RATES = {"ops", "pps", "Bps", "percentunit"}
WORDS = {"sum", "rate", "by", "le", "max", "min", "topk", "bottomk", "count", "vector", "time",
         "histogram_quantile", "or", "label_values"}  # fmt: skip


def check(condition, text):
    if not condition:
        BAD.append(text)
        print(f"FAILED: {text}", file=sys.stderr)


def samples_of(table):
    """The sample names of each family: their labels, unit, whether they count."""
    known = {}
    for row in table:
        labels = set(row["labels"].split(",")) - {""}
        suffixes = {"counter": ["_total"], "gauge": [""], "info": ["_info"],
                    "histogram": ["_bucket", "_sum", "_count"]}[row["type"]]  # fmt: skip
        for suffix in suffixes:
            more = {"le"} if suffix == "_bucket" else set()
            known[row["name"] + suffix] = (labels | more, row["unit"], row["type"])
    return known


def check_query(title, query, unit, known):
    """Returns the names it uses."""
    names = re.findall(r"\b(sluice_\w+)\b", query)
    check(names, f"{title}: no metric in {query}")
    all_labels = {"instance"}
    for name in names:
        check(name in known, f"{title}: no metric {name}")
        all_labels |= known.get(name, (set(), "", ""))[0]
    for name, inner in re.findall(r"\b(sluice_\w+)\{([^}]*)\}", query):
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", inner):
            check(label in known.get(name, (set(),))[0] | {"instance"}, f"{title}: {name} has no label {label}")
    for group in re.findall(r"\bby \(([^)]*)\)", query):
        for label in re.split(r",\s*", group):
            check(label in all_labels, f"{title}: by {label}, which none of {names} has")
    for name in names:
        labels, its_unit, kind = known.get(name, (set(), "", "gauge"))
        is_rate = f"rate({name}" in query
        check(is_rate == (kind in ("counter", "histogram")), f"{title}: {name}, a {kind}, {'as' if is_rate else 'not as'} a rate")
        if unit is not None and " / " not in query:
            check(unit in UNITS[its_unit], f"{title}: {name} has unit {its_unit!r}, shown as {unit}")
            if is_rate and kind == "counter":
                check(unit in RATES, f"{title}: the rate of {name} shown as {unit}")
    stripped = re.sub(r'"[^"]*"|\{[^}]*\}|\$\w+|\[[^]]*\]', "", query)
    strange = set(re.findall(r"[a-z_]\w+", stripped)) - WORDS - set(names) - all_labels
    check(not strange, f"{title}: {strange} in {query}")
    return set(names)


def check_legend(title, target, known):
    labels = {label for name in re.findall(r"\b(sluice_\w+)\b", target["expr"]) for label in known.get(name, (set(),))[0]}
    groups = re.findall(r"\bby \(([^)]*)\)", target["expr"])
    kept = set(re.split(r",\s*", groups[0])) if groups else labels
    for label in re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", "")):
        check(label in kept, f"{title}: legend of {label}, which the query does not keep")


def check_layout(panels):
    taken = set()
    for p in panels:
        g = p["gridPos"]
        cells = {(x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])}
        check(g["x"] + g["w"] <= 24, f"{p['title']}: beyond the right edge")
        check(not cells & taken, f"{p['title']}: over another panel")
        taken |= cells
    check(len({p["id"] for p in panels}) == len(panels), "two panels have one id")
    check(len({p["title"] for p in panels}) == len(panels), "two panels have one title")


def main():
    told = subprocess.run([sys.argv[1], "describe"], stdout=subprocess.PIPE, check=True, text=True).stdout
    known = samples_of(json.loads(told)["metrics"])
    with open(sys.argv[2], encoding="utf-8") as f:
        dashboard = json.load(f)
    panels = dashboard["panels"]
    check_layout(panels)
    used = set()
    for p in panels:
        if p["type"] == "row":
            continue
        check(p["description"].endswith("."), f"{p['title']}: no description")
        unit = p["fieldConfig"]["defaults"]["unit"]
        for target in p["targets"]:
            used |= check_query(p["title"], target["expr"], unit, known)
            check_legend(p["title"], target, known)
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            check_query(variable["name"], variable["query"]["query"], None, known)
    families = {re.sub(r"_(bucket|sum|count)$", "", n) for n in known}
    unseen = families - {re.sub(r"_(bucket|sum|count)$", "", n) for n in used}
    check(not unseen, f"shown nowhere: {sorted(unseen)}")
    print(f"{len(used)} metrics in {sum(p['type'] != 'row' for p in panels)} panels")
    print(f"{1 if not BAD else 0} passed, {len(BAD)} failed")
    return 1 if BAD else 0


if __name__ == "__main__":
    sys.exit(main())
