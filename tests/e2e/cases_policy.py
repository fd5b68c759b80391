# SPDX-License-Identifier: BSD-3-Clause
"""Policy: where the relay dials, what it limits, how long it waits, and what a reload changes.

Partners of these cases are spoken by hand; policy_lab.py says where their names lead.
"""

import contextlib
import itertools
import re
import signal
import subprocess
import threading
import time

from harness import case, check, s2s, wait_until
from policy_lab import DIRECT, OPEN

LOCAL = "contoso.example"
PARTNER_NS = "urn:sluice:partner:0"
NUMBER = itertools.count(1)


def speaks(world, domain):
    """An authenticated stream of partner @domain to contoso."""
    return s2s.established(world.lab, "stranger", world.EDGE, LOCAL, domain, world.tls("policy"))


def door(world, port=OPEN):
    ca = world.lab.outside.certificate
    tls = s2s.server_context(ca, world.pki("policy.crt"), world.pki("policy.key"))
    return s2s.Door(world.lab, "stranger", port, tls)


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


@case("policy")
def reload_removes_and_adds(world):
    """A partner that is gone loses its streams and is refused; back again, it is let in at once."""
    world.good_pair()
    with speaks(world, "open.example") as gone, speaks(world, "small.example") as stays:
        others = {r["id"] for r in world.relay.streams() if r["remote"] != "open.example"}
        with world.reloaded(without=["open.example"]):
            ended = gone.end()
            check(ended.condition == "policy-violation", f"{ended}")
            with world.drops("stream_not_allowed"), world.stranger() as again:
                again.send(s2s.header(LOCAL, "open.example"))
                ended = again.end()
                check(ended.condition == "policy-violation", f"{ended}")
            with gateway(world, "small.example") as inside:
                stays.send(f"<message from='m@small.example' to='alice@{LOCAL}/x' id='stays'/>")
                gets(inside, "stays")
            lost = others - {r["id"] for r in world.relay.streams()}
            check(not lost, f"streams of others are gone: {lost}")
        with speaks(world, "open.example"), gateway(world, "open.example"):
            pass
    world.good_pair()


@case("policy")
def reload_makes_stricter(world):
    """TlsNegotiation of litware becomes Required: its plaintext streams end, no other does."""
    alice, dave = world.user("alice@contoso.example"), world.user("dave@litware.example")
    alice.ping(dave.full_jid)
    plain = {r["id"] for r in world.relay.streams(leg="edge", remote="litware.example")}
    others = {r["id"] for r in world.relay.streams()} - plain
    check(plain, "no plaintext stream to begin with")
    with world.reloaded(change={"litware.example": {"tls": "Required"}}) as done:
        check(done["streams_closed"] == len(plain), f"closed of {len(plain)}: {done}")
        wait_until(lambda: not plain & {r["id"] for r in world.relay.streams()}, "the end of them", 8)
        lost = others - {r["id"] for r in world.relay.streams()}
        check(not lost, f"streams of others are gone: {lost}")
    check(alice.ping(dave.full_jid) < 10, "ping after the policy is as it was")


@case("policy")
def reload_of_a_broken_file(world):
    """Nothing changes; the complaint names file and line; the exit code is 7."""
    before = world.relay.show("status"), {r["id"] for r in world.relay.streams()}
    text = world.relay.config.read_text()
    line = 1 + text[: text.index('Domain="open.example"')].count("\n")
    for broken in (text.replace('Domain="open.example"', 'Domain="open.example" Colour="red"'),
                   text.replace('Domain="open.example"', 'Domain="small.example"'),
                   text.replace("</AllowedPartners>", "")):  # fmt: skip
        world.relay.config.write_text(broken)
        done = world.relay.ctl("reload", check=False)
        world.relay.config.write_text(text)
        check(done.returncode == 7, f"exit {done.returncode}: {done.stdout}{done.stderr}")
        named = re.findall(rf"{re.escape(str(world.relay.config))}:(\d+): error", done.stderr)
        check(named and int(named[0]) >= line, f"{named}, line {line}: {done.stderr}")
    world.logged("level=error event=reload_failed")
    after = world.relay.show("status"), {r["id"] for r in world.relay.streams()}
    check(before[0]["config"] == after[0]["config"], f"{before[0]} {after[0]}")
    check(before[1] <= after[1], f"streams gone: {before[1] - after[1]}")
    world.good_pair()


@case("policy")
def reload_of_a_certificate(world):
    """A new certificate is shown from the next handshake on; streams of the old one live."""

    def serial(stream):
        return stream.sock.getpeercert()["serialNumber"]

    with speaks(world, "open.example") as old, gateway(world, "open.example") as inside:
        before = serial(old)
        world.lab.outside.issue("edge", world.lab.cast.local_domains)
        with speaks(world, "small.example") as between:
            check(serial(between) == before, "the new certificate is shown before the reload")
        world.reload()
        with speaks(world, "small.example") as new:
            check(serial(new) != before, "the old certificate is still shown")
        old.send(f"<message from='m@open.example' to='alice@{LOCAL}/x' id='old'/>")
        gets(inside, "old")


def sluicectl(world, *argv, prefix=(), **how):
    return subprocess.run([*prefix, str(world.relay.program("sluicectl")), *argv],
                          text=True, stderr=subprocess.PIPE, timeout=30, **how)  # fmt: skip


@case("policy")
def sluicectl_exit_codes(world):
    at = ("-s", str(world.relay.socket))
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    with open("/dev/full", "w") as full:
        asked = [
            (0, sluicectl(world, *at, "show", "status", stdout=subprocess.DEVNULL)),
            (1, sluicectl(world, *at, "show", "status", stdout=full)),
            (2, sluicectl(world, *at, "show", "nonsense")),
            (2, sluicectl(world, *at, "--nonsense")),
            (2, sluicectl(world, *at)),
            (3, sluicectl(world, "-s", f"{world.relay.socket}.not", "show", "status")),
            (4, sluicectl(world, *at, "show", "status", prefix=nobody)),
        ]
    for code, done in asked:
        check(done.returncode == code, f"{done.args}: {done.returncode}, not {code}: {done.stderr}")
        check(code == 0 or done.stderr, f"{done.args} says nothing")


@case("policy")
def ruleset_for_nftables(world):
    """What `show ports --nft` prints is taken by nft."""
    rules = world.relay.ctl("show ports --nft").stdout
    check("5269" in rules and "23456" in rules, rules)
    space = ["ip", "netns", "exec", world.lab.network.name("stranger"), "nft", "-c", "-f", "-"]
    done = subprocess.run(space, input=rules, capture_output=True, text=True)
    check(done.returncode == 0, f"{done.stderr}\n{rules}")
    done = subprocess.run(space, input=rules.replace("dport", "dprt"), capture_output=True, text=True)
    check(done.returncode != 0, "nft takes anything")


@case("policy")
def silence_is_judged(world):
    """White space after KeepAliveInterval; a ping after StreamInactivityTimeout; then the end, or not."""
    them = silence(world)
    them.wait(45)
    ended = {}
    for name, said in them.said.items():
        ended[name] = said[-1][0] if said and not said[-1][1] else None
        blank = [at for at, data in said if data.strip() == b"" and data]
        check(name == "busy.example out" or (blank and 9 < blank[0] < 12), f"{name}: white space at {blank}")  # fmt: skip
    pinged = {n for n in them.said if b"sluice-probe-" in them.words(n)}
    check(pinged == {"quiet.example in", "live.example in", "live.example out"}, f"pinged {pinged}")
    for name, low, high in (("mute.example in", 11, 15), ("quiet.example in", 41, 45)):
        told = [at for at, data in them.said[name] if b"connection-timeout" in data]
        check(told and low < told[0] < high, f"{name}: told at {told}, {them.words(name)!r}")
    for name in ("live.example in", "live.example out", "busy.example out"):
        check(ended[name] is None, f"{name} ended at {ended[name]}: {them.words(name)!r}")
    row = world.relay.laws()["live.example"]
    check(row["answered"] >= 2, f"pings answered: {row}")
    check(world.relay.drops()["stream_idle"] >= 1, "stream_idle is not counted")
    them.close()
    SILENCE.clear()


@case("policy")
def stop_says_system_shutdown(world):
    """sluicectl stop: peers are told, the relay ends with 0, and what is started next federates."""
    alice, bob = world.user("alice@contoso.example"), world.user("bob@fabrikam.example")
    with speaks(world, "open.example") as stream, gateway(world, "small.example") as inside:
        child = world.lab.rundir.children["relay"]
        world.relay.ctl("stop")
        for peer in (stream, inside):
            ended = peer.end()
            check(ended.condition == "system-shutdown", f"{ended}")
    check(child.wait(12) == 0, f"the relay ended with {child.returncode}")
    done = world.relay.ctl("show status", check=False)
    check(done.returncode == 3, f"sluicectl of a stopped relay: {done.returncode}")
    world.relay.start()
    world.comes_back(alice, bob)


@case("policy")
def killed_and_started_again(world):
    """SIGKILL leaves XDP on the cables; the next relay takes them over, and federation resumes."""
    alice, bob = world.user("alice@contoso.example"), world.user("bob@fabrikam.example")
    world.good_pair()
    world.relay.stop(signal.SIGKILL)
    world.relay.start()
    world.comes_back(alice, bob)
