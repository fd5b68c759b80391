# SPDX-License-Identifier: BSD-3-Clause
"""A running relay is given another configuration, asked, stopped, killed: who notices, and who does not.

Partners are spoken by hand, as in cases_policy.py.
"""

import re
import signal
import subprocess

from harness import case, check, s2s, wait_until
from policy_peers import LOCAL, SILENCE, gateway, gets, silence, speaks


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
            (0, sluicectl(world, *at, stdin=subprocess.DEVNULL)),
            (2, sluicectl(world, *at, "-f", "/dev/null", "show", "status")),
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
