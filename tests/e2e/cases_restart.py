# SPDX-License-Identifier: BSD-3-Clause
"""Servers that die: no stanza is lost without an account of it, and the way comes back."""

import signal

from harness import case, check, wait_until

COUNT = 3000


def killed_under_traffic(world, server, inside_jid):
    """Kills @server while bob writes to @inside_jid; starts it again; everything is accounted for."""
    bob, inside = world.user("bob@fabrikam.example"), world.user(inside_jid)
    inside.ping(bob.full_jid)
    target, before = inside.full_jid, world.relay.law()
    for i in range(COUNT):
        bob.say(target, f"k {i}", f"k-{i}")
        if i == COUNT // 2:
            inside.expect(lambda s: s.name == "message", what="message before the kill")
            world.lab.rundir.end(server, signal.SIGKILL)
        if i % 500 == 0:
            gaps = world.relay.law_gaps()
            check(not gaps, f"the law does not hold under traffic: {gaps}")

    world.users.drop(inside_jid)
    world.lab.start_again(server)
    inside = world.user(inside_jid)
    # A gateway that is not dialled comes when it has something to say; till then bob's stream may be
    # held back, for what waits in the pair's queue.
    inside.ping(bob.full_jid, 30)
    wait_until(lambda: accepted(world, before) >= COUNT, "all stanzas to be accepted", 30)
    wait_until(lambda: world.relay.law()["held"] == 0, "nothing to be held", 60)
    law = world.relay.law()
    check(not world.relay.law_gaps(), f"{world.relay.law_gaps()}")
    lost = law["dropped"] - before["dropped"]
    check(lost == 0, f"{lost} stanzas dropped without an error to their sender: {world.relay.drops()}")
    return inside, bob


def accepted(world, before):
    return world.relay.law()["accepted"] - before["accepted"]


@case("restart")
def reverse_leg_gateway_killed(world):
    world.comes_back(*killed_under_traffic(world, "proseware", "paula@proseware.example"))


@case("restart")
def bidi_gateway_killed(world):
    world.comes_back(*killed_under_traffic(world, "contoso", "alice@contoso.example"))


@case("restart")
def partner_killed(world):
    """The partner's server dies while alice writes to it; alice gets errors or bob gets messages."""
    alice, bob = world.user("alice@contoso.example"), world.user("bob@fabrikam.example")
    alice.ping(bob.full_jid)
    before = world.relay.law()
    world.lab.rundir.end("fabrikam", signal.SIGKILL)
    for i in range(200):
        alice.say(bob.full_jid, f"p {i}", f"p-{i}")
    wait_until(lambda: accepted(world, before) >= 200, "all stanzas to be accepted", 30)
    wait_until(lambda: world.relay.law()["held"] == 0, "nothing to be held", 60)
    law = world.relay.law()
    bounced = law["bounced"] - before["bounced"]
    check(bounced > 0 and law["dropped"] == before["dropped"], f"{before} {law}")
    for _ in range(bounced):
        alice.expect(lambda s: s.name == "message" and s.get("type") == "error", 10, "an error")
    for domain in ("fabrikam.example", "woodgrove.example"):
        world.users.drop(f"bob@{domain}")
    world.lab.start_again("fabrikam")
    world.comes_back(alice, world.user("bob@fabrikam.example"))


@case("restart")
def relay_reload_touches_no_stream(world):
    """sluicectl reload: the same streams live on."""
    world.good_pair()
    before = {r["id"] for r in world.relay.streams()}
    world.relay.ctl("reload")
    world.good_pair()
    after = {r["id"] for r in world.relay.streams()}
    check(before <= after, f"streams gone by reload: {before - after}")
