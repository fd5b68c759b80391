#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""reference.py - the manual page sluice-metrics(7) from metrics.def.

    reference.py METRICS.DEF TCP_STAT.DEF OUT
"""

import re
import sys

ROW = re.compile(r'^METRIC\((\w+), "(\w+)", (\w+), "(\w*)", "([\w,]*)", (\w+), "(.*)"\)$')
STAT = re.compile(r'^TCP_STAT\((\w+), (\w+), "(.*)"\)$')
SECTION = re.compile(r"^/\* (.*) \*/$")
SUFFIX = {"COUNTER": "_total", "INFO": "_info"}
TYPES = {"COUNTER": "counter", "GAUGE": "gauge", "HISTOGRAM": "histogram", "INFO": "info"}

HEAD = r""".\" SPDX-License-Identifier: BSD-3-Clause
.TH SLUICE-METRICS 7 "" "sluice" "sluice"
.SH NAME
sluice-metrics \- what sluice tells monitoring systems
.SH DESCRIPTION
Where the element
.B metrics
of sluice.xml says so, sluice offers its metrics as OpenMetrics 1.0.0 (or, to whoever does not ask for that, in the text
format 0.0.4 of Prometheus) at
.I /metrics
by HTTP, on a TCP address and on a unix socket, and as
.I /sluice/...
on the telemetry socket of DPDK.
.B sluicectl show metrics
prints the same.
.PP
Labels have few values:
.B partner
is the primary domain of a partner in the configuration, or
.I _other
for everybody else, however many there are;
.B dir
is
.IR in " or " out ,
as the relay sees it;
.B leg
is
.IR edge " or " internal ;
.B reason
and
.B condition
are names of the reasons that
.B sluicectl show drops
lists. A partner has 18 samples, one more once it has shown a good certificate, and one for each way in which its streams have
ended, of which 64 are told apart.
"""


def escaped(text):
    return text.replace("\\", "\\e").replace("-", "\\-")


def entry(name, kind, labels, text):
    told = f"{{{labels.replace(',', ', ')}}}" if labels else ""
    return f".TP\n.B sluice_{name}{SUFFIX.get(kind, '')}{told}\n({TYPES[kind]}) {escaped(text)}\n"


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        lines = f.read().splitlines()
    with open(sys.argv[2], encoding="utf-8") as f:
        stats = [m.groups() for m in map(STAT.match, f.read().splitlines()) if m]
    out = [HEAD, ".SH METRICS\n"]
    for line in lines[1:]:
        if section := SECTION.match(line):
            out.append(f".SS {section.group(1).capitalize() if section.group(1)[1:2].islower() else section.group(1)}\n")
        elif row := ROW.match(line):
            _, name, kind, _, labels, _, text = row.groups()
            out.append(entry(name, kind, labels, text))
        elif line.startswith("#include"):
            out += [entry(f"tcp_{name}", "COUNTER", "core", text) for _, name, text in stats]
        elif line.startswith("METRIC("):
            sys.exit(f"{sys.argv[1]}: cannot read {line}")
    out.append(".SH SEE ALSO\nsluice(8), sluicectl(8), sluice.xml(5)\n")
    with open(sys.argv[3], "w", encoding="utf-8") as f:
        f.write("".join(out))


if __name__ == "__main__":
    main()
