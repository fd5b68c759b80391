# SPDX-License-Identifier: BSD-3-Clause
"""The load generator through the relay: every stanza arrives, once and in order, both ways."""

import json
import subprocess

from labkit import load

import load_lab
from harness import TREE, case, check

EACH = 500  # stanzas of one flow; there is one for each partner
ALL = EACH * len(load_lab.PARTNERS)


def partner(world, *more, **options):
    return load.party(
        "partner", load_lab.PARTNERS, load_lab.LOCAL,
        *load.certificates(world.pki("blueyonder.crt"), world.lab.outside.certificate), *more,
        netns=world.lab.network.name("stranger"), **options,
    )  # fmt: skip


def gateway(world, *more, to=load_lab.PARTNERS):
    """Opens a stream for each pair, for both directions where the relay offers that."""
    return load.party(
        "gateway", load_lab.LOCAL, to,
        *load.certificates(world.pki("gw-fourthcoffee.crt"), world.lab.inside.certificate), *more,
        netns=world.lab.network.name("insider"), dial=f"{world.INTERNAL}:23456",
    )  # fmt: skip


def outside(world, *more):
    return partner(world, *more, dial=f"{world.EDGE}:5269")


def taking(world):
    return partner(world, listen=f":{load_lab.PORT}")


def check_run(world, parties, sent=ALL, **options):
    before = world.relay.law()
    figures = load.run(parties, world.relay.build, count=EACH, **options)
    check(figures["exit"] == 0, f"the load generator says: {figures}")
    check(figures["sent"] == figures["received"] == sent, f"not all {sent} arrived: {figures}")
    world.settled()
    delivered = world.relay.law()["delivered"] - before["delivered"]
    check(delivered == sent, f"{delivered} delivered of {sent} sent: {figures}")
    return figures


@case("load")
def from_partners_to_a_gateway(world):
    figures = check_run(world, [outside(world, "--send"), gateway(world)], window=50)
    check(figures["streams"] == 2 * len(load_lab.PARTNERS), f"streams: {figures}")
    check(figures["streams_dialback"] == 0, f"EXTERNAL was to be measured: {figures}")


@case("load")
def from_a_gateway_to_partners(world):
    figures = check_run(world, [gateway(world, "--send"), taking(world)], window=50)
    check(figures["streams_taken"] >= len(load_lab.PARTNERS), f"streams: {figures}")


@case("load")
def both_ways_at_once(world):
    check_run(world, [outside(world, "--send"), gateway(world, "--send"), taking(world)],
              sent=2 * ALL, window=20, mix="mix", records="single")  # fmt: skip


@case("load")
def by_schedule(world):
    """An open loop: 2,000 stanzas in two seconds, sent when they are due."""
    figures = check_run(world, [outside(world, "--send"), gateway(world)], rate=1000)
    check(1.5 < figures["measured_s"] < 10, f"not by the schedule: {figures}")
    check(0 < figures["latency_p50_us"] <= figures["latency_max_us"], f"latency: {figures}")


@case("load")
def a_bounce_is_told(world):
    """Stanzas to a partner that cannot be reached come back; the generator must not call that good."""
    figures = load.run([gateway(world, "--send", to=[load_lab.SHUT])], world.relay.build, count=3,
                       timeout=60)  # fmt: skip
    check(figures["exit"] != 0 and figures["bounced"] > 0, f"called good: {figures}")
    check("remote-server" in figures["trouble"], f"the bounce is not shown: {figures}")


@case("load")
def against_a_server_alone(world):
    """bench/load_peers, with a lab of its own: Prosody, a partner and a component, both ways."""
    done = subprocess.run(
        [TREE / "bench" / "load_peers", "--build", world.relay.build, "--lab",
         str(world.number + 500), "--seconds", "0.5", "--only", "200 B, 1 ", "--json", "prosody"],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    check(done.returncode == 0, done.stdout + done.stderr[-3000:])
    runs = {run["name"]: run for run in map(json.loads, done.stdout.splitlines())}
    check(set(runs) == {"prosody in, 200 B, 1 stream", "prosody out, 200 B, 1 domain"}, str(runs))
    for name, run in runs.items():
        check(run["received"] > 0 and run["server_cpu_s"] > 0, f"{name}: {run}")
