# SPDX-License-Identifier: BSD-3-Clause
"""flows: the kernel's ends of TCP connections, each with a thread that sends and one that receives."""

import hashlib
import random
import socket
import threading
import time

from labkit import netns

from . import world as w

CHUNK = 1 << 16
SO_RCVBUFFORCE = 33  # of asm-generic/socket.h
ROOM_BYTES = 1 << 24


class End:
    """One end. Sends @size bytes, or what @seconds allow; hashes all that goes and all that comes."""

    def __init__(self, sock, size=0, seed=1, seconds=None, closes="first", deadline=130):
        self.sock, self.size, self.dice, self.seconds = sock, size, random.Random(seed), seconds
        self.closes, self.deadline = closes, deadline
        self.sent, self.received = hashlib.sha256(), hashlib.sha256()
        self.sent_bytes = 0
        self.marks = [(time.monotonic(), 0)]  # when so many bytes had been received
        self.eof = threading.Event()
        self.trouble = []
        sock.settimeout(deadline)
        self.threads = [threading.Thread(target=self.guard, args=(work,), daemon=True)
                        for work in (self.send, self.receive)]  # fmt: skip

    @property
    def received_bytes(self):
        return self.marks[-1][1]

    def guard(self, work):
        try:
            work()
        except Exception as e:  # whatever it is, it belongs into the table
            self.trouble.append(f"the kernel's {work.__name__}: {e!r}")
            self.eof.set()

    def start(self):
        for t in self.threads:
            t.start()
        return self

    def finish(self):
        end = time.monotonic() + self.deadline
        for t in self.threads:
            t.join(max(end - time.monotonic(), 0.1))
            if t.is_alive():
                self.trouble.append("not over in time")
        self.sock.close()
        return self

    def say(self, n):
        """Sends @n bytes now."""
        while n > 0:
            piece = self.dice.randbytes(min(n, CHUNK))
            self.sent.update(piece)
            self.sock.sendall(piece)
            self.sent_bytes += len(piece)
            n -= len(piece)

    def send(self):
        until = time.monotonic() + (self.seconds or float("inf"))
        while (left := self.size - self.sent_bytes) > 0 and time.monotonic() < until:
            self.say(min(left, CHUNK if self.dice.random() < 0.9 else self.dice.randint(1, 3000)))
        if self.closes == "last":
            self.eof.wait(self.deadline)
        self.sock.shutdown(socket.SHUT_WR)

    def receive(self):
        while piece := self.sock.recv(CHUNK):
            self.received.update(piece)
            self.marks.append((time.monotonic(), self.received_bytes + len(piece)))
        self.eof.set()

    def between(self, begin, end):
        """Bytes received in that time."""
        at = [next((n for t, n in reversed(self.marks) if t <= when), 0) for when in (begin, end)]
        return at[1] - at[0]

    def first_byte(self):
        return self.marks[1][0] if len(self.marks) > 1 else None


def make_socket(world, short, congestion=None):
    with netns.inside(world.name(short)):
        s = socket.socket()
    s.settimeout(60)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if congestion:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, congestion.encode())
    return s


def listen(world, port=w.FAR_PORT, is_roomy=False):
    """At the far end. A roomy one acknowledges at once whenever its reader comes to run: else the
    kernel waits with the ACK until what it has is read, and the sender answers with a window at once."""
    s = make_socket(world, "far")
    if is_roomy:
        s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM_BYTES)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_WINDOW_CLAMP, ROOM_BYTES // 16)
    s.bind((w.FAR, port))
    s.listen(64)
    return s


def accept(listener, count, become=lambda s: s):
    """@count connections, each made into @become of it as it comes: others may take seconds."""
    out = []
    with listener:
        for _ in range(count):
            out.append(become(listener.accept()[0]))
    return out


def meet(world, stack, role, size, **settings):
    """The far end's connected socket, once our stack has its order: it dials, or it listens."""
    if role == "listen":
        s = make_socket(world, "far")
        stack.start(role, size, **settings)
        s.connect((w.OURS, w.LISTEN_PORT))
        return s
    listener = listen(world)
    stack.start(role, size, **settings)
    return accept(listener, 1)[0]


def kernel_flows(world, count, congestion, port):
    """@count connections from `ref` to `far`, which is roomy: pairs of sockets, the sender's first."""
    listener = listen(world, port, is_roomy=True)
    pairs = []
    with listener:
        for _ in range(count):
            s = make_socket(world, "ref", congestion)
            s.connect((w.FAR, port))
            pairs.append((s, listener.accept()[0]))
    return pairs
