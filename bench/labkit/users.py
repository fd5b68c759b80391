# SPDX-License-Identifier: BSD-3-Clause
"""users: people with an XMPP client (slixmpp), each logged in at one server of the lab.

A crowd is one event loop in a thread that lives in the server's namespace. Its users are driven
from outside by ordinary calls, and keep every stanza twice: as bytes and as a tree.
"""

import asyncio
import logging
import pathlib
import queue
import threading
import time
import xml.etree.ElementTree as ET

logging.getLogger("slixmpp").setLevel(logging.CRITICAL)  # before it is imported: it warns at import

import slixmpp  # noqa: E402

from . import netns  # noqa: E402
from .stanzas import Splitter  # noqa: E402
from .state import LabError  # noqa: E402


class Client(slixmpp.ClientXMPP):
    """slixmpp, plus the bytes of each stanza as delivered."""

    def __init__(self, jid, password, ca, inbox):
        super().__init__(jid, password)
        self.ca_certs = str(ca) if ca else None
        self.inbox = inbox
        self.splitter = None
        self.register_plugin("xep_0199")
        self.add_event_handler("session_start", lambda _e: self.send_presence())

    async def _pick_dns_answer(self, domain, port=None):
        return None  # the address given to connect() is the one to use

    def init_parser(self):
        super().init_parser()
        self.splitter = Splitter()

    def data_received(self, data):
        splitter = self.splitter
        if splitter is not None:
            for raw in splitter.feed(data):
                if raw.startswith((b"<message", b"<iq", b"<presence")):
                    self.inbox.put(Stanza(raw))
        super().data_received(data)


class Stanza:
    """One received stanza."""

    def __init__(self, raw):
        self.raw = raw
        self._tree = None

    @property
    def tree(self):
        if self._tree is None:
            self._tree = ET.fromstring(b"<s xmlns='jabber:client'>" + self.raw + b"</s>")[0]
        return self._tree

    @property
    def name(self):
        return self.tree.tag.rpartition("}")[2]

    @property
    def body(self):
        return self.tree.findtext("{jabber:client}body")

    def get(self, attribute):
        return self.tree.get(attribute)

    @property
    def error(self):
        """The condition of an error stanza, else None."""
        for child in self.tree.iterfind("{jabber:client}error/*"):
            if child.tag.startswith("{urn:ietf:params:xml:ns:xmpp-stanzas}"):
                condition = child.tag.rpartition("}")[2]
                if condition != "text":
                    return condition
        return None


class Crowd:
    """The users at one server."""

    def __init__(self, namespace):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.live, args=(namespace,), daemon=True)
        self.thread.start()

    def live(self, namespace):
        netns.enter(namespace)
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    def call(self, function, *arguments, timeout=30):
        """Runs @function in the crowd's thread and returns what it returns."""

        async def do():
            result = function(*arguments)
            return await result if asyncio.iscoroutine(result) else result

        return asyncio.run_coroutine_threadsafe(do(), self.loop).result(timeout)

    def end(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)


class User:
    """One user: log in, send, receive."""

    def __init__(self, crowd, jid, password, address, ca):
        self.crowd = crowd
        self.jid = jid
        self.inbox = queue.Queue()
        self.kept = []
        self.client = None
        self.started = threading.Event()
        self.failure = None
        crowd.call(self.make, password, ca)
        crowd.call(lambda: self.client.connect((address, 5222), disable_starttls=ca is None,
                                               force_starttls=ca is not None))  # fmt: skip
        if not self.started.wait(20) or self.failure:
            raise LabError(f"{jid} cannot log in: {self.failure or 'no answer'}")
        self.full_jid = str(self.client.boundjid)

    def make(self, password, ca):
        jid = f"{self.jid}/lab"
        client = self.client = Client(jid, password, pathlib.Path(ca) if ca else None, self.inbox)
        client.add_event_handler("session_start", lambda _e: self.started.set())
        for event in ("failed_all_auth", "connection_failed", "ssl_invalid_chain"):
            client.add_event_handler(event, self.failed)

    def failed(self, why):
        self.failure = str(why)
        self.started.set()

    def send(self, raw):
        """Bytes or text of one or more stanzas, as they are."""
        self.crowd.loop.call_soon_threadsafe(self.client.send_raw, raw)

    def say(self, to, body, ident=None):
        ident = f" id='{ident}'" if ident else ""
        self.send(f"<message to='{to}' type='chat'{ident}><body>{body}</body></message>")

    def ping(self, to, timeout=15):
        """IQ ping round trip; the seconds it took."""
        began = time.monotonic()
        ident = f"ping-{time.monotonic_ns()}"
        self.send(f"<iq type='get' to='{to}' id='{ident}'><ping xmlns='urn:xmpp:ping'/></iq>")
        answer = self.expect(lambda s: s.name == "iq" and s.get("id") == ident, timeout, "ping result")
        if answer.get("type") != "result":
            raise LabError(f"ping of {to}: {answer.raw!r}")
        return time.monotonic() - began

    def expect(self, wanted, timeout=15, what="stanza"):
        """The first stanza for which @wanted holds; others are kept for later calls."""
        for i, stanza in enumerate(self.kept):
            if wanted(stanza):
                return self.kept.pop(i)
        end = time.monotonic() + timeout
        while True:
            try:
                stanza = self.inbox.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                kept = b"\n".join(s.raw[:300] for s in self.kept[-5:])
                raise LabError(f"{self.jid}: no {what} within {timeout} s; kept: {kept!r}") from None
            if wanted(stanza):
                return stanza
            self.kept.append(stanza)

    def expect_body(self, body, timeout=15):
        return self.expect(lambda s: s.name == "message" and s.body == body and
                           s.get("type") != "error", timeout, f"message {body[:60]!r}")  # fmt: skip

    def forget(self):
        """Drops what has been received so far."""
        self.kept.clear()
        while not self.inbox.empty():
            self.inbox.get_nowait()

    def close(self):
        self.crowd.call(self.part)

    async def part(self):
        client, gone = self.client, asyncio.Event()
        client.add_event_handler("disconnected", lambda _e: gone.set())
        client.disconnect(wait=0.5)
        try:
            await asyncio.wait_for(gone.wait(), 2)
        except asyncio.TimeoutError:
            client.abort()


class Users:
    """Logs users in on demand and keeps them."""

    def __init__(self, lab):
        self.lab = lab
        self.crowds = {}
        self.users = {}

    def get(self, jid):
        if jid not in self.users:
            server = self.lab.cast.server_of(jid.partition("@")[2])
            if server.namespace not in self.crowds:
                self.crowds[server.namespace] = Crowd(self.lab.network.name(server.namespace))
            ca = None if server.plain else self.lab.authority(server.net).certificate
            self.users[jid] = User(self.crowds[server.namespace], jid, server.password,
                                   server.address, ca)  # fmt: skip
        return self.users[jid]

    def forget(self):
        """What all users have received so far is nobody's any more."""
        for user in self.users.values():
            user.forget()

    def drop(self, jid):
        user = self.users.pop(jid, None)
        if user is not None:
            user.close()

    def close(self):
        for user in self.users.values():
            user.close()
        for crowd in self.crowds.values():
            crowd.end()
        self.users.clear()
        self.crowds.clear()
