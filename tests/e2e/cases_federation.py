# SPDX-License-Identifier: BSD-3-Clause
"""Federation: each make of partner, each way of authentication, both directions, both kinds of gateway."""

import time

from harness import case, check, wait_until

# partner user, method that must be seen, for each make
WAYS = [
    ("prosody", "bob@fabrikam.example", "sasl-external"),
    ("prosody", "bob@woodgrove.example", "dialback-tls"),
    ("prosody", "dave@litware.example", "dialback-plain"),
    ("ejabberd", "carol@tailspin.example", "sasl-external"),
    ("ejabberd", "carol@adventure.example", "dialback-tls"),
    ("ejabberd", "carol@wingtip.example", "dialback-plain"),
]


def domain_of(jid):
    return jid.partition("@")[2]


def edge_streams(world, domain, direction):
    return world.relay.streams(leg="edge", remote=domain, direction=direction)


def check_stream(world, jid, direction, method):
    """The live edge streams of @direction with the partner are authenticated by @method, under TLS or not."""
    rows = edge_streams(world, domain_of(jid), direction)
    check(rows, f"no stream {direction} with {domain_of(jid)}")
    methods = {r["method"] for r in rows if r["method"]}
    check(methods == {method}, f"{domain_of(jid)} {direction}: {methods}, not {method}")
    secure = {bool(r["tls"]) for r in rows}
    check(secure == {method != "dialback-plain"}, f"TLS of {rows}")


def passes(sender, receiver, text):
    """A message passes; what is delivered is what was sent."""
    sender.say(receiver.full_jid, text)
    stanza = receiver.expect_body(text)
    check(stanza.get("from") == sender.full_jid, f"from is {stanza.get('from')}")
    check(stanza.get("to") == receiver.full_jid, f"to is {stanza.get('to')}")
    return stanza


def both_ways(inside_jid, partner_jid, method):
    def run(world):
        """Outbound first: that is what opens a bidi gateway's pair."""
        inside, partner = world.user(inside_jid), world.user(partner_jid)
        before = world.relay.law()
        passes(inside, partner, f"out by {method}")
        check_stream(world, partner_jid, "out", method)
        passes(partner, inside, f"in by {method}")
        check_stream(world, partner_jid, "in", method)
        check(inside.ping(partner.full_jid) < 10, "ping out")
        check(partner.ping(inside.full_jid) < 10, "ping in")
        check(partner.ping(domain_of(inside_jid)) < 10, "ping of the domain")
        # Users have their answers before the TCP of the last receiver has acknowledged them.
        wait_until(lambda: world.relay.law()["delivered"] - before["delivered"] >= 8,
                   "eight stanzas to be delivered", 5)  # fmt: skip

    return run


@case("federation")
def cores_say_what_they_do(world):
    """What `show cores` counts moves by the work done, for people and programs."""
    bob, alice = world.user("bob@fabrikam.example"), world.user("alice@contoso.example")

    def sums():
        rows = world.relay.show("cores")["cores"]
        names = ("stanzas", "frames_in", "frames_out", "records_opened", "records_sealed", "busy_cycles")
        return {n: sum(r[n] for r in rows) for n in names}

    passes(alice, bob, "out first")
    before = sums()
    for i in range(10):
        passes(bob, alice, f"counted {i}")
    after = sums()
    for name in before:
        check(after[name] - before[name] >= 10, f"{name}: {before[name]}, then {after[name]}")
    for row in world.relay.show("cores")["cores"]:
        check(row["cycles_per_stanza"] > row["cycles_per_frame"] / 10 > 0, f"{row}")
        check(row["frames_per_burst"] >= 1, f"{row}")
        check(0 < row["pool_used"] < row["pool_mbufs"], f"{row}")
    wait_until(lambda: all(r["recent_busy_percent"] is not None and r["recent_busy_percent"] <= 100
                           for r in world.relay.show("cores")["cores"]), "a second of each core", 5)  # fmt: skip
    table = world.relay.ctl("show cores").stdout
    check("CYCLES EACH" in table and "OPENED/SEALED" in table, table)


def declare_ways():
    for make, partner, method in WAYS:
        run = both_ways("alice@contoso.example", partner, method)
        run.__name__ = f"{make}_{method}"
        case("federation")(run)
    gateways = {
        "prosody_reverse_direct_tls": "paula@proseware.example",
        "prosody_reverse_starttls": "tom@trey.example",
        "ejabberd_reverse": "nora@northwind.example",
    }
    for name, inside in gateways.items():
        for make, partner in (("prosody", WAYS[0]), ("ejabberd", WAYS[3])):
            run = both_ways(inside, partner[1], partner[2])
            run.__name__ = f"gateway_{name}_{make}"
            case("federation")(run)


declare_ways()


@case("federation")
def prosody_gateway_uses_bidi(world):
    """Contoso's gateway is never dialled: its pairs are streams it opened, used both ways."""
    rows = world.relay.streams(leg="internal", local="contoso.example")
    check(rows, "no internal stream of contoso.example")
    check(all(r["direction"] == "in" and r["bidi"] for r in rows), f"{rows}")


@case("federation")
def two_partners_on_one_reverse_leg(world):
    """Two partner domains reach northwind; the relay dialled its gateway once."""
    nora = world.user("nora@northwind.example")
    bob, carol = world.user("bob@fabrikam.example"), world.user("carol@tailspin.example")
    passes(bob, nora, "first pair")
    passes(carol, nora, "second pair")
    rows = world.relay.streams(leg="internal", direction="out", gateway="northwind")
    check(len(rows) == 1, f"{len(rows)} reverse legs: {rows}")
    check(rows[0]["pairs"] >= 2, f"the reverse leg carries {rows[0]['pairs']} pairs")


@case("federation")
def markup_and_characters_as_sent(world):
    """Entities, quotes, beyond-BMP characters, foreign prefixes: the payload arrives unaltered."""
    bob, alice = world.user("bob@fabrikam.example"), world.user("alice@contoso.example")
    odd = "&lt;b&gt; &amp;amp; &quot;'\u00e9\u4e2d\U0001f600 ]]&gt;"
    extra = "<x:data xmlns:x='urn:example:odd' x:a='1&amp;2'><x:y/>\u00df</x:data>"
    bob.send(f"<message to='{alice.full_jid}' id='odd'><body>{odd}</body>{extra}</message>")
    stanza = alice.expect(lambda s: s.get("id") == "odd", 15, "odd message")
    check(stanza.body == "<b> &amp; \"'\u00e9\u4e2d\U0001f600 ]]>", f"body is {stanza.body!r}")
    data = stanza.tree.find("{urn:example:odd}data")
    check(data is not None and data.get("{urn:example:odd}a") == "1&2", f"{stanza.raw!r}")
    check(data.find("{urn:example:odd}y") is not None and data[0].tail == "\u00df", "child lost")


@case("federation")
def big_stanzas(world):
    """200 KB each way, Prosody and ejabberd."""
    alice = world.user("alice@contoso.example")
    big = "0123456789abcdef" * 12800
    for jid in ("bob@fabrikam.example", "carol@tailspin.example"):
        other = world.user(jid)
        passes(other, alice, f"{jid} {big}")
        passes(alice, other, f"{jid} {big}")


def numbered(to, numbers, tag):
    return "".join(
        f"<message to='{to}' type='chat' id='{tag}-{i}'><body>{tag} {i}</body></message>"
        for i in numbers
    )


def take_numbered(user, numbers, tag, end):
    """All messages of @numbers in order: none lost, none twice."""
    for i in numbers:
        stanza = user.expect(lambda s: s.name == "message", end - time.monotonic(), f"{tag} {i}")
        check(stanza.get("type") != "error", f"bounced at {i}: {stanza.error}")
        check(stanza.body == f"{tag} {i}", f"{tag}: got {stanza.body!r} where {i} was due")


@case("federation")
def ten_thousand_in_order(world):
    """10,000 messages in each direction at once, in order, none lost or doubled.

    Inward all at once: the relay holds the partner's stream back. Outward never more under way than
    the queue of a pair takes: behind its bound the relay bounces, however slow the partner's server
    is (design: one slow partner never stops the stream of a gateway).
    """
    count, batch, under_way = 10_000, 1_000, 2_000
    bob, alice = world.user("bob@fabrikam.example"), world.user("alice@contoso.example")
    before, end = world.relay.law(), time.monotonic() + 90
    bob.send(numbered(alice.full_jid, range(count), "in"))
    for first in range(0, count + under_way, batch):
        if first < count:
            alice.send(numbered(bob.full_jid, range(first, first + batch), "out"))
        if first >= under_way:
            take_numbered(bob, range(first - under_way, first - under_way + batch), "out", end)
    take_numbered(alice, range(count), "in", end)

    def all_counted():
        now = world.relay.law()
        return now["delivered"] - before["delivered"] >= 2 * count

    wait_until(all_counted, "all stanzas counted as delivered", 5)
    now = world.relay.law()
    check(now["delivered"] - before["delivered"] == 2 * count, f"{before} {now}")
    check(now["dropped"] == before["dropped"] and now["bounced"] == before["bounced"], "lost some")
