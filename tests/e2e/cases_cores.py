# SPDX-License-Identifier: BSD-3-Clause
"""Several poll cores: the relay with cores="2" between the same servers, with one queue a port and with two."""

import contextlib

from cases_federation import WAYS, both_ways, passes
from cases_restart import killed_under_traffic
from harness import case, check, wait_until

ORDERED = 400


@contextlib.contextmanager
def cores(world, count, queues):
    """In this block the relay has @count cores, and each of its links @queues queues."""

    def restart(count, queues):
        world.users.close()
        code = world.relay.stop()
        check(code == 0, f"the relay ended with {code}")
        world.lab.network.spread("edge", queues)
        world.relay.size.update(cores=count, memory_mb=512 * count)
        world.relay.start()
        world.log_seen = len(world.log())

    restart(count, queues)
    try:
        yield
    finally:
        world.settled()
        restart(1, 1)


def crossed(world, what):
    return sum(row[f"{what}_crossed"] for row in world.relay.show("status")["cores"])


def streams_of(world, leg):
    return {row["core"] for row in world.relay.streams(leg=leg)}


def in_order(world, sender, receiver):
    """Of a burst each message arrives once, in the order in which it was sent."""
    receiver.forget()
    for i in range(ORDERED):
        sender.say(receiver.full_jid, f"o {i}", f"o-{i}")
    for i in range(ORDERED):
        stanza = receiver.expect(lambda s: s.name == "message", 20, f"message {i}")
        check(stanza.get("id") == f"o-{i}", f"{stanza.get('id')} came where o-{i} was due")


def everybody_talks(world):
    """All makes and methods, all kinds of gateway; then order, and the law in the sum and per core."""
    for _, partner, method in WAYS:
        both_ways("alice@contoso.example", partner, method)(world)
    bob = world.user("bob@fabrikam.example")
    for jid in ("paula@proseware.example", "tom@trey.example", "nora@northwind.example"):
        passes(world.user(jid), bob, "out")
        passes(bob, world.user(jid), "in")
    alice = world.user("alice@contoso.example")
    in_order(world, alice, bob)
    in_order(world, bob, alice)
    check(streams_of(world, "edge") == {0, 1}, f"edge streams live on {streams_of(world, 'edge')}")
    check(crossed(world, "stanzas") > 0, "no stanza has crossed")
    wait_until(lambda: not world.relay.law_gaps(), f"the law: {world.relay.law_gaps()}", 10)


def steering(world):
    return {(r["steering"], r["queues"]) for r in world.relay.show("status")["interfaces"]}


@case("cores")
def two_cores_and_one_queue(world):
    """The second core has no queue: it receives and sends by the first."""
    with cores(world, 2, 1):
        check(steering(world) == {("software", 1)}, f"{steering(world)}")
        everybody_talks(world)
        check(crossed(world, "frames") > 0, "no frame has crossed")


@case("cores")
def two_cores_and_two_queues(world):
    """The kernel spreads flows by a hash of its own: what lands on the wrong core is passed on."""
    with cores(world, 2, 2):
        check(steering(world) == {("software", 2)}, f"{steering(world)}")
        everybody_talks(world)
        check(crossed(world, "frames") > 0, "no frame has crossed")


@case("cores")
def gateway_killed_under_traffic(world):
    """A gateway's stream dies, and may come back on the other core."""
    with cores(world, 2, 1):
        world.comes_back(*killed_under_traffic(world, "contoso", "alice@contoso.example"))
        world.comes_back(*killed_under_traffic(world, "proseware", "paula@proseware.example"))
        check(world.relay.drops()["stanza_unrecoverable"] == 0, f"{world.relay.drops()}")


@case("cores")
def reload_with_two_cores(world):
    """Each core takes over the new routes."""
    with cores(world, 2, 1):
        world.good_pair()
        world.reload()
        world.good_pair()
