# SPDX-License-Identifier: BSD-3-Clause
"""Why does federation with X not work? Partners that are broken, and what the relay says of them."""

import contextlib
import json

from harness import case, check, s2s, wait_until

import explain_lab  # isort: skip
from explain_lab import EXPIRED, LOCAL, NO_SRV, NO_TLS, OTHER_NAME, OTHER_SECRET  # isort: skip
from five_partners import Story  # isort: skip


def documents(text):
    """All JSON documents of a command that takes time: its lines, then its answer."""
    decoder, found = json.JSONDecoder(), []
    while text.strip():
        text = text.lstrip()
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:]
    return found


def tested(world, command):
    """Exit code, {step: line} and the last answer's data."""
    done = world.relay.ctl(f"--json test {command}", check=False)
    *lines, answer = documents(done.stdout)
    return done.returncode, {line["step"]: line for line in lines}, answer


def fails(world, domain, step, words):
    code, lines, answer = tested(world, f"partner {domain}")
    check(code == 1 and answer["data"]["failed_step"] == step, f"{domain}: {answer} {lines}")
    line = lines[step]
    check(line["verdict"] == "fail" and line["hint"], f"{line}")
    check(words in line["detail"] + line["hint"], f"{words!r} is not in {line}")
    return lines


@contextlib.contextmanager
def mended(world):
    """All five, and nothing is broken."""
    explain_lab.publish(world.lab, missing=())
    world.relay.ctl("dns flush")
    with explain_lab.five(world.lab, world.EDGE) as peers:
        for peer in peers.values():
            peer.certificate, peer.tls = f"explain-{peer.domain}", True
        peers[OTHER_SECRET].secret = world.relay.settings["DialbackPassphrase"]
        yield peers


@case("explain")
def five_broken_partners(world):
    """Each is found by its test, mended, and passes: the recording in the manual is this story."""
    lines = []
    explain_lab.publish(world.lab)
    world.relay.ctl("dns flush")
    with explain_lab.five(world.lab, world.EDGE) as peers:
        try:
            Story(world.lab, world.relay, peers, lines.append).play()
        finally:
            old = world.lab.rundir.write("relay/old.secret", world.relay.settings["DialbackPassphrase"])
            world.relay.ctl(f"dialback rotate-secret --grace 1s --from {old}")
    text = "\n".join(lines)
    check(explain_lab.POOL_SECRET not in text + world.log(), "a secret is shown")
    check(text.count("$ sluicectl test partner") == 10, text)


@case("explain")
def test_tells_what_stands_against_a_partner(world):
    """Refused and silent connections, an untrusted chain, a refusal by the peer."""
    with mended(world) as peers:
        explain_lab.publish(world.lab, missing=(), shut=(NO_SRV,))
        world.relay.ctl(f"dns flush {NO_SRV}")
        fails(world, NO_SRV, "connect", "connection refused")
        world.lab.inside.issue("explain-other-ca", [EXPIRED])
        peers[EXPIRED].certificate = "explain-other-ca"
        lines = fails(world, EXPIRED, "certificate-chain", "trust file")
        check(lines["certificate-name"]["verdict"] == "ok", f"{lines}")
        peers[OTHER_NAME].refuses = True
        fails(world, OTHER_NAME, "authentication", "our EXTERNAL refused: not-authorized")
        explain_lab.publish(world.lab, missing=())
        world.relay.ctl("dns flush")
        code, lines, answer = tested(world, f"partner {NO_SRV} from {LOCAL}")
        check(code == 0 and answer["data"]["passed"], f"{answer} {lines}")
        check({"policy", "dns-srv", "dns-address", "connect", "stream", "starttls", "tls",
               "certificate-chain", "certificate-name", "certificate-expiry", "certificate-usage",
               "features", "authentication", "ping"} == set(lines), f"{sorted(lines)}")  # fmt: skip
        wait_until(lambda: not world.relay.streams(leg="edge", remote=NO_SRV, direction="out"),
                   "the test's stream to end", 8)  # fmt: skip


@case("explain")
def test_of_a_refusal_has_one_id(world):
    """The stream's id in the test's first line is that of log and show denied."""
    with mended(world) as peers:
        peers[NO_TLS].tls = False
        lines = fails(world, NO_TLS, "starttls", "no STARTTLS")
        denied = world.relay.denied()[0]
        check(f"stream {denied['id']}," in lines["connect"]["detail"], f"{denied} {lines}")
        check(f"event=stream_refused stream={denied['id']} " in world.log(), denied["id"])


@case("explain")
def test_of_gateways(world):
    """Dialled ones are tried to their end; of one that only dials in, what is there is told."""
    code, lines, answer = tested(world, "gateway northwind")
    check(code == 0, f"{answer} {lines}")
    check(lines["certificate-name"]["verdict"] == "ok" and lines["ping"]["verdict"] == "ok", f"{lines}")
    code, lines, _ = tested(world, "gateway contoso")
    check(list(lines) == ["gateway"] and "dial" in lines["gateway"]["hint"], f"{lines}")
    done = world.relay.ctl("test gateway nobody", check=False)
    check(done.returncode == 5, f"{done}")


@case("explain")
def dns_is_shown_and_forgotten(world):
    explain_lab.publish(world.lab)
    world.relay.ctl("dns flush")
    check(not world.relay.show("dns")["dns"], "something is left")
    tested(world, f"partner {NO_SRV}")
    rows = {(r["name"], r["type"]): r for r in world.relay.show(f"dns {NO_SRV}")["dns"]}
    row = rows[f"_xmpp-server._tcp.{NO_SRV}", "SRV"]
    check(row["result"] in ("no-name", "no-data") and row["dnssec"] == "unsigned", f"{row}")
    tested(world, f"partner {EXPIRED}")
    row, = (r for r in world.relay.show(f"dns {EXPIRED}")["dns"] if r["result"] == "found")
    check(row["records"] == 1 and f":{explain_lab.PORTS[EXPIRED]}(" in row["data"], f"{row}")
    world.relay.ctl(f"dns flush {EXPIRED}")
    check(not world.relay.show(f"dns {EXPIRED}")["dns"] and world.relay.show("dns")["dns"], "not that one")


def explained(world, text):
    """{step: line} and the answer's data."""
    data = json.loads(world.relay.ctl(f"--json explain {text}").stdout)["data"]
    return {line["step"]: line for line in data["steps"]}, data


@case("explain")
def explains_pairs(world):
    """What explain says is what then happens, out and in."""
    world.good_pair()
    steps, data = explained(world, "alice@contoso.example/x bob@fabrikam.example")
    check(data["result"] == "delivered" and steps["stream"]["detail"].endswith("takes it"), f"{data}")
    ident = data["how"].removeprefix("by stream ")
    row, = (r for r in world.relay.streams() if r["id"] == ident)
    check(row["remote"] == "fabrikam.example" and row["leg"] == "edge", f"{row}")
    steps, data = explained(world, "bob@fabrikam.example alice@contoso.example")
    check(steps["its stream"]["verdict"] == "ok" and data["result"] == "delivered", f"{data}")
    steps, data = explained(world, "unlisted.example contoso.example")
    check(data["result"] == "refused" and "<policy-violation/>" in data["how"], f"{data}")
    with world.stranger() as stream:
        stream.send(s2s.header(LOCAL, "unlisted.example"))
        ended = stream.end()
        check(ended.condition == "policy-violation", f"{ended}")
    check(world.relay.denied()[0]["text"] in data["how"], f"{data} {world.relay.denied()[0]}")
    steps, data = explained(world, "contoso.example unlisted.example")
    check(data["result"] == "bounced" and "<not-allowed/>" in data["how"], f"{data}")


@case("explain")
def explains_a_certificate(world):
    """With --certificate: an expired one, one of another name, a good one."""
    for name, verdict, result in (("expired", "fail", "refused"), ("other-name", "ok", "refused"),
                                  (f"{EXPIRED}", "ok", "delivered")):  # fmt: skip
        domain = OTHER_NAME if name == "other-name" else EXPIRED
        file = world.pki(f"explain-{name}.crt")
        steps, data = explained(world, f"{domain} proseware.example --certificate {file}")
        check(steps["certificate-chain"]["verdict"] == verdict, f"{steps}")
        check(data["result"] == result, f"{name}: {data}")


@case("explain")
def partners_have_a_history(world):
    """show partners DOMAIN: last success and failure, certificate, back-off."""
    with mended(world) as peers:
        peers[NO_TLS].tls = False
        tested(world, f"partner {NO_TLS}")
        row, = world.relay.show(f"partners {NO_TLS}")["partners"]
        denied = world.relay.denied()[0]
        check(row["last_failure_reason"] == "stream_tls_required", f"{row}")
        check(row["last_failure_stream"] == denied["id"], f"{row} {denied}")
        code, _, answer = tested(world, f"partner {NO_SRV}")
        row, = world.relay.show(f"partners {NO_SRV}")["partners"]
        check(code == 0 and row["last_success_method"] == "sasl-external", f"{row} {answer}")
        check(row["certificate"]["days_left"] in (18, 19, 20) and "dns:" in row["certificate"]["names"],
              f"{row}")  # fmt: skip
        streams = world.relay.streams(leg="edge", remote=NO_SRV)
        check(streams, "no stream of the peer's own")
        one, = world.relay.show(f"streams stream {streams[0]['id']}")["streams"]
        check(one["certificate"]["subject"] == f"CN={NO_SRV}", f"{one}")
        rows = world.relay.show("streams ip 192.0.2.66 state established")["streams"]
        check({streams[0]["id"]} <= {r["id"] for r in rows}, f"{rows}")
        check({r["address"] for r in rows} == {"192.0.2.66"}, f"{rows}")


@case("explain")
def certificates_are_exchanged(world):
    """load, commit, abort: new handshakes show the new one, streams that are up stay."""
    world.good_pair()
    before = {r["id"] for r in world.relay.streams()}

    def serial():
        with world.stranger() as stream:
            stream.open(LOCAL, EXPIRED)
            stream.features()
            stream.starttls(world.tls(f"explain-{EXPIRED}"), LOCAL)
            return stream.sock.getpeercert()["serialNumber"]

    old = serial()
    world.lab.outside.issue("explain-next", world.lab.cast.local_domains)
    file, key = world.pki("explain-next.crt"), world.pki("explain-next.key")
    checked = json.loads(world.relay.ctl(f"--json cert check {file} {key}").stdout)["data"]["steps"]
    check({s["verdict"] for s in checked} == {"ok"}, f"{checked}")
    done = world.relay.ctl(f"cert check {file} {world.pki('edge.key')}", check=False)
    check(done.returncode == 1 and "does not belong" in done.stderr, f"{done}")
    world.relay.ctl(f"cert load edge {file} {key}")
    check(serial() == old, "the new one is shown before the commit")
    world.relay.ctl("cert abort")
    check(world.relay.ctl("cert commit", check=False).returncode == 1, "committed what was aborted")
    world.relay.ctl(f"cert load edge {file} {key}")
    world.relay.ctl("cert commit")
    check(serial() != old, "the old one is still shown")
    rows = world.relay.show("certs")["certs"]
    row, = (r for r in rows if r["of"] == "edge")
    check(row["file"] == str(file) and row["chain"] == "good" and row["days_left"] > 0, f"{row}")
    check({"edge", "internal", "partner", "gateway"} <= {r["of"] for r in rows}, f"{rows}")
    check(not world.relay.show("certs expiring 1d")["certs"], "something expires")
    check(before <= {r["id"] for r in world.relay.streams()}, "streams are gone")
    world.reload()
    check(serial() == old, "a reload reads the configuration's files again")
    world.good_pair()


@case("explain")
def dialback_keys_of_the_old_secret(world):
    """During the grace a key by the old secret is found good, afterwards it is not."""

    def verified(secret):
        ident = explain_lab.key(secret, "mallory.example", LOCAL, "id")
        with world.stranger() as stream:
            stream.open(LOCAL, EXPIRED)
            stream.features()
            stream.starttls(world.tls(f"explain-{EXPIRED}"), LOCAL)
            stream.open(LOCAL, EXPIRED)
            stream.features()
            stream.send(f"<db:verify xmlns:db='{explain_lab.DIALBACK}' from='mallory.example' "
                        f"to='{LOCAL}' id='id'>{ident}</db:verify>")  # fmt: skip
            return b"'valid'" in stream.element(b"<db:verify")

    old = world.relay.settings["DialbackPassphrase"]
    check(verified(old), "the present secret")
    world.relay.ctl("dialback rotate-secret --grace 4s")
    state = world.relay.show("dialback")
    check(state["secret"] == "rotated" and state["old_accepted"], f"{state}")
    check(verified(old), "the old secret within its grace")
    world.reload()  # changes nothing of it
    wait_until(lambda: not world.relay.show("dialback")["old_accepted"], "the end of the grace", 10)
    check(not verified(old), "the old secret after its grace")
    file = world.lab.rundir.write("relay/old.secret", old)
    world.relay.ctl(f"dialback rotate-secret --grace 1s --from {file}")
    check(verified(old), "the secret of the file")


@case("explain")
def refusals_say_their_id(world):
    """Stream error, SASL failure, dialback error: each has the id of log and show denied."""

    def said(text, count=1):
        denied = world.relay.denied()[:count]
        ids = [d["id"] for d in denied]
        check(any(f"[{i}]".encode() in text for i in ids), f"{text!r}: none of {denied}")
        check(f"event=stream_refused stream={ids[0]} " in world.log(), ids[0])

    with world.stranger() as stream:
        stream.open(LOCAL, EXPIRED)
        stream.features()
        stream.starttls(world.tls(f"explain-{EXPIRED}"), LOCAL)
        stream.open(LOCAL, EXPIRED)
        stream.features()
        stream.send(f"<auth xmlns='{s2s.SASL_NS}' mechanism='PLAIN'>=</auth>")
        said(stream.element(b"<failure"))
        stream.send(f"<db:result xmlns:db='{explain_lab.DIALBACK}' from='unlisted.example' "
                    f"to='{LOCAL}'>key</db:result>")  # fmt: skip
        said(stream.element(b"<db:result"))
    with world.stranger() as stream:
        stream.send(s2s.header(LOCAL, "unlisted.example"))
        heard = b""
        stream.sock.settimeout(10)
        while b"</stream:stream>" not in heard:
            heard += stream.sock.recv(4096)
        said(heard)
