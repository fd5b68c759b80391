# SPDX-License-Identifier: BSD-3-Clause
"""Policy: where the relay dials, what it limits, and how long it waits.

Partners of these cases are spoken by hand; policy_lab.py says where their names lead.
"""

import contextlib
import time

from harness import case, check, s2s, wait_until
from policy_lab import DIRECT
from policy_peers import (
    LOCAL, bounces, door, gateway, gets, reaches, refused_at_the_limit, silence, speaks, writes,
)  # fmt: skip

PARTNER_NS = "urn:sluice:partner:0"


@case("policy")
def silence_begins(world):
    """Five streams that go quiet; `silence_is_judged` says what became of them."""
    check(silence(world).began, "not begun")


@case("policy")
def no_service_and_no_name(world):
    for domain in ("noservice.example", "nodns.example"):
        with gateway(world, domain) as inside, world.drops("dns_failed"):
            bounces(inside, domain, "remote-server-not-found", 1)


@case("policy")
def refused_connections_and_back_off(world):
    """Both targets are tried; for a second nobody is dialled, then both are again."""

    def dials():
        return world.relay.drops()["dial_failed"]

    with gateway(world, "closed.example") as inside:
        before = dials()
        bounces(inside, "closed.example", "remote-server-timeout", 2)
        failed = time.monotonic()
        check(dials() - before == 2, f"{dials() - before} dials for two targets")
        bounces(inside, "closed.example", "remote-server-timeout", 0.5)
        check(dials() - before == 2, "dialled during back-off")
        while dials() - before == 2:
            bounces(inside, "closed.example", "remote-server-timeout", 2)
            waited = time.monotonic() - failed
            check(waited < 4, "not dialled again")
        check(waited >= 0.9, f"dialled again after {waited:.2f} s")


@case("policy")
def second_target(world):
    with door(world) as at, gateway(world, "second.example") as inside, world.drops("dial_failed"):
        reaches(world, inside, "second.example", at)


@case("policy")
def proxy_fqdn(world):
    """The domain's SRV leads nowhere: its ProxyFqdn is what is dialled, and without it nothing is."""
    with door(world) as at, gateway(world, "proxied.example") as inside:
        reaches(world, inside, "proxied.example", at)
        with world.reloaded(change={"proxied.example": {"more": {}}}), world.drops("dial_failed"):
            bounces(inside, "proxied.example", "remote-server-timeout", 2)
        reaches(world, inside, "proxied.example", at)


@case("policy")
def dials_direct_tls(world):
    """XEP-0368: by _xmpps-server, with SNI of the domain and ALPN."""
    with door(world, DIRECT) as at, gateway(world, "direct.example") as inside:
        names = []
        at.tls.sni_callback = lambda _sock, name, _ctx: names.append(name)
        ident = writes(inside, "direct.example")
        with at.serve(direct_tls=True) as served:
            gets(served, ident)
            check(names == ["direct.example"], f"SNI {names}")
            alpn = served.sock.selected_alpn_protocol()
            check(alpn == "xmpp-server", f"ALPN {alpn}")


@case("policy")
def takes_direct_tls(world):
    """XEP-0368 into 5269: with the right ALPN, without one, with one it does not know."""
    for offered, chosen in ((["xmpp-server"], "xmpp-server"), ([], None), (["h2"], None)):
        with world.stranger() as stream, gateway(world, "open.example") as inside:
            tls = world.tls("policy")
            if offered:
                tls.set_alpn_protocols(offered)
            stream.secure(tls, LOCAL)
            alpn = stream.sock.selected_alpn_protocol()
            check(alpn == chosen, f"ALPN {alpn} of {offered}")
            stream.open(LOCAL, "open.example")
            features = stream.features()
            check(b"EXTERNAL" in features and b"starttls" not in features, f"{features!r}")
            stream.external("open.example")
            stream.open(LOCAL, "open.example")
            stream.features()
            stream.send(f"<message from='m@open.example' to='alice@{LOCAL}/x' id='direct'/>")
            gets(inside, "direct")


def type_of(header):
    return header.get(f"{PARTNER_NS} type")


@case("policy")
def partner_type(world):
    """PartnerType is on the header inside, as configured; never outside, whatever a partner writes."""
    with gateway(world, "direct.example") as inside, door(world, DIRECT) as at:
        check(type_of(inside.seen) == "PublicVerified", f"{inside.seen}")
        ident = writes(inside, "direct.example")
        with at.serve(direct_tls=True) as served:
            gets(served, ident)
            check(at.headers and not any(type_of(h) for h in at.headers), f"{at.headers}")
    forged = f" xmlns:partner='{PARTNER_NS}' partner:type='Federated' "
    with world.stranger() as stream:
        stream.secure(world.tls("policy"), LOCAL)
        for step in (lambda: stream.external("direct.example"), lambda: None):
            stream.restart()
            stream.send(s2s.header(LOCAL, "direct.example").replace(" from=", forged + "from="))
            seen = stream.wait(lambda: stream.splitter.header)
            check(type_of(seen) is None, f"{seen}")
            stream.features()
            step()
        stream.send(f"<message from='m@direct.example' to='alice@{LOCAL}/x' id='forged' "
                    "partner:type='Federated'><body/></message>")  # fmt: skip
        with gateway(world, "direct.example") as inside:  # the message has waited for it
            check(type_of(inside.seen) == "PublicVerified", f"{inside.seen}")
            gets(inside, "forged")
    with world.reloaded(change={"direct.example": {"partner_type": "Federated"}}):
        with gateway(world, "direct.example") as inside:
            check(type_of(inside.seen) == "Federated", f"{inside.seen}")


@case("policy")
def connection_limit_of_a_partner(world):
    """ConnectionLimit 2: both directions count, and a place that is free again is used."""
    with gateway(world, "small.example") as inside, door(world) as at:
        with speaks(world, "small.example") as one:
            with speaks(world, "small.example"):
                refused_at_the_limit(world, "small.example")
                with world.drops("stream_limit"):
                    bounces(inside, "small.example", "resource-constraint", 1)
            wait_until(lambda: len(world.relay.streams(leg="edge", remote="small.example")) == 1,
                       "one stream to go", 8)  # fmt: skip
            ident = writes(inside, "small.example")
            with at.serve() as served:
                gets(served, ident)
                refused_at_the_limit(world, "small.example")
            one.send(f"<message from='m@small.example' to='alice@{LOCAL}/x' id='alive'/>")
            gets(inside, "alive")


@case("policy")
def partner_connection_limit(world):
    """PartnerConnectionLimit holds for a partner that has none of its own."""
    with world.reloaded(PartnerConnectionLimit=1), speaks(world, "open.example"):
        refused_at_the_limit(world, "open.example")
        with speaks(world, "small.example"), speaks(world, "small.example"):
            pass


@case("policy")
def connection_limit(world):
    """ConnectionLimit: what is beyond is refused without XML, and nobody is dialled."""
    with gateway(world, "open.example") as inside:
        now = len(world.relay.streams(leg="edge"))
        with world.reloaded(ConnectionLimit=now + 1, PartnerConnectionLimit=now + 1):
            with world.stranger() as last:
                last.open(LOCAL, "open.example")
                with world.drops("stream_limit"), contextlib.suppress(ConnectionError):
                    with world.stranger() as beyond:  # the reset may come this early
                        beyond.send(s2s.header(LOCAL, "open.example"))
                        ended = beyond.end()
                        check(ended.condition is None and not beyond.splitter.header, f"{ended}")
                check("ConnectionLimit" in str(world.relay.denied()[0]), "not in show denied")
                with world.drops("stream_limit"):
                    bounces(inside, "open.example", "resource-constraint", 1)
                last.features()
    world.good_pair()


@case("policy")
def establishment_timeout(world):
    """Within a TLS handshake, after it, and of a partner that is dialled and says nothing."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(world.reloaded(StreamEstablishmentTimeout=2))
        stack.enter_context(world.drops("stream_timeout", 3))
        at = stack.enter_context(door(world))
        inside = stack.enter_context(gateway(world, "open.example"))
        began = time.monotonic()
        within = stack.enter_context(world.stranger())
        within.open(LOCAL, "open.example")
        within.features()
        within.send(f"<starttls xmlns='{s2s.TLS_NS}'/>")
        within.element(b"<proceed")
        within.send(b"\x16\x03\x01\x01\x00\x01\x00")
        after = stack.enter_context(world.stranger())
        after.secure(world.tls("policy"), LOCAL)
        ident = writes(inside, "open.example")
        silent = stack.enter_context(at.accept())
        ended = within.end()
        check(ended.condition is None, f"{ended}")
        ended = after.end()
        check(ended.condition == "connection-timeout", f"{ended}")
        answer = gets(inside, ident)
        check(b"remote-server-timeout" in answer, f"{answer!r}")
        ended = silent.end()
        check(ended.condition == "connection-timeout", f"{ended}")
        took = time.monotonic() - began
        check(1.9 <= took < 5, f"after {took:.1f} s")


@case("policy")
def max_stanza_bytes(world):
    """MaxStanzaBytes is announced (XEP-0478) and kept, from the next stream on."""
    stanza = f"<message from='m@open.example' to='alice@{LOCAL}/x' id='{{}}'><body>{{}}</body></message>"
    with world.reloaded(MaxStanzaBytes=20000), gateway(world, "open.example") as inside:
        with world.stranger() as stream:
            stream.secure(world.tls("policy"), LOCAL)
            stream.open(LOCAL, "open.example")
            stream.features()
            stream.external("open.example")
            stream.open(LOCAL, "open.example")
            features = stream.features()
            for limit in (b"<max-bytes>20000<", b"<idle-seconds>600<", b"urn:xmpp:stream-limits:0"):
                check(limit in features, f"{limit} is not in {features!r}")
            stream.send(stanza.format("fits", "x" * 19000))
            gets(inside, "fits")
            with world.drops("xml_too_big"):
                stream.send(stanza.format("big", "x" * 20000))
                ended = stream.end()
                check(ended.condition == "policy-violation", f"{ended}")
