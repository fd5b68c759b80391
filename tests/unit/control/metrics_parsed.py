#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""metrics_parsed.py - both formats of the metrics are what strict parsers of others take them for.

    metrics_parsed.py METRICS_PRINT [SLUICE-METRICS.7]
"""

import json
import subprocess
import sys

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client import parser as prometheus

BAD = []


def check(condition, text):
    if not condition:
        BAD.append(text)
        print(f"FAILED: {text}", file=sys.stderr)


def printed(what):
    return subprocess.run([sys.argv[1], what], stdout=subprocess.PIPE, check=True, text=True).stdout


def value(families, sample, **labels):
    found = [s.value for f in families.values() for s in f.samples if s.name == sample and s.labels == labels]
    check(len(found) == 1, f"{sample}{labels}: {len(found)} samples")
    return found[0] if found else None


def families_of(parse, text):
    families = list(parse(text))
    check(len(families) == len({f.name for f in families}), "a family appears twice")
    return {f.name: f for f in families}


def check_against_table(families, table):
    known = {row["name"]: row for row in table}
    check(set(families) == set(known), f"families differ from the table: {set(families) ^ set(known)}")
    for name in set(families) & set(known):
        family, row = families[name], known[name]
        check(family.type == row["type"], f"{name}: {family.type}, not {row['type']}")
        check(family.unit == row["unit"], f"{name}: unit {family.unit!r}, not {row['unit']!r}")
        check(family.documentation == row["text"], f"{name}: HELP is {family.documentation!r}")
        labels = set(row["labels"].split(",")) - {""}
        for sample in family.samples:
            check(set(sample.labels) - {"le"} == labels, f"{sample.name}: labels {sample.labels}")
        keys = [(s.name, tuple(sorted(s.labels.items()))) for s in family.samples]
        check(len(keys) == len(set(keys)), f"{name}: a sample appears twice")


def check_values(families):
    there = dict(leg="edge", dir="in", partner="partner.example")
    check(value(families, "sluice_streams", **there, state="established") == 1, "an established stream")
    check(value(families, "sluice_streams", leg="internal", dir="out", partner="_other", state="established") == 1, "one inside")
    check(value(families, "sluice_stream_closed_total", **there, condition="stream_idle", by="us") == 1, "closed by us")
    check(value(families, "sluice_stanzas_total", dir="in", partner="partner.example", kind="iq") == 10, "ten iq")
    check(value(families, "sluice_throttled_seconds_total", partner="partner.example") == 3, "throttled for 3 s")
    check(value(families, "sluice_law_stanzas_total", term="accepted") == 21, "21 accepted")
    check(value(families, "sluice_law_held_stanzas") == 2, "two held")
    check(value(families, "sluice_relay_latency_seconds_bucket", le="0.0001") == 14, "14 within 0.1 ms")
    check(value(families, "sluice_relay_latency_seconds_bucket", le="+Inf") == 16, "16 in all")
    check(value(families, "sluice_relay_latency_seconds_count") == 16, "16 counted")
    check(abs(value(families, "sluice_relay_latency_seconds_sum") - 40.0014) < 1e-6, "their sum")
    check(value(families, "sluice_tls_handshake_seconds_bucket", le="1.0") == 2, "two handshakes within 1 s")
    check(value(families, "sluice_core_busy_ratio", core="1") == 0.25, "a quarter busy")
    check(value(families, "sluice_gateway_up", gateway="gw2") == 1, "gw2 is up")
    check(value(families, "sluice_gateway_up", gateway="gw1") == 0, "gw1 is not")
    check(value(families, "sluice_queue_bytes", partner="partner.example", leg="edge") == 200, "200 bytes queued")
    check(value(families, "sluice_mbuf_in_use", pool="rx.0.0") == 100, "100 buffers in use")
    check(value(families, "sluice_cert_expiry_timestamp_seconds", role="partner", name="partner.example") == 1850000000, "a partner's certificate")


def check_page(table):
    """The manual page tells of the same metrics, with the same labels and words."""
    with open(sys.argv[2], encoding="utf-8") as f:
        page = f.read().replace("\\-", "-")
    for row in table:
        suffix = {"counter": "_total", "info": "_info"}.get(row["type"], "")
        labels = "{" + row["labels"].replace(",", ", ") + "}" if row["labels"] else ""
        wanted = f".B {row['name']}{suffix}{labels}\n({row['type']}) {row['text']}\n"
        check(page.count(wanted) == 1, f"sluice-metrics(7) does not say {wanted!r}")
    check(page.count("\n.B sluice_") == len(table), "sluice-metrics(7) has others")


def main():
    table = json.loads(printed("describe"))["metrics"]
    text = printed("openmetrics")
    check(text.endswith("\n# EOF\n"), "the text does not end in # EOF")
    families = families_of(openmetrics.text_string_to_metric_families, text)
    check_against_table(families, table)
    check_values(families)
    old = printed("prometheus")
    check("# EOF" not in old and "# UNIT" not in old, "the older format has neither EOF nor UNIT")
    values = {(s.name, tuple(sorted(s.labels.items()))): s.value for f in families.values() for s in f.samples}
    for family in prometheus.text_string_to_metric_families(old):
        for s in family.samples:
            key = (s.name, tuple(sorted(s.labels.items())))
            check(values.pop(key, None) == s.value, f"{key} differs between the formats")
    check(not values, f"missing in the older format: {list(values)[:5]}")
    if len(sys.argv) > 2:
        check_page(table)
    print(f"{1 if not BAD else 0} passed, {len(BAD)} failed")
    return 1 if BAD else 0


if __name__ == "__main__":
    sys.exit(main())
