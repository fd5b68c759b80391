# SPDX-License-Identifier: BSD-3-Clause
"""curves: what the plots show, out of a run's figures by their names."""

import re

from .results import Curve, slug

SERVERS = ("prosody", "ejabberd", "jabberd2")
PROXIES = ("haproxy", "nginx")

# A case of the peers, and the link's in which the relay has the same to do: as many bytes a stanza, as few streams.
SERVER_CASES = {
    "in, 200 B, 1 stream": "in.200_b.1",
    "in, 200 B, 10 streams": "in.200_b.16",
    "in, 500 B, 1 stream": "in.500_b.1",
    "in, 4 KB, 1 stream": "in.4096_b.1",
    "in, mix, 10 streams": "in.mix.16",
    "out, 200 B, 1 domain": "out.200_b.1",
    "out, 4 KB, 1 domain": "out.4096_b.1",
}
PROXY_CASES = {
    "200 B, 1 stream, single": "in.200_b_single.1",
    "200 B, 10 streams, single": "in.200_b_single.16",
    "200 B, 1 stream, packed": "in.200_b.1",
    "200 B, 10 streams, packed": "in.200_b.16",
    "500 B, 1 stream, packed": "in.500_b.1",
    "mix, 10 streams, packed": "in.mix.16",
    "4 KB, 1 stream, single": "in.4096_b.1",
}
SIZES = {200: "200 B", 500: "500 B", 4096: "4 KB"}


def curve(plot, label, points):
    """Of those points that were measured."""
    points = {x: y for x, y in points.items() if y is not None}
    if points:
        yield Curve(plot, label, list(points), list(points.values()))


def throughput(value):
    yield from curve("throughput", "sluice, one core",
                     {n: value(f"link.in.{n}_b.1.stanzas_per_s") for n in SIZES})  # fmt: skip
    for server in SERVERS:
        yield from curve("throughput", server,
                         {n: value(f"peers.{server}.in_{slug(size)}_1_stream.stanzas_per_s")
                          for n, size in SIZES.items()})  # fmt: skip
    for proxy in PROXIES:  # 4 KB are more than a segment: a record each, either way
        yield from curve(
            "throughput", f"{proxy}, packed records",
            {n: value(f"peers.{proxy}.{slug(size)}_1_stream_{'packed' if n < 4096 else 'single'}.stanzas_per_s")
             for n, size in SIZES.items()})  # fmt: skip


def latency(value):
    for which in ("p50", "p99"):
        yield from curve("latency", f"added, {which}",
                         {share: value(f"link.latency.{share}.{which}") for share in (10, 50, 80)})  # fmt: skip


def memory(value):
    for label, name in (("core and control, all of it", "idle"), ("core alone", "idle.core")):
        each = {n: value(f"{name}.{n // 1000}k") for n in (10_000, 50_000)}
        if any(each.values()):
            yield from curve("memory", label, {0: 0, **{n: v and n * v / 1e6 for n, v in each.items()}})
    ours = value("idle.50k")
    a_stream = {peer: value(f"peers.{peer}.open_200_streams.kb_per_stream") for peer in (*SERVERS, *PROXIES)}
    yield from curve("stream", "KB", {"sluice": ours and ours / 1024, **a_stream})


def seconds(plot, cases, peers, value):
    def a_million(name):
        rate = value(f"{name}.stanzas_per_cpu_s")
        return rate and 1e6 / rate

    yield from curve(plot, "sluice", {case: a_million(f"link.{ours}") for case, ours in cases.items()})
    for peer in peers:
        yield from curve(plot, peer, {case: a_million(f"peers.{peer}.{slug(case)}") for case in cases})


def speedup(value, kinds):
    for other in ("libxml2", "expat"):
        yield from curve("speedup", f"framer / {other}", {k: value(f"framer.{k}.{other}") for k in kinds})


def of(found):
    """All curves that figures {name: value} are there for."""
    kinds = [m[1] for name in found if (m := re.fullmatch(r"framer\.(\w+)\.libxml2", name))]
    return [
        *throughput(found.get),
        *latency(found.get),
        *memory(found.get),
        *seconds("cpu_servers", SERVER_CASES, SERVERS, found.get),
        *seconds("cpu_proxies", PROXY_CASES, PROXIES, found.get),
        *speedup(found.get, kinds),
    ]
