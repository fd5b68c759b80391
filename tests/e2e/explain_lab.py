# SPDX-License-Identifier: BSD-3-Clause
"""explain_lab: five partners, each broken in a way of its own, spoken by hand from the hostile host.

A peer is a server of one domain: it lets the relay in by EXTERNAL or dialback, and answers a ping,
as servers do, on a stream of its own to the edge.
"""

import contextlib
import dataclasses
import hashlib
import hmac
import itertools
import re
import socket
import threading

from labkit import netns, s2s
from labkit.cast import Cast, Gateway, Partner
from labkit.state import LabError

LOCAL = "contoso.example"
HOST = "xmpp.peers.example"
POOL_SECRET = "the secret of the other edge of the pool"
DIALBACK = "jabber:server:dialback"
NUMBER = itertools.count(1)

NO_SRV, EXPIRED, OTHER_NAME, NO_TLS, OTHER_SECRET = (
    "adatum.example", "coho.example", "graphic.example", "margies.example", "blueyonder.example"
)  # fmt: skip
PORTS = {NO_SRV: 5311, EXPIRED: 5312, OTHER_NAME: 5313, NO_TLS: 5314, OTHER_SECRET: 5315}
SHUT_PORT = 5319
PARTNERS = [
    *(Partner(d, "sasl-external") for d in (NO_SRV, EXPIRED, OTHER_NAME, NO_TLS)),
    Partner(OTHER_SECRET, "dialback-tls", sasl="Optional", dialback=True),
]


def srv(domain, port):
    return f"--srv-host=_xmpp-server._tcp.{domain},{HOST},{port},0,5"


def records(missing=(NO_SRV,), shut=()):
    """What the outside's DNS says; domains in @shut lead to a port where nobody listens."""
    return [f"--host-record={HOST},{netns.NETS['out']}66"] + [
        srv(d, SHUT_PORT if d in shut else port) for d, port in PORTS.items() if d not in missing
    ]


def extend(cast):
    return dataclasses.replace(
        cast, more_partners=cast.more_partners + PARTNERS, records=cast.records + records()
    )


def small():
    """These partners alone, and a gateway that nobody runs."""
    return extend(Cast([], [], [Gateway("contoso", [LOCAL], "gw.contoso.example",
                                        f"{netns.NETS['in']}21")]))  # fmt: skip


def issue(lab):
    """Each peer's good certificate, and the two bad ones."""
    for domain in PORTS:
        lab.outside.issue(f"explain-{domain}", [domain])
    lab.outside.issue("explain-expired", [EXPIRED], expired=True)
    lab.outside.issue("explain-other-name", ["www.graphic.example"])


def publish(lab, **how):
    """The outside's DNS is started again with other records."""
    others = [r for r in lab.cast.records if r not in records()]
    lab.names_outside(others + records(**how))


def key(secret, receiving, originating, stream_id):
    """XEP-0185."""
    k = hashlib.sha256(secret.encode()).hexdigest().encode()
    return hmac.new(k, f"{receiving} {originating} {stream_id}".encode(), "sha256").hexdigest()


class Peer:
    """The server of @domain."""

    def __init__(self, lab, domain, edge, certificate=None, tls=True, secret=None):
        self.lab, self.domain, self.edge = lab, domain, edge
        self.certificate = certificate or f"explain-{domain}"
        self.tls, self.secret = tls, secret  # secret: by which it finds a dialback key good
        self.refuses = False  # EXTERNAL, though it has offered it
        self.streams = []
        with netns.inside(lab.network.name("stranger")):
            self.listener = socket.create_server(("", PORTS[domain]), backlog=16)
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def pki(self, name, end):
        return self.lab.path("pki", f"{name}.{end}")

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        stream = s2s.Stream(None, None, None, timeout=20, sock=sock)
        self.streams.append(stream)
        with contextlib.suppress(LabError, OSError, KeyError), stream:
            self.talk(stream)

    def greet(self, stream, features):
        """Returns the id of this peer's stream."""
        ident = f"{self.domain.split('.')[0]}-{next(NUMBER)}"
        found = stream.wait(lambda: stream.splitter.header)
        stream.send(
            s2s.header(found["from"], self.domain).replace(" from=", f" id='{ident}' from=")
            + f"<stream:features>{features}</stream:features>"
        )
        return ident

    def secure(self, stream):
        stream.element(b"<starttls")
        stream.send(f"<proceed xmlns='{s2s.TLS_NS}'/>")
        tls = s2s.server_context(self.lab.outside.certificate,
                                 self.pki(self.certificate, "crt"),
                                 self.pki(self.certificate, "key"))  # fmt: skip
        stream.sock.settimeout(stream.timeout)
        stream.sock = tls.wrap_socket(stream.sock, server_side=True)
        stream.restart()

    def talk(self, stream):
        dialback = "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>"
        if self.tls:
            self.greet(stream, f"<starttls xmlns='{s2s.TLS_NS}'><required/></starttls>")
            self.secure(stream)
        if self.secret or not self.tls:
            self.by_dialback(stream, self.greet(stream, dialback))
        else:
            self.by_external(stream)
        while True:
            self.answer(stream.element(b"<iq", 20))

    def by_external(self, stream):
        self.greet(stream, f"<mechanisms xmlns='{s2s.SASL_NS}'><mechanism>EXTERNAL</mechanism>"
                           "</mechanisms>")  # fmt: skip
        stream.element(b"<auth")
        if self.refuses:
            stream.send(f"<failure xmlns='{s2s.SASL_NS}'><not-authorized/></failure>")
            raise LabError("refused")
        stream.send(f"<success xmlns='{s2s.SASL_NS}'/>")
        stream.restart()
        self.greet(stream, "")

    def by_dialback(self, stream, ident):
        """As if the edge that LOCAL's SRV names had been asked: it knows its own secret alone."""
        asked = stream.element(b"<db:result").decode()
        said = re.search(r">([^<]*)<", asked)[1].strip()
        good = self.secret and said == key(self.secret, self.domain, LOCAL, ident)
        stream.send(f"<db:result xmlns:db='{DIALBACK}' from='{self.domain}' to='{LOCAL}' "
                    f"type='{'valid' if good else 'invalid'}'/>")  # fmt: skip

    def answer(self, iq):
        """On a stream of this server's own."""
        ident = re.search(rb"id='(sluice-probe-\d+)'", iq)
        tls = s2s.context(self.lab.outside.certificate, self.pki(f"explain-{self.domain}", "crt"),
                          self.pki(f"explain-{self.domain}", "key"))  # fmt: skip
        if ident:
            back = s2s.established(self.lab, "stranger", self.edge, LOCAL, self.domain, tls)
            self.streams.append(back)
            back.send(f"<iq type='result' from='{self.domain}' to='{LOCAL}' "
                      f"id='{ident[1].decode()}'/>")  # fmt: skip

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # who waits in accept() holds it open
        self.thread.join(5)
        self.listener.close()
        for stream in self.streams:
            with contextlib.suppress(OSError):
                stream.close()


def peers(lab, edge):
    """All five, broken where it is the peer that is."""
    made = {
        NO_SRV: Peer(lab, NO_SRV, edge),
        EXPIRED: Peer(lab, EXPIRED, edge, certificate="explain-expired"),
        OTHER_NAME: Peer(lab, OTHER_NAME, edge, certificate="explain-other-name"),
        NO_TLS: Peer(lab, NO_TLS, edge, tls=False),
        OTHER_SECRET: Peer(lab, OTHER_SECRET, edge, secret=POOL_SECRET),
    }
    return made


@contextlib.contextmanager
def five(lab, edge):
    made = peers(lab, edge)
    try:
        yield made
    finally:
        for peer in made.values():
            peer.close()
