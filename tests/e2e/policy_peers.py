# SPDX-License-Identifier: BSD-3-Clause
"""policy_peers: partners and a gateway that are spoken by hand, and streams on which little is said."""

import contextlib
import itertools
import re
import threading
import time

from harness import check, s2s, wait_until
from policy_lab import OPEN

LOCAL = "contoso.example"
NUMBER = itertools.count(1)


def speaks(world, domain):
    """An authenticated stream of partner @domain to contoso."""
    return s2s.established(world.lab, "stranger", world.EDGE, LOCAL, domain, world.tls("policy"))


def door(world, port=OPEN, name="policy", family=4):
    ca = world.lab.outside.certificate
    tls = s2s.server_context(ca, world.pki(f"{name}.crt"), world.pki(f"{name}.key"))
    return s2s.Door(world.lab, "stranger", port, tls, family)


@contextlib.contextmanager
def gateway(world, partner):
    """contoso's gateway with a stream for @partner that goes both ways."""
    with world.insider() as stream:
        stream.secure(world.tls("gw-good", inside=True, verify=False), partner)
        stream.open(partner, LOCAL)
        stream.features()
        stream.send("<bidi xmlns='urn:xmpp:bidi'/>")
        stream.external(LOCAL)
        stream.seen = stream.open(partner, LOCAL)
        stream.features()
        yield stream


def writes(stream, partner, body="x"):
    """A message from contoso to @partner; its id."""
    ident = f"p{next(NUMBER)}"
    stream.send(f"<message from='alice@{LOCAL}/x' to='bob@{partner}' id='{ident}'>"
                f"<body>{body}</body></message>")  # fmt: skip
    return ident


def gets(stream, ident, timeout=10):
    """The message of that id."""
    end = time.monotonic() + timeout
    while True:
        element = stream.element(b"<message", max(0.01, end - time.monotonic()))
        if f"id='{ident}'".encode() in element:
            return element


def bounces(stream, partner, condition, within):
    """What is written to @partner comes back with @condition."""
    began = time.monotonic()
    answer = gets(stream, writes(stream, partner), within + 5)
    took = time.monotonic() - began
    check(b"error" in answer and condition.encode() in answer, f"{answer!r}, not {condition}")
    check(took <= within, f"{condition} after {took:.2f} s")


def reaches(world, stream, partner, at, **how):
    """A message to @partner makes the relay dial @at, and arrives there."""
    ident = writes(stream, partner)
    with at.serve(**how) as served:
        gets(served, ident)
    wait_until(lambda: not world.relay.streams(leg="edge", remote=partner), "its stream to go", 5)


def refused_at_the_limit(world, domain):
    """One more stream of @domain is authenticated and then refused."""
    with world.drops("stream_limit"):
        try:
            stream = speaks(world, domain)
            ended = stream.end()
            stream.close()
        except s2s.Ended as e:
            ended = e
        check(ended.condition == "resource-constraint", f"{ended}")
    denied = world.relay.denied()[0]
    check(denied["reason"] == "stream_limit" and denied["from"] == domain, f"{denied}")


class Silence:
    """Streams on which less is said than the relay expects. Begun by one case, judged by another: it
    takes as long as StreamInactivityTimeout and the grace for a ping, 12 s and 30 s."""

    def __init__(self, world):
        self.world = world
        self.said, self.ended, self.threads = {}, {}, []
        self.stop = threading.Event()
        with world.reloaded(KeepAliveInterval=10, StreamInactivityTimeout=12):
            self.began = time.monotonic()
            for domain in ("quiet.example", "live.example", "mute.example"):
                self.watch(f"{domain} in", speaks(world, domain))
            with door(world) as at:
                for domain in ("live.example", "busy.example"):
                    with gateway(world, domain) as inside:
                        writes(inside, domain)
                        self.watch(f"{domain} out", at.serve())
            world.relay.ctl("show status")
        self.spawn(self.busy)

    def spawn(self, function, *arguments):
        self.threads.append(threading.Thread(target=function, args=arguments, daemon=True))
        self.threads[-1].start()

    def watch(self, name, stream):
        self.said[name], stream.name = [], name
        if name == "live.example in":
            self.answering = stream
        self.spawn(self.listen, name, stream)

    def listen(self, name, stream):
        """Notes when what was said; pings of live.example are answered, all on its own stream."""
        stream.sock.settimeout(0.5)
        data = b"?"
        while data and not self.stop.is_set():
            try:
                data = stream.sock.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                data = b""
            self.said[name].append((time.monotonic() - self.began, data))
            ping = re.search(rb"id='(sluice-probe-\d+)'", data)
            if ping and name.startswith("live"):
                self.answering.send(f"<iq type='result' from='live.example' to='{LOCAL}' "
                                    f"id='{ping[1].decode()}'/>")  # fmt: skip
        stream.close()

    def busy(self):
        """A stanza every 3 s to a partner that never says anything."""
        with gateway(self.world, "busy.example") as inside:
            with contextlib.suppress(OSError):  # the relay may have been stopped
                while not self.stop.wait(3):
                    writes(inside, "busy.example")

    def wait(self, seconds):
        self.stop.wait(max(0, self.began + seconds - time.monotonic()))

    def words(self, name):
        return b"".join(data for _, data in self.said[name])

    def close(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(10)


SILENCE = []


def silence(world):
    if not SILENCE:
        SILENCE.append(Silence(world))
    return SILENCE[0]
