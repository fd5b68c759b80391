# SPDX-License-Identifier: BSD-3-Clause
"""s2s: a server-to-server stream spoken by hand, for what no decent server would send.

Every step can be left out, repeated or done wrongly by the caller; nothing is sent on its own.
"""

import base64
import re
import socket
import ssl
import time
import xml.parsers.expat

from . import netns
from .stanzas import Splitter
from .state import LabError

STREAM = "http://etherx.jabber.org/streams"
TLS_NS = "urn:ietf:params:xml:ns:xmpp-tls"
SASL_NS = "urn:ietf:params:xml:ns:xmpp-sasl"
CONDITION = re.compile(rb"<([a-z-]+)[^>]*xmlns=['\"]urn:ietf:params:xml:ns:xmpp-streams['\"]")


def header(to, sender, version="1.0", content="jabber:server"):
    return (
        "<?xml version='1.0'?>"
        f"<stream:stream xmlns='{content}' xmlns:stream='{STREAM}' xmlns:db='jabber:server:dialback'"
        + (f" from='{sender}'" if sender else "")
        + (f" to='{to}'" if to else "")
        + (f" version='{version}'" if version else "")
        + ">"
    )


class Ended(LabError):
    """The other side ended the stream; how is in the fields."""

    def __init__(self, condition=None, alert=None):
        super().__init__(f"stream ended: error {condition}, TLS alert {alert}")
        self.condition, self.alert = condition, alert


class Stream:
    """One connection from namespace @short (there from @source) to @address:@port, or one that a Door has let in."""

    def __init__(self, lab, short, address, port=5269, timeout=10, sock=None, source=None):
        if sock is None:
            with netns.inside(lab.network.name(short)):
                sock = socket.create_connection((address, port), timeout, source and (source, 0))
        self.sock = sock
        self.timeout = timeout
        self.restart()
        self.condition = None

    def restart(self):
        self.splitter = Splitter()
        self.elements = []

    def send(self, data):
        self.sock.sendall(data.encode() if isinstance(data, str) else data)

    def more(self, deadline):
        """Reads once. Raises Ended when there is nothing more to come."""
        if self.splitter.ended:
            raise Ended(self.condition)
        self.sock.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            data = self.sock.recv(65536)
        except TimeoutError as e:
            raise LabError("the other side says nothing") from e
        except ssl.SSLError as e:
            raise Ended(self.condition, e.reason or str(e)) from e
        except ConnectionError:
            data = b""
        if not data:
            raise Ended(self.condition)
        try:
            elements = self.splitter.feed(data)
        except xml.parsers.expat.ExpatError as e:
            raise LabError(f"not one XML stream: {data[:300]!r}") from e
        for element in elements:
            if element.startswith(b"<stream:error"):
                found = CONDITION.search(element)
                self.condition = found.group(1).decode() if found else "?"
            else:
                self.elements.append(element)
        if self.splitter.ended and not self.elements:
            raise Ended(self.condition)

    def wait(self, question, timeout=None):
        deadline = time.monotonic() + (timeout or self.timeout)
        while True:
            answer = question()
            if answer:
                return answer
            self.more(deadline)

    def element(self, start=b"<", timeout=None):
        """The next first-level element whose bytes begin with @start; earlier ones are dropped."""

        def look():
            while self.elements:
                element = self.elements.pop(0)
                if element.startswith(start):
                    return element
            return None

        return self.wait(look, timeout)

    def open(self, to, sender, **how):
        """Sends a header; returns the other side's header attributes."""
        self.restart()
        self.send(header(to, sender, **how))
        return self.wait(lambda: self.splitter.header)

    def features(self):
        return self.element(b"<stream:features")

    def starttls(self, context, name):
        """From features to the end of the handshake."""
        self.send(f"<starttls xmlns='{TLS_NS}'/>")
        self.element(b"<proceed")
        self.secure(context, name)

    def secure(self, context, name):
        self.sock.settimeout(self.timeout)
        self.sock = context.wrap_socket(self.sock, server_hostname=name)
        self.restart()

    def external(self, domain):
        """<auth/> to <success/>."""
        identity = base64.b64encode(domain.encode()).decode()
        self.send(f"<auth xmlns='{SASL_NS}' mechanism='EXTERNAL'>{identity}</auth>")
        answer = self.element()
        if not answer.startswith(b"<success"):
            raise LabError(f"no success: {answer!r}")

    def end(self, timeout=None):
        """Reads until the other side ends it; returns that Ended."""
        try:
            self.wait(lambda: None, timeout)
        except Ended as e:
            return e
        raise AssertionError("unreachable")

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_why):
        self.close()


def context(ca, certificate=None, key=None):
    """A client's TLS settings; @certificate is what it shows of itself."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(ca)
    if certificate:
        made.load_cert_chain(certificate, key)
    return made


def server_context(ca, certificate, key):
    """The same of a server; it asks for the client's certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_verify_locations(ca)
    made.load_cert_chain(certificate, key)
    made.verify_mode = ssl.CERT_REQUIRED
    made.set_alpn_protocols(["xmpp-server"])
    return made


class Door:
    """Listens in namespace @short: what the relay dials."""

    def __init__(self, lab, short, port, tls, family=4):
        """@family: 4, or 6, which takes callers of both."""
        how = {"family": socket.AF_INET6, "dualstack_ipv6": True} if family == 6 else {}
        with netns.inside(lab.network.name(short)):
            self.listener = socket.create_server(("", port), backlog=16, **how)
        self.tls = tls
        self.headers = []  # of the last served stream, each as the caller sent it

    def accept(self, timeout=10):
        self.listener.settimeout(timeout)
        try:
            sock, _ = self.listener.accept()
        except TimeoutError as e:
            raise LabError("nobody dials") from e
        return Stream(None, None, None, timeout=timeout, sock=sock)

    def greet(self, stream, features):
        """Waits for a header, answers with one and @features."""
        found = stream.wait(lambda: stream.splitter.header)
        self.headers.append(found)
        stream.send(
            header(found["from"], found["to"]).replace(" from=", " id='d' from=")
            + f"<stream:features>{features}</stream:features>"
        )

    def secure(self, stream):
        stream.sock.settimeout(stream.timeout)
        stream.sock = self.tls.wrap_socket(stream.sock, server_side=True)
        stream.restart()

    def serve(self, direct_tls=False, features=""):
        """The next caller, authenticated by EXTERNAL; @features are those it ends up with."""
        self.headers = []
        stream = self.accept()
        if not direct_tls:
            self.greet(stream, f"<starttls xmlns='{TLS_NS}'><required/></starttls>")
            stream.element(b"<starttls")
            stream.send(f"<proceed xmlns='{TLS_NS}'/>")
        self.secure(stream)
        self.greet(stream, f"<mechanisms xmlns='{SASL_NS}'><mechanism>EXTERNAL</mechanism></mechanisms>")
        stream.element(b"<auth")
        stream.send(f"<success xmlns='{SASL_NS}'/>")
        stream.restart()
        self.greet(stream, features)
        return stream

    def close(self):
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_why):
        self.close()


def established(lab, short, address, to, sender, tls):
    """A stream from @sender to @to, authenticated by EXTERNAL: what a good partner would have."""
    stream = Stream(lab, short, address)
    stream.open(to, sender)
    stream.features()
    stream.starttls(tls, to)
    stream.open(to, sender)
    if b"EXTERNAL" not in stream.features():
        raise LabError("EXTERNAL is not offered")
    stream.external(sender)
    stream.open(to, sender)
    stream.features()
    return stream
