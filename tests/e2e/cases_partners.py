# SPDX-License-Identifier: BSD-3-Clause
"""Partners, limits and the configuration changed while the relay runs: what is touched, and what is not."""

import concurrent.futures
import json
import signal
import time

from labkit import load

import cases_load
import load_lab
from harness import case, check, netns, s2s, wait_until
from policy_peers import LOCAL, bounces, gateway, gets, refused_at_the_limit, speaks

STRANGER = f"{netns.NETS['out']}66"


def change(world, command):
    """The data of an answer that must be good."""
    return json.loads(world.relay.ctl(f"--json {command}").stdout)["data"]


def refused(world, command, code):
    """What sluicectl says when it must exit with @code."""
    done = world.relay.ctl(command, check=False)
    check(done.returncode == code, f"{command}: exit {done.returncode}, not {code}: {done.stderr}")
    check(done.stderr, f"{command}: refused without a word")
    return done.stderr


def ids(world, **wanted):
    return {row["id"] for row in world.relay.streams(**wanted)}


def run_time_changes(world):
    return world.relay.show("config diff")["run_time_changes"]


def passes(stream, inside, domain, ident):
    stream.send(f"<message from='m@{domain}' to='alice@{LOCAL}/x' id='{ident}'/>")
    gets(inside, ident)


def turned_away(world, domain):
    """A stream that says it is @domain is refused by policy."""
    with world.stranger() as stream:
        stream.send(s2s.header(LOCAL, domain))
        ended = stream.end()
        check(ended.condition == "policy-violation", f"{ended}")


def last_words(world, first=""):
    """All that the relay says, until it closes, to a stranger who says @first."""
    with world.stranger() as stream:
        if first:
            stream.send(first)
        stream.sock.settimeout(10)
        said = b""
        while True:
            try:
                data = stream.sock.recv(65536)
            except ConnectionError:
                return said
            if not data:
                return said
            said += data


@case("partners")
def added_at_run_time(world):
    """A partner of no file federates; a reload keeps it; deleted, its streams end and no other does."""
    with world.reloaded(without=["open.example"]):
        turned_away(world, "open.example")
        done = change(world, "partner add open.example SaslNegotiation Optional")
        check(done["streams_closed"] == 0 and done["partners"]["added"] == 1, f"{done}")
        with speaks(world, "open.example") as stream, gateway(world, "open.example") as inside:
            passes(stream, inside, "open.example", "added")
            said = refused(world, "partner add open.example", 1)
            check("partner set" in said, said)
            said = refused(world, "partner set open.example SaslNegotiation NotSupported "
                                  "SupportDialbackNegotiation false", 1)  # fmt: skip
            check("no way is left to authenticate the partner" in said, said)
            kept = change(world, "reload")
            check([c["what"] for c in kept["run_time_changes"]] == ["kept", "kept"], f"{kept}")
            passes(stream, inside, "open.example", "reloaded")
            others = ids(world)
            done = change(world, "partner del open.example")
            # its own, and the gateway's that was there for it alone
            check(sorted(i[:2] for i in done["ids"]) == ["er", "ir"], f"{done}")
            for each in (stream, inside):
                ended = each.end()
                check(ended.condition == "policy-violation", f"{ended}")
            lost = others - ids(world) - set(done["ids"])
            check(not lost, f"streams of others are gone: {lost}")
        turned_away(world, "open.example")
    check(not run_time_changes(world), f"left: {run_time_changes(world)}")
    world.logged('command="partner add" args="domain=open.example SaslNegotiation=Optional" code=0')


@case("partners")
def set_stricter(world):
    """Only the streams that the new entry does not allow end."""
    with speaks(world, "small.example") as gone, speaks(world, "open.example") as stays:
        others = ids(world) - ids(world, remote="small.example")
        done = change(world, "partner set small.example SaslNegotiation NotSupported "
                             "SupportDialbackNegotiation true")  # fmt: skip
        check(done["streams_closed"] == 1 and done["partners"]["stricter"] == 1, f"{done}")
        ended = gone.end()
        check(ended.condition == "policy-violation", f"{ended}")
        with gateway(world, "open.example") as inside:
            passes(stays, inside, "open.example", "stays")
        check(others <= ids(world), f"streams of others are gone: {others - ids(world)}")
    done = change(world, "partner revert small.example")
    check(done["partners"]["looser"] + done["partners"]["stricter"] == 1, f"{done}")
    with speaks(world, "small.example"):
        pass
    refused(world, "partner revert small.example", 5)
    refused(world, "partner set nobody.example ProxyFqdn x.example", 5)


@case("partners")
def expires_by_itself(world):
    """Disabled for two seconds: its stream ends, it is refused, and then let in without a word."""
    with speaks(world, "small.example") as stream:
        done = change(world, "partner disable small.example --expires 2s")
        check(done["expires_s"] == 2, f"{done}")
        ended = stream.end()
        check(ended.condition == "policy-violation", f"{ended}")
    turned_away(world, "small.example")
    said = refused(world, "show partners small.example", 5)
    check("partner enable small.example" in said, said)
    wait_until(lambda: not run_time_changes(world), "the change to be undone", 15)
    with speaks(world, "small.example"):
        pass
    world.logged("event=change_over")


def split(world):
    """The partners go into an included file of their own; its path."""
    text = world.relay.config.read_text()
    begin, end = text.index("<AllowedPartners>"), text.index("</AllowedPartners>") + 18
    path = world.relay.config.with_name("partners.xml")
    path.write_text("<!-- who may talk to us -->\n" + text[begin:end].replace(
        "<AllowedPartners>", '<AllowedPartners xmlns="urn:sluice:config:1">\n  <!-- the lab -->') + "\n")
    world.relay.config.write_text(
        text[:begin] + '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="partners.xml"/>'
        + text[end:]
    )  # fmt: skip
    return path


@case("partners")
def saved_survives_a_restart(world):
    """Where there is a file for it; else the answer says what to do. Comments and records stay."""
    said = refused(world, "partner del open.example --save", 1)
    check("in a file of its own" in said and "xi:include" in said, said)
    with speaks(world, "open.example"):
        pass
    path = split(world)
    write_config, world.relay.write_config = world.relay.write_config, lambda *_a, **_k: None
    try:
        done = change(world, "reload")
        check(done["streams_closed"] == 0 and not done["changes"], f"{done}")
        before = path.read_text()
        done = change(world, "partner disable small.example --save")
        check(done["saved"] == str(path), f"{done}")
        change(world, "partner add saved.example SaslNegotiation Optional --save")
        change(world, "partner disable open.example")
        check(len(run_time_changes(world)) == 1, f"{run_time_changes(world)}")
        after = path.read_text()
        for line in before.splitlines():
            if "small.example" not in line:
                check(line.strip().rstrip("/>") in after, f"{line!r} is gone: {after}")
        check('Domain="saved.example"' in after and 'Enabled="false"' in after, after)
        alice, bob = world.user("alice@contoso.example"), world.user("bob@fabrikam.example")
        world.relay.stop(signal.SIGTERM)
        world.relay.start()
        world.comes_back(alice, bob)
        turned_away(world, "small.example")
        check(world.relay.show("partners saved.example")["partners"], "not saved")
        with speaks(world, "open.example"):  # that was not saved
            pass
    finally:
        world.relay.write_config = write_config
        world.reload()
    with speaks(world, "small.example"):
        pass


@case("partners")
def blocked_and_unblocked(world):
    """By domain: streams end with the reason, none begins, stanzas bounce; then all is as before."""
    with speaks(world, "small.example") as stream, gateway(world, "small.example") as inside:
        done = change(world, "partner block small.example --for 1h --reason spam-wave")
        check(done["streams_closed"] == 1, f"{done}")
        ended = stream.end()
        check(ended.condition == "policy-violation", f"{ended}")
        with world.drops("stream_blocked"):
            said = last_words(world, s2s.header(LOCAL, "small.example"))
            check(b"policy-violation" in said and b"blocked: spam-wave" in said, f"{said!r}")
        bounces(inside, "small.example", "not-allowed", 3)
        row = world.relay.show("blocked")["blocked"][0]
        check(row["refused"] >= 2 and 3500 < row["left_s"] <= 3600, f"{row}")
        with speaks(world, "open.example"):
            pass
        change(world, "partner unblock small.example")
    with speaks(world, "small.example"):
        pass
    refused(world, "partner unblock small.example", 5)
    refused(world, "partner block 0.0.0.0/0", 2)


@case("partners")
def blocked_by_address(world):
    """Refused before TLS, with a stream error; others are served; over by itself."""
    done = change(world, f"partner block {STRANGER}/32 --for 3s --reason too-many")
    check(done["blocked"] == f"{STRANGER}/32", f"{done}")
    with world.drops("stream_blocked"):
        said = last_words(world)
        check(b"policy-violation" in said and b"blocked: too-many" in said, f"{said!r}")
    world.good_pair()
    wait_until(lambda: not world.relay.show("blocked")["blocked"], "the block to be over", 15)
    with speaks(world, "open.example"):
        pass


@case("partners")
def kicked(world):
    """Its streams end by an error that says why; others stay; it may come back at once."""
    with speaks(world, "small.example") as one, speaks(world, "small.example") as two:
        others = ids(world) - ids(world, remote="small.example")
        with world.drops("stream_kicked", 2):
            done = change(world, "partner kick small.example --reason maintenance")
        check(done["streams_closed"] == 2 and len(done["ids"]) == 2, f"{done}")
        for stream in (one, two):
            ended = stream.end()
            check(ended.condition == "policy-violation", f"{ended}")
        check(others <= ids(world), f"streams of others are gone: {others - ids(world)}")
    with speaks(world, "small.example") as again, speaks(world, "open.example") as stays:
        (stream,) = ids(world, remote="small.example")
        done = change(world, f"stream close {stream}")
        check(done["ids"] == [stream], f"{done}")
        ended = again.end()
        check(ended.condition == "policy-violation", f"{ended}")
        with gateway(world, "open.example") as inside:
            passes(stays, inside, "open.example", "not kicked")
        again.close()
        wait_until(lambda: stream not in ids(world), "it to be gone", 10)
        refused(world, f"stream close {stream}", 5)


@case("partners")
def reload_under_load(world):
    """Five reloads that change much, and partners that come and go: no stream ends, no stanza is lost."""
    before = world.relay.law()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        running = pool.submit(
            load.run, [cases_load.outside(world, "--send"), cases_load.gateway(world)],
            world.relay.build, count=1000, rate=500)  # fmt: skip
        wait_until(lambda: world.relay.law()["accepted"] > before["accepted"], "load", 30)
        touched, rounds = 0, 0
        while not running.done() and rounds < 5:
            rounds += 1
            touched += world.reload(without=["mute.example"], PartnerConnectionLimit=20 + rounds)[
                "streams_closed"]  # fmt: skip
            touched += change(world, f"partner add round{rounds}.example")["streams_closed"]
            touched += change(world, f"partner del round{rounds}.example")["streams_closed"]
        figures = running.result()
    world.reload()
    check(touched == 0, f"{touched} streams closed")
    check(rounds >= 2, f"only {rounds} rounds while the load ran")
    check(figures["exit"] == 0, f"the load generator says: {figures}")
    sent = 1000 * len(load_lab.PARTNERS)
    check(figures["sent"] == figures["received"] == sent, f"not all {sent} arrived: {figures}")


@case("partners")
def rolled_back_by_time(world):
    """Nobody confirms a reload: the configuration before is back, the file as it was left."""
    with speaks(world, "small.example") as stream:
        text = world.relay.config.read_text()
        line = next(x for x in text.splitlines() if 'Domain="small.example"' in x)
        world.relay.config.write_text(text.replace(line, ""))
        done = change(world, "reload --confirm-within 3s")
        check(done["confirm_within_s"] == 3 and done["partners"]["removed"] == 1, f"{done}")
        ended = stream.end()
        check(ended.condition == "policy-violation", f"{ended}")
        said = refused(world, "reload", 1)
        check("config confirm" in said, said)
        turned_away(world, "small.example")
        wait_until(lambda: world.relay.show("config diff")["confirm_left_s"] == 0, "rollback", 15)
    with speaks(world, "small.example"):
        pass
    rows = world.relay.show("config diff")["differences"]
    check([r["key"] for r in rows] == ["AllowedPartner small.example"], f"{rows}")
    world.logged("event=rolled_back")
    refused(world, "config confirm", 1)
    change(world, "reload --confirm-within 60s")
    change(world, "config confirm")
    turned_away(world, "small.example")
    change(world, "config rollback")
    with speaks(world, "small.example"):
        pass
    refused(world, "config rollback", 1)
    world.reload()


@case("partners")
def checked_without_a_change(world):
    """reload --check and config check FILE say what would come of it; an invalid file exits with 7."""
    text, before = world.relay.config.read_text(), ids(world)
    other = world.relay.config.with_name("other.xml")
    other.write_text(text.replace("<GatewayConfiguration", '<GatewayConfiguration MaxStanzaBytes="20000"'))
    done = change(world, f"config check {other}")
    check([r["key"] for r in done["changes"]] == ["GatewayConfiguration MaxStanzaBytes"], f"{done}")
    other.write_text(text.replace("</AllowedPartners>", ""))
    said = refused(world, f"config check {other}", 7)
    check(f"{other}:" in said, said)
    world.relay.config.write_text(text.replace('Domain="open.example"', 'Domain="small.example"'))
    refused(world, "reload --check", 7)
    refused(world, "show config diff", 7)
    world.relay.config.write_text(text)
    done = change(world, "reload --check")
    check(not done["applied"] and not done["changes"], f"{done}")
    check(before <= ids(world), "streams are gone")
    values = {r["key"]: r["value"] for r in world.relay.show("config")["values"]}
    check(values["GatewayConfiguration DialbackPassphrase"] == "(secret)", f"{values}")
    check(values["AllowedPartner small.example ConnectionLimit"] == "2", f"{values}")
    check("lab-dialback-secret" not in world.relay.ctl("--json show config").stdout, "a secret")
    world.logged("code=7")


@case("partners")
def limits_until_a_reload(world):
    with speaks(world, "open.example"):
        change(world, "set limit PartnerConnectionLimit 1")
        refused_at_the_limit(world, "open.example")
        said = refused(world, "set limit DialbackPassphrase x", 2)
        check("expected one of" in said, said)
        refused(world, "set limit PartnerConnectionLimit 0", 1)
        done = change(world, "reload")
        what = [c["what"] for c in done["run_time_changes"]]
        check(what == ["dropped: limits last until a reload"], f"{done}")
        with speaks(world, "open.example"):
            pass


@case("partners")
def old_certificates_are_counted(world):
    with speaks(world, "open.example") as old, gateway(world, "open.example") as inside:
        change(world, "reload")
        world.lab.outside.issue("edge", world.lab.cast.local_domains)
        done = change(world, "reload")
        check(done["streams_on_old_certificate"] >= 1, f"{done}")
        with speaks(world, "small.example"):
            again = change(world, "reload")
            check(again["streams_on_old_certificate"] == done["streams_on_old_certificate"], f"{again}")
        passes(old, inside, "open.example", "old")


@case("partners")
def two_operators_at_once(world):
    """Each changes partners of its own; nobody's change is lost, and what runs is what both said."""

    def operate(name):
        for i in range(10):
            change(world, f"partner add {name}{i}.example")
            if i % 2 == 0:
                change(world, f"partner del {name}{i}.example")
        return name

    with concurrent.futures.ThreadPoolExecutor() as pool:
        began = time.monotonic()
        done = [f.result() for f in [pool.submit(operate, name) for name in ("ann", "ben")]]
    left = {c["change"] for c in run_time_changes(world)}
    wanted = {f"partner add {name}{i}.example" for name in done for i in range(1, 10, 2)}
    check(left == wanted, f"{left} is not {wanted}, after {time.monotonic() - began:.1f} s")
    for command in wanted:
        change(world, command.replace(" add ", " revert "))
    check(not run_time_changes(world), f"left: {run_time_changes(world)}")
    world.good_pair()
