# SPDX-License-Identifier: BSD-3-Clause
"""IPv6: partners and gateways reached by it, and partners that only seem to be.

ipv6_lab.py says who they are and where their names lead.
"""

import time

from cases_federation import passes
from harness import case, check, s2s, wait_until
from ipv6_lab import LUCERNE6, OPEN6, RELECLOUD6, STRANGER, STRANGER6
from policy_peers import LOCAL, door, gateway, gets, writes

ALICE, LENA, ROB = "alice@contoso.example", "lena@lucerne.example", "rob@relecloud.example"
RACE_S = 1.0  # RFC 8305: the next address has its turn after a quarter of a second


def addresses(world, **wanted):
    """Where the other ends of these streams are, as `show streams` tells it."""
    return {row["address"] for row in world.relay.streams(**wanted)}


def arrives(world, inside, domain, at):
    """A message to @domain arrives at the door; seconds that took, and the address it was dialled at."""
    began = time.monotonic()
    ident = writes(inside, domain)
    with at.serve() as served:
        gets(served, ident)
        took = time.monotonic() - began
        rows = addresses(world, leg="edge", remote=domain, direction="out")
        dialled = served.sock.getsockname()[0]
    wait_until(lambda: not world.relay.streams(leg="edge", remote=domain), "its stream to go", 5)
    return took, dialled, rows


@case("ipv6")
def partner_with_ipv6_alone_out(world):
    """A real Prosody whose name has no A: the relay dials its AAAA."""
    alice, lena = world.user(ALICE), world.user(LENA)
    passes(alice, lena, "out by IPv6")
    rows = world.relay.streams(leg="edge", remote="lucerne.example", direction="out")
    check({r["address"] for r in rows} == {LUCERNE6}, f"{rows}")
    check({r["method"] for r in rows} == {"sasl-external"}, f"{rows}")


@case("ipv6")
def partner_with_ipv6_alone_in(world):
    """The same Prosody dials the relay, whose name it looks up in IPv6 alone."""
    alice, lena = world.user(ALICE), world.user(LENA)
    passes(lena, alice, "in by IPv6")
    rows = world.relay.streams(leg="edge", remote="lucerne.example", direction="in")
    check({r["address"] for r in rows} == {LUCERNE6}, f"{rows}")
    check({r["method"] for r in rows} == {"sasl-external"}, f"{rows}")
    check(alice.ping(lena.full_jid) < 10, "ping out")
    check(lena.ping(alice.full_jid) < 10, "ping in")


@case("ipv6")
def big_stanza_by_ipv6(world):
    """Many segments each way."""
    alice, lena = world.user(ALICE), world.user(LENA)
    body = "wide " * 20000
    passes(alice, lena, body)
    passes(lena, alice, body)


@case("ipv6")
def both_families_prefer_ipv6(world):
    with door(world, OPEN6, "ipv6", 6) as at, gateway(world, "both.example") as inside:
        took, dialled, rows = arrives(world, inside, "both.example", at)
        check(dialled == STRANGER6, f"dialled at {dialled}")
        check(rows == {STRANGER6}, f"show streams tells {rows}")


@case("ipv6")
def ipv6_shut_and_ipv4_open(world):
    """Nobody listens by IPv6: its refusal sends the relay on to IPv4 at once."""
    with door(world, OPEN6, "ipv6") as at, gateway(world, "both.example") as inside:
        took, dialled, rows = arrives(world, inside, "both.example", at)
        check(dialled == STRANGER, f"dialled at {dialled}")
        check(rows == {STRANGER}, f"show streams tells {rows}")
        check(took < RACE_S, f"after {took:.2f} s")


@case("ipv6")
def ipv6_leads_nowhere(world):
    """RFC 8305: an AAAA that nobody has costs a quarter of a second, not a time-out."""
    with door(world, OPEN6, "ipv6", 6) as at, gateway(world, "dark.example") as inside:
        took, dialled, rows = arrives(world, inside, "dark.example", at)
        check(dialled == f"::ffff:{STRANGER}", f"dialled at {dialled}")
        check(rows == {STRANGER}, f"show streams tells {rows}")
        check(0.2 < took < RACE_S, f"after {took:.2f} s")


@case("ipv6")
def comes_in_by_either_family(world):
    """One partner, a stream by each."""
    with s2s.established(world.lab, "stranger", world.EDGE6, LOCAL, "both.example", world.tls("ipv6")):
        with s2s.established(world.lab, "stranger", world.EDGE, LOCAL, "both.example",
                             world.tls("ipv6")):  # fmt: skip
            rows = addresses(world, leg="edge", remote="both.example", direction="in")
            check(rows == {STRANGER, STRANGER6}, f"{rows}")


@case("ipv6")
def gateway_dialled_by_ipv6(world):
    """A real Prosody as gateway, at the IPv6 address of the configuration."""
    bob, rob = world.user("bob@fabrikam.example"), world.user(ROB)
    passes(bob, rob, "in to IPv6")
    passes(rob, bob, "and back")
    rows = addresses(world, leg="internal", local="relecloud.example", direction="out")
    check(rows == {RELECLOUD6}, f"{rows}")


@case("ipv6")
def gateway_comes_by_ipv6(world):
    with s2s.Stream(world.lab, "insider", world.INTERNAL6, 23456) as stream:
        stream.secure(world.tls("gw-good", inside=True), "fabrikam.example")
        stream.open("fabrikam.example", LOCAL)
        check(b"EXTERNAL" in stream.features(), "EXTERNAL is not offered")
        stream.external(LOCAL)


@case("ipv6")
def ipv6_end_to_end(world):
    """From an IPv6 partner to an IPv6 gateway: no IPv4 on either leg."""
    lena, rob = world.user(LENA), world.user(ROB)
    passes(lena, rob, "by IPv6 alone")
    passes(rob, lena, "the answer")


@case("ipv6")
def both_families_in_show_ports(world):
    rows = {(r["rule"], r["from"], r["to"], r["port"]) for r in world.relay.show("ports")["ports"]}
    for edge, internal in ((world.EDGE, world.INTERNAL), (world.EDGE6, world.INTERNAL6)):
        for wanted in (("R1", "any", edge, 5269), ("R2", edge, "any", 5269),
                       ("R3", "any", internal, 23456)):  # fmt: skip
            check(wanted in rows, f"{wanted} is not in {sorted(rows)}")
    wanted = ("R3", world.INTERNAL6, RELECLOUD6, 5270)
    check(wanted in rows, f"{wanted} is not in {sorted(rows)}")
    printed = world.relay.ctl("show streams").stdout + world.relay.ctl("show ports").stdout
    check(LUCERNE6 in printed and world.EDGE6 in printed, printed)
