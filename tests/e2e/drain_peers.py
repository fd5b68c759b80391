# SPDX-License-Identifier: BSD-3-Clause
"""drain_peers: streams that never stop writing until they are told to, and count what became of it.

All of it is said by threads of their own, one a stream, so that a drain finds both directions busy.
"""

import collections
import contextlib
import re
import select
import threading
import time

import load_lab
from harness import LabError, check, s2s

LOCAL = load_lab.LOCAL[0]
ID = re.compile(rb"<message[^>]*? id='([^']+)'")
BATCH, PAUSE_S = 10, 0.01


class Talker(threading.Thread):
    """One end of @stream: writes to @to in its own name while @begin .. the other side's footer, answers that
    with its own, and reads to the end."""

    def __init__(self, stream, name, sender=None, to=None):
        super().__init__(daemon=True)
        self.stream, self.tag, self.sender, self.to = stream, name, sender, to
        self.sent, self.got, self.bounced = [], collections.Counter(), collections.Counter()
        self.conditions, self.ended, self.trouble = set(), False, None

    def write(self):
        first = len(self.sent)
        names = [f"{self.tag}-{n}" for n in range(first, first + BATCH)]
        self.sent += names
        self.stream.send("".join(
            f"<message from='{self.sender}' to='{self.to}' id='{n}'><body>{'x' * 200}</body></message>"
            for n in names))  # fmt: skip

    def read(self):
        """False at the end of the connection."""
        sock = self.stream.sock
        try:
            self.stream.more(time.monotonic() + 5)
        except s2s.Ended as e:
            if not self.stream.splitter.ended:
                self.trouble = f"{self.tag}: ended without a footer: {e}"
            self.ended = True
        for element in self.stream.elements:
            found = ID.search(element)
            if found:
                (self.bounced if b"type='error'" in element else self.got)[found[1].decode()] += 1
        self.stream.elements.clear()
        return not self.ended and bool(sock)

    def run(self):
        due = 0
        try:
            while not self.ended:
                readable = self.stream.sock.pending() or select.select(
                    [self.stream.sock], [], [], PAUSE_S if self.sender else 0.2)[0]  # fmt: skip
                if readable:
                    self.read()
                # A batch a pause, whatever comes back: an error for each stanza must not bring ten more.
                if self.sender and not self.ended and time.monotonic() >= due:
                    self.write()
                    due = time.monotonic() + PAUSE_S
            self.stream.send("</stream:stream>")
            while self.stream.sock.recv(65536):  # what is behind a footer is nothing
                pass
        except (OSError, LabError) as e:
            if not self.ended:
                self.trouble = f"{self.tag}: {e!r}"
        finally:
            self.conditions.add(self.stream.condition)
            self.stream.close()


def open_inside(world, partner):
    """The load's gateway with a stream for @partner that goes both ways."""
    stream = world.insider()
    stream.secure(world.tls("gw-fourthcoffee", inside=True, verify=False), partner)
    stream.open(partner, LOCAL)
    stream.features()
    stream.send("<bidi xmlns='urn:xmpp:bidi'/>")
    stream.external(LOCAL)
    stream.open(partner, LOCAL)
    stream.features()
    return stream


def open_out(stream, partner, at):
    """A message of the gateway's makes the relay dial the partner: that stream, as the partner has it."""
    stream.send(f"<message from='a@{LOCAL}/x' to='b@{partner}' id='first'/>")
    served = at.serve()
    served.element(b"<message")
    return served


class Traffic:
    """Between @partners and the gateway, both ways, on three streams each."""

    def __init__(self, world, partners):
        ca = world.lab.outside.certificate
        tls = s2s.server_context(ca, world.pki("blueyonder.crt"), world.pki("blueyonder.key"))
        self.gateways, self.writers, self.takers = [], [], []
        with s2s.Door(world.lab, "stranger", load_lab.PORT, tls) as at:
            for i, p in enumerate(partners):
                inside = open_inside(world, p)
                self.takers.append(Talker(open_out(inside, p, at), f"taker{i}"))
                self.gateways.append(Talker(inside, f"out{i}", f"a@{LOCAL}/x", f"b@{p}"))
                stream = s2s.established(world.lab, "stranger", world.EDGE, LOCAL, p,
                                         world.tls("blueyonder"))  # fmt: skip
                self.writers.append(Talker(stream, f"in{i}", f"b@{p}", f"a@{LOCAL}/x"))
        self.all = self.gateways + self.writers + self.takers

    def start(self):
        for talker in self.all:
            talker.start()

    def join(self, seconds=30):
        end = time.monotonic() + seconds
        for talker in self.all:
            talker.join(max(0.1, end - time.monotonic()))
        left = [t.tag for t in self.all if t.is_alive()]
        check(not left, f"streams that have not ended: {left}")
        trouble = [t.trouble for t in self.all if t.trouble]
        check(not trouble, f"{trouble}")

    def account(self, senders, receivers):
        """(sent, arrived, bounced, unaccounted) of one direction; nothing may come twice."""
        sent = [i for t in senders for i in t.sent]
        got, bounced = collections.Counter(), collections.Counter()
        for t in receivers:
            got += collections.Counter({k: v for k, v in t.got.items() if k != "first"})
        for t in self.all:
            bounced += t.bounced
        ours = set(sent)
        twice = [k for k, v in got.items() if v > 1]
        check(not twice, f"arrived twice: {twice[:5]}")
        both = [k for k in got if k in bounced]
        check(not both, f"arrived and bounced: {both[:5]}")
        lost = ours - set(got) - set(bounced)
        return len(sent), len(got), len(ours & set(bounced)), lost


@contextlib.contextmanager
def normal_again(world):
    """Whatever happens in the block: afterwards the relay takes streams again."""
    try:
        yield
    finally:
        if world.relay.show("status")["state"] != "running":
            world.relay.ctl("drain stop")
