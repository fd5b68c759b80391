# SPDX-License-Identifier: BSD-3-Clause
"""The metrics of a relay at work, as Prometheus, an operator and DPDK's telemetry get them."""

import contextlib
import json
import pathlib
import socket
import subprocess
import time

from prometheus_client import parser as prometheus
from prometheus_client.openmetrics import parser as openmetrics

from harness import case, check, s2s, wait_until
from policy_peers import LOCAL

OPEN = "application/openmetrics-text;version=1.0.0"
URL = "http://127.0.0.1:9469/metrics"


def curl(world, *words, check_it=True):
    """Run on the relay's host."""
    space = ["ip", "netns", "exec", world.lab.network.name("edge")]
    done = subprocess.run([*space, "curl", "-sS", "--max-time", "20", *map(str, words)],
                          capture_output=True, text=True)  # fmt: skip
    check(not check_it or done.returncode == 0, f"curl {words}: {done.stderr}")
    return done


def families_by(world, *words):
    text = curl(world, "-H", f"Accept: {OPEN}", *words).stdout
    check(text.endswith("# EOF\n"), f"no end: ...{text[-200:]!r}")
    return {f.name: f for f in openmetrics.text_string_to_metric_families(text)}


def by_tcp(world):
    return families_by(world, URL)


def by_socket(world):
    return families_by(world, "--unix-socket", world.relay.metrics["socket"], "http://x/metrics")


def total(families, family, **labels):
    """The sum of the samples of a family that have @labels; 0 where nothing has happened yet."""
    return sum(s.value for s in (families[family].samples if family in families else [])
               if all(s.labels.get(k) == v for k, v in labels.items()))  # fmt: skip


def described(world):
    return json.loads(world.relay.ctl("--json show metrics --describe").stdout)["data"]["metrics"]


@case("metrics")
def scraped_while_federating(world):
    """Both transports, strict parsers, and the figures are those of show counters."""
    fabrikam = dict(partner="fabrikam.example")
    world.good_pair()
    before = by_tcp(world)
    for _ in range(3):
        world.good_pair()
    wait_until(lambda: world.relay.law()["held"] == 0, "nothing to be held", 15)
    after, other = by_tcp(world), by_socket(world)

    def moved(family, **labels):
        return total(after, family, **labels) - total(before, family, **labels)

    check(moved("sluice_stanzas", **fabrikam, dir="in", kind="message") >= 3, "messages in")
    check(moved("sluice_stanzas", **fabrikam, dir="out", kind="message") >= 3, "messages out")
    check(moved("sluice_stanza_bytes", **fabrikam, dir="in") > 300, "bytes in")
    check(total(after, "sluice_streams", **fabrikam, state="established") >= 1, "a live stream")
    check(total(after, "sluice_streams", leg="internal", state="established") >= 1, "one inside")
    check(total(after, "sluice_gateway_up") >= 1, "a gateway that is up")
    check(total(after, "sluice_tls_sessions", version="TLSv1.3") >= 1, "a TLS session")
    check(total(after, "sluice_auth", result="ok") >= 1, "a proof of identity")
    check(total(after, "sluice_dns_lookups", type="SRV") >= 1, "a question to DNS")
    check(total(after, "sluice_tcp_connections", state="established") >= 2, "TCP connections")
    check(total(after, "sluice_cert_expiry_timestamp_seconds", role="own", name="edge") > time.time(), "expiry")
    check(total(after, "sluice_mbuf_pool_size") > total(after, "sluice_mbuf_in_use") > 0, "buffers")
    samples = {s.name: s.value for s in after["sluice_relay_latency_seconds"].samples}
    check(samples["sluice_relay_latency_seconds_count"] >= 1, "a stanza whose way was timed")
    known = {row["name"] for row in described(world)}
    check(set(after) <= known and set(after) == set(other), "families differ")
    # of these there is nothing before something has happened
    check(known - set(after) <= {"sluice_stream_closed"}, f"families missing: {known - set(after)}")


@case("metrics")
def agree_with_show_counters(world):
    """At rest the law, drops and a partner's stanzas are the same wherever one asks."""
    world.good_pair()

    def told():
        wait_until(lambda: world.relay.law()["held"] == 0, "nothing to be held", 15)
        law = world.relay.law()
        families = by_socket(world)
        return law, families, world.relay.law()

    law, families, again = told()
    for _ in range(20):  # others say something now and then
        if law == again:
            break
        law, families, again = told()
    for term in ("accepted", "delivered", "answered", "bounced", "dropped"):
        check(total(families, "sluice_law_stanzas", term=term) == law[term], f"{term}: {law}")
    check(total(families, "sluice_law_held_stanzas") == 0, "held")
    row = next(r for r in world.relay.show("partners")["partners"] if r["domain"] == "fabrikam.example")
    here = by_socket(world)
    check(total(here, "sluice_stanzas", partner="fabrikam.example", dir="in") >= row["stanzas_in"], f"{row}")
    shown = json.loads(world.relay.ctl("--json show metrics").stdout)["data"]["samples"]
    drops = {s["labels"]["reason"]: s["value"] for s in shown if s["name"] == "sluice_drops_total"}
    check(set(drops) == set(world.relay.drops()), "the reasons differ")


@case("metrics")
def refusals_are_counted(world):
    """Who is refused counts by reason; a domain that is nobody's never becomes a label."""
    before = by_tcp(world)
    with world.drops("stream_not_allowed"), world.stranger() as stream:
        stream.send(s2s.header(LOCAL, "nobody-knows-me.example"))
        stream.end()
    wait_until(lambda: total(by_tcp(world), "sluice_stream_refused", reason="stream_not_allowed")
               > total(before, "sluice_stream_refused", reason="stream_not_allowed"), "the refusal", 5)  # fmt: skip
    wait_until(lambda: total(by_tcp(world), "sluice_stream_closed", partner="_other")
               > total(before, "sluice_stream_closed", partner="_other"), "the close", 10)  # fmt: skip
    families = by_tcp(world)
    names = {s.labels["partner"] for f in families.values() for s in f.samples if "partner" in s.labels}
    known = {p["domain"] for p in world.relay.show("partners")["partners"]} | {"_other"}
    check(names == known, f"labels that are no partners: {names - known}")
    shown = world.relay.show("denied")["denied"][0]
    check(shown["from"] == "nobody-knows-me.example", f"{shown}")


@case("metrics")
def formats_and_methods(world):
    """The older format for whoever does not ask for OpenMetrics; what is not GET or HEAD is refused."""
    plain = curl(world, "-i", URL).stdout
    head, _, text = plain.partition("\n\n") if "\n\n" in plain else plain.partition("\r\n\r\n")
    check("text/plain; version=0.0.4" in head, head)
    old = {f.name for f in prometheus.text_string_to_metric_families(text)}
    check("sluice_streams" in old and "# EOF" not in text, f"{sorted(old)[:5]}")
    check("application/openmetrics-text; version=1.0.0" in curl(world, "-I", "-H", f"Accept: {OPEN}", URL).stdout, "HEAD")
    for words, code in ((("-X", "POST", "-d", "x", URL), "405"), (("-X", "DELETE", URL), "405"),
                        ((URL + "/..%2f..%2fetc",), "404"), (("http://127.0.0.1:9469/",), "404")):  # fmt: skip
        said = curl(world, "-o", "/dev/null", "-w", "%{http_code}", *words).stdout
        check(said == code, f"{words}: {said}, not {code}")


def connects(client, path):
    """Within 2 s."""
    end = time.monotonic() + 2
    while time.monotonic() < end:
        try:
            client.connect(path)
            return True
        except BlockingIOError:
            time.sleep(0.02)
    client.close()
    return False


@contextlib.contextmanager
def rude_clients(world, count=24):
    """More than there are places: deaf ones, dumb ones, and garbage."""
    path = str(world.relay.metrics["socket"])
    clients = []
    try:
        for n in range(count):
            client = socket.socket(socket.AF_UNIX)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.settimeout(5)
            if not connects(client, path):
                break  # every place is taken, and the kernel's queue is full
            clients.append(client)
            client.sendall((b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /met",
                            b"\x16\x03\x01\x02\x00\x01" + bytes(64), b"")[n % 4])  # fmt: skip
        yield clients
    finally:
        for client in clients:
            client.close()


@case("metrics")
def rude_clients_delay_nobody(world):
    """While every place is taken by such, control answers, the other transport too; then all is well."""
    with rude_clients(world) as clients:
        check(len(clients) >= 16, f"only {len(clients)} clients got in")
        for _ in range(5):
            began = time.monotonic()
            world.relay.show("status")
            check(time.monotonic() - began < 3, "show status is slow")
        world.good_pair()
        check(total(by_tcp(world), "sluice_build") == 1, "the other transport")
    check(total(by_socket(world), "sluice_build") == 1, "afterwards")


@case("metrics")
def cleared_counters_are_shown_only(world):
    """counters clear: shows begin anew, law and metrics never go back."""
    with world.drops("stream_not_allowed"), world.stranger() as stream:
        stream.send(s2s.header(LOCAL, "nobody-knows-me.example"))
        stream.end()
    law, before = world.relay.law(), by_tcp(world)
    world.relay.ctl("counters clear")
    check(world.relay.drops()["stream_not_allowed"] == 0, "not cleared")
    check(world.relay.law()["accepted"] >= law["accepted"], "the law went back")
    after = by_tcp(world)
    for name in ("sluice_drops", "sluice_law_stanzas", "sluice_stanzas", "sluice_stream_refused"):
        check(total(after, name) >= total(before, name), f"{name} went back")
    world.good_pair()
    told = json.loads(world.relay.ctl("--json show counters partner fabrikam.example").stdout)["data"]
    check(told["law"][0]["of"] == "fabrikam.example" and told["since_unix_s"] > 0, f"{told}")
    check(told["counters"]["stanzas_in"] >= 1, f"{told}")
    for command in ("show tcp", "show mempools", "show drops", "show drops partner fabrikam.example",
                    "show lcores", "show metrics --describe"):  # fmt: skip
        text = world.relay.ctl(command).stdout
        check(len(text.splitlines()) >= 2, f"{command}: {text!r}")


class Telemetry:
    """DPDK's telemetry socket, as dpdk-telemetry.py speaks to it."""

    def __init__(self, world):
        pid = world.lab.rundir.records()["relay"]["pid"]
        found = list(pathlib.Path("/var/run/dpdk", f"sluice{pid}").glob("dpdk_telemetry.v2*"))
        check(found, "no telemetry socket")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(10)
        self.socket.connect(str(found[0]))
        self.limit = json.loads(self.socket.recv(1024))["max_output_len"]

    def ask(self, command):
        self.socket.sendall(command.encode())
        return json.loads(self.socket.recv(self.limit))[command.partition(",")[0]]


@case("metrics")
def dpdk_telemetry(world):
    """The same on DPDK's socket; a snapshot that control renews while somebody asks."""
    telemetry = Telemetry(world)
    commands = set(telemetry.ask("/"))
    check({"/sluice/partners", "/sluice/streams", "/sluice/drops", "/sluice/law", "/sluice/tcp"} <= commands, f"{commands}")
    world.good_pair()
    wait_until(lambda: "fabrikam.example" in (telemetry.ask("/sluice/partners") or []), "partners", 15)
    wait_until(lambda: telemetry.ask("/sluice/partners,fabrikam.example").get("stanzas/in/message", 0) >= 1,
               "a message", 15)  # fmt: skip
    wait_until(lambda: telemetry.ask("/sluice/law")["law_stanzas/delivered"] >= 2, "the law", 15)
    streams = telemetry.ask("/sluice/streams")
    check(streams["edge/in/established"] + streams["edge/out/established"] >= 1, f"{streams}")
    check(set(telemetry.ask("/sluice/metrics")) == {row["name"] for row in described(world)}, "names")
    check(telemetry.ask("/sluice/metrics,sluice_build"), "one metric by its name")
    drops = telemetry.ask("/sluice/drops")
    check(len(drops) == len(world.relay.drops()), f"{len(drops)} reasons")
    check(not telemetry.ask("/sluice/partners,no.such.partner"), "a partner that there is not")
