# SPDX-License-Identifier: BSD-3-Clause
"""Hostile peers on 5269: each gets the right error, moves the right counter, and disturbs nobody."""

import socket
import ssl
import threading
import time

from harness import ESTABLISHMENT_S, World, case, check, s2s

MESSAGE = "<message from='{sender}' to='{to}'><body>x</body></message>"
OK = {"sender": "m@mallet.example", "to": "alice@contoso.example"}


def ends_with(stream, *conditions, timeout=10):
    ended = stream.end(timeout)
    check(ended.condition in conditions, f"{ended}, expected {' or '.join(conditions)}")


def authenticated_sends(world, data, drop, *conditions):
    """A good partner turned bad: @data after authentication."""
    with world.drops(drop), world.mallet() as stream:
        try:
            stream.send(data)
        except OSError:
            pass  # the relay may have closed before it read all; what it said is still there
        ends_with(stream, *conditions)
    world.good_pair()


def fresh_sends(world, data, drop, *conditions, header=True):
    """@data in the clear, before anything is negotiated."""
    with world.drops(drop), world.stranger() as stream:
        if header:
            stream.open("contoso.example", "mallet.example")
            stream.features()
        try:
            stream.send(data)
        except OSError:
            pass
        ends_with(stream, *conditions)
    world.good_pair()


@case("hostile")
def unlisted_partner(world):
    with world.drops("stream_not_allowed"), world.stranger() as stream:
        stream.send(s2s.header("contoso.example", "unlisted.example"))
        ends_with(stream, "policy-violation", "not-authorized")
    check(any("unlisted.example" in str(d) for d in world.relay.denied()), "not in show denied")
    world.good_pair()


@case("hostile")
def unknown_target(world):
    fresh_sends(world, s2s.header("nowhere.example", "mallet.example"), "stream_host_unknown",
                "host-unknown", header=False)  # fmt: skip


@case("hostile")
def wrong_stream_namespace(world):
    fresh_sends(world, s2s.header("contoso.example", "mallet.example", content="jabber:client"),
                "stream_namespace", "invalid-namespace", header=False)  # fmt: skip


@case("hostile")
def no_xml_at_all(world):
    fresh_sends(world, "GET / HTTP/1.1\r\nHost: contoso.example\r\n\r\n", "xml_bad_format",
                "not-well-formed", "bad-format", header=False)  # fmt: skip


@case("hostile")
def from_not_authenticated(world):
    authenticated_sends(world, MESSAGE.format(**{**OK, "sender": "bob@fabrikam.example"}),
                        "stanza_invalid_from", "invalid-from")  # fmt: skip


@case("hostile")
def from_missing(world):
    authenticated_sends(world, "<message to='alice@contoso.example'><body>x</body></message>",
                        "stanza_no_address", "improper-addressing")  # fmt: skip


@case("hostile")
def to_missing(world):
    authenticated_sends(world, "<message from='m@mallet.example'><body>x</body></message>",
                        "stanza_no_address", "improper-addressing")  # fmt: skip


@case("hostile")
def to_not_served(world):
    authenticated_sends(world, MESSAGE.format(**{**OK, "to": "x@nowhere.example"}),
                        "stanza_host_unknown", "host-unknown")  # fmt: skip


@case("hostile")
def malformed_xml(world):
    authenticated_sends(world, "<message from='m@mallet.example' to='alice@contoso.example'><a></b>",
                        "xml_not_well_formed", "not-well-formed")  # fmt: skip


@case("hostile")
def smuggled_footer(world):
    """A stanza cannot close the stream it will travel on."""
    authenticated_sends(
        world,
        "<message from='m@mallet.example' to='alice@contoso.example'></stream:stream><message/>",
        "xml_not_well_formed", "not-well-formed",
    )  # fmt: skip


def restricted(name, data, drop="xml_restricted", condition="restricted-xml"):
    def run(world):
        authenticated_sends(world, data, drop, condition)

    run.__name__ = f"restricted_xml_{name}"
    case("hostile")(run)


OPEN = "<message from='m@mallet.example' to='alice@contoso.example'><body>"
restricted("comment", OPEN + "<!-- x -->")
restricted("processing_instruction", OPEN + "<?php x ?>")
restricted("entity", OPEN + "&lol;")
restricted("doctype", "<!DOCTYPE a [<!ENTITY lol 'x'>]>")
restricted("not_utf8", OPEN.encode() + b"\xc0\xaf", "xml_encoding", "unsupported-encoding")


@case("hostile")
def oversize_before_authentication(world):
    fresh_sends(world, "<a b='" + "x" * 20_000, "xml_too_big", "policy-violation")


@case("hostile")
def oversize_after_authentication(world):
    """Over the 512 KiB cap: refused at the cap, not after the end."""
    authenticated_sends(world, OPEN + "x" * (600 * 1024), "xml_too_big", "policy-violation")


@case("hostile")
def deep_nesting(world):
    authenticated_sends(world, OPEN + "<a>" * 200, "xml_too_deep", "policy-violation",
                        "not-well-formed")  # fmt: skip


@case("hostile")
def stanza_before_authentication(world):
    fresh_sends(world, MESSAGE.format(**OK), "stanza_unauthenticated", "not-authorized")


@case("hostile")
def stanza_after_tls_before_authentication(world):
    with world.drops("stanza_unauthenticated"), world.stranger() as stream:
        stream.open("contoso.example", "mallet.example")
        stream.features()
        stream.starttls(world.tls("mallet"), "contoso.example")
        stream.open("contoso.example", "mallet.example")
        stream.features()
        stream.send(MESSAGE.format(**OK))
        ends_with(stream, "not-authorized")
    world.good_pair()


@case("hostile")
def bytes_behind_starttls(world):
    """What is pipelined in the clear behind <starttls/> must not be taken for the secured stream."""
    with world.drops("stream_smuggled"), world.stranger() as stream:
        stream.open("contoso.example", "mallet.example")
        stream.features()
        stream.send(
            f"<starttls xmlns='{s2s.TLS_NS}'/>" + s2s.header("contoso.example", "mallet.example")
        )
        ended = stream.end()
        check(not stream.elements or not stream.elements[-1].startswith(b"<stream:features"),
              "the smuggled header was answered")  # fmt: skip
        check(ended.condition is not None or ended.alert is None, f"{ended}")
    world.good_pair()


@case("hostile")
def no_starttls_where_required(world):
    """Dialback in the clear by a partner whose TLS is required."""
    key = "<db:result from='mallory.example' to='contoso.example'>00</db:result>"
    with world.drops("stream_tls_required"), world.stranger() as stream:
        stream.open("contoso.example", "mallory.example")
        stream.features()
        stream.send(key)
        ends_with(stream, "policy-violation")
    world.good_pair()


@case("hostile")
def certificate_of_another_partner(world):
    """mallet's certificate, fabrikam's name, and fabrikam has no other way in: refused at the header."""
    with world.drops("stream_no_method"), world.stranger() as stream:
        stream.open("contoso.example", "fabrikam.example")
        stream.features()
        stream.starttls(world.tls("mallet"), "contoso.example")
        try:
            stream.open("contoso.example", "fabrikam.example")
            stream.end()
            raise AssertionError("the stream lives on")
        except s2s.Ended as e:
            check(e.condition == "not-authorized", f"{e}")
    world.good_pair()


@case("hostile")
def external_that_was_not_offered(world):
    """mallet's certificate, woodgrove's name, which may come by dialback: EXTERNAL is refused when tried."""
    with world.drops("sasl_failed"), world.stranger() as stream:
        stream.open("contoso.example", "woodgrove.example")
        stream.features()
        stream.starttls(world.tls("mallet"), "contoso.example")
        stream.open("contoso.example", "woodgrove.example")
        check(b"EXTERNAL" not in stream.features(), "EXTERNAL is offered")
        stream.send(f"<auth xmlns='{s2s.SASL_NS}' mechanism='EXTERNAL'>=</auth>")
        answer = stream.element()
        check(answer.startswith(b"<failure"), f"{answer!r}")
    world.good_pair()


def secured(world, certificate, sender):
    stream = world.stranger()
    stream.open("contoso.example", sender)
    stream.features()
    stream.starttls(world.tls(certificate), "contoso.example")
    stream.open("contoso.example", sender)
    stream.features()
    return stream


@case("hostile")
def wrong_dialback_key(world):
    """A made-up key for woodgrove: its own server is asked, and says invalid."""
    with world.drops("dialback_invalid"), secured(world, "mallet", "woodgrove.example") as stream:
        stream.send("<db:result from='woodgrove.example' to='contoso.example'>0123abcd</db:result>")
        answer = stream.element(b"<db:result")
        check(b"invalid" in answer, f"{answer!r}")
    world.good_pair()


@case("hostile")
def dialback_without_server(world):
    """A key of mallory's, whose server does not answer: an error, not a hang, no authentication."""
    with world.drops("dialback_unreachable"), secured(world, "mallet", "mallory.example") as stream:
        stream.send("<db:result from='mallory.example' to='contoso.example'>0123abcd</db:result>")
        answer = stream.element(b"<db:result", ESTABLISHMENT_S + 5)
        check(b"error" in answer, f"{answer!r}")
    world.good_pair()


def unsolicited(world, element):
    """An answer nobody asked for is dropped, and authorises nothing."""
    with world.drops("dialback_unsolicited"), secured(world, "mallory", "mallory.example") as stream:
        stream.send(element)
        with world.drops("stanza_unauthenticated"):
            stream.send(MESSAGE.format(sender="m@mallory.example", to="alice@contoso.example"))
            stream.end()
    world.good_pair()


@case("hostile")
def unsolicited_db_result(world):
    unsolicited(world, "<db:result from='contoso.example' to='mallory.example' type='valid'/>")


@case("hostile")
def unsolicited_db_verify(world):
    unsolicited(
        world, "<db:verify from='contoso.example' to='mallory.example' id='1' type='valid'/>"
    )


@case("hostile")
def verify_of_a_key_never_sent(world):
    """As authoritative server for contoso: a key that is not ours is invalid."""
    with secured(world, "mallory", "mallory.example") as stream:
        stream.send(
            "<db:verify from='mallory.example' to='contoso.example' id='never'>0123abcd</db:verify>"
        )
        answer = stream.element(b"<db:verify")
        check(b"type='invalid'" in answer or b'type="invalid"' in answer, f"{answer!r}")
        check(b"never" in answer, f"the id is not copied: {answer!r}")
    world.good_pair()


@case("hostile")
def one_byte_a_second(world):
    """Never finishes its header: closed when the establishment timeout is over, not before."""
    began = time.monotonic()
    with world.drops("stream_timeout"), world.stranger() as stream:
        stop = threading.Event()

        def drip():
            for byte in s2s.header("contoso.example", "mallet.example").encode():
                if stop.wait(1.0):
                    return
                try:
                    stream.send(bytes([byte]))
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            ended = stream.end(ESTABLISHMENT_S + 6)
        finally:
            stop.set()
            dripping.join()
        check(ended.condition == "connection-timeout", f"{ended}")
    took = time.monotonic() - began
    check(ESTABLISHMENT_S - 1 <= took <= ESTABLISHMENT_S + 4, f"closed after {took:.1f} s")
    world.good_pair()


@case("hostile")
def garbage_for_tls(world):
    with world.drops("tls_handshake"), world.stranger() as stream:
        stream.open("contoso.example", "mallet.example")
        stream.features()
        stream.send(f"<starttls xmlns='{s2s.TLS_NS}'/>")
        stream.element(b"<proceed")
        stream.restart()
        stream.send(b"\x16\x03\x01\x00\x20" + b"\xff" * 64)
        stream.sock.settimeout(5)
        data = stream.sock.recv(100)
        check(data == b"" or data[0] == 0x15, f"neither an alert nor the end: {data!r}")
    world.good_pair()


@case("hostile")
def record_that_does_not_authenticate(world):
    """One flipped bit in a record behind authentication: a fatal alert, nothing of it is read."""
    with world.drops("tls_bad_mac"):
        stream = world.mallet()
        raw = stream.sock.detach()
        plain = socket.socket(fileno=raw)
        plain.settimeout(5)
        plain.sendall(b"\x17\x03\x03\x00\x20" + b"\x55" * 32)
        data = plain.recv(100)
        check(data == b"" or data[0] in (0x15, 0x17), f"{data!r}")
        while data:
            data = plain.recv(1000)
        plain.close()
    world.good_pair()


@case("hostile")
def five_hundred_half_open(world):
    """500 connections that never speak, of nine addresses: good pairs pass, and all are gone after the timeout."""
    sources = [f"192.0.2.{n}" for n in range(200, 209)]
    world.lab.network.shell("stranger", "device=$(ip -o -4 addr show | awk '/192[.]0[.]2[.]/ { print $2; exit }');"
                            + "".join(f"ip addr add {a}/24 dev $device;" for a in sources))  # fmt: skip
    streams = []
    try:
        for n in range(500):
            source = sources[n % len(sources)]
            streams.append(s2s.Stream(world.lab, "stranger", World.EDGE, source=source))
        world.good_pair()
        deadline = time.monotonic() + ESTABLISHMENT_S + 8
        for stream in streams:
            stream.end(max(0.1, deadline - time.monotonic()))
    finally:
        for stream in streams:
            stream.close()
    world.good_pair()


@case("hostile")
def half_open_of_one_source(world):
    """Connections that never speak: one address has 64 at most, and all are gone after the timeout."""
    streams = []
    try:
        with world.drops("tcp_source_limit"):
            for _ in range(65):
                try:
                    streams.append(s2s.Stream(world.lab, "stranger", World.EDGE, timeout=2))
                except TimeoutError:
                    break
        check(48 <= len(streams) <= 64, f"{len(streams)} connections of one address")
        world.good_pair()
        deadline = time.monotonic() + ESTABLISHMENT_S + 8
        for stream in streams:
            stream.end(max(0.1, deadline - time.monotonic()))
    finally:
        for stream in streams:
            stream.close()
    world.good_pair()


@case("hostile")
def closed_port(world):
    """Only 5269 is open outside and 23456 inside (R1, R3): the rest is dropped and counted."""
    with world.drops("port_closed"):
        for namespace, address, port in (
            ("stranger", World.EDGE, 23456),
            ("insider", World.INTERNAL, 5269),
            ("stranger", World.EDGE, 22),
        ):
            try:
                s2s.Stream(world.lab, namespace, address, port, timeout=0.5).close()
                raise AssertionError(f"{address}:{port} is open")
            except (TimeoutError, ConnectionError, ssl.SSLError):
                pass
    world.good_pair()
