# SPDX-License-Identifier: BSD-3-Clause
"""harness: what the end-to-end cases have in hand, and how they are listed.

A case is a function of the world, declared by @case("group"). After each the runner itself asks
whether the law of conservation holds, nothing is held any more, and the relay logged no error.
"""

import contextlib
import dataclasses
import json
import pathlib
import sys
import time

TREE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "bench"))

import drain_lab  # noqa: E402
import explain_lab  # noqa: E402
import ipv6_lab  # noqa: E402
import load_lab  # noqa: E402
import policy_lab  # noqa: E402
import service_lab  # noqa: E402
from labkit import cast, dns, lab, netns, relay, s2s, users  # noqa: E402
from labkit.state import LabError, wait_until  # noqa: E402

__all__ = ["CASES", "Failed", "LabError", "World", "case", "check", "netns", "s2s", "wait_until"]

CASES = []
ESTABLISHMENT_S = 8  # StreamEstablishmentTimeout of the whole run: short, so that it can be seen


class Failed(Exception):
    """A case's expectation does not hold."""


def check(condition, text):
    if not condition:
        raise Failed(text)


def case(group):
    def declare(function):
        CASES.append((f"{group}/{function.__name__}", function))
        return function

    return declare


class World:
    """The lab, the relay in it, the people at both ends."""

    EDGE = f"{netns.NETS['out']}{dns.EDGE_HOST}"
    INTERNAL = f"{netns.NETS['in']}{dns.EDGE_HOST}"
    EDGE6 = f"{netns.NETS6['out']}{dns.EDGE_HOST}"
    INTERNAL6 = f"{netns.NETS6['in']}{dns.EDGE_HOST}"

    def __init__(self, number, build, driver):
        self.number = number
        whole = ipv6_lab.extend(policy_lab.extend(cast.full()))
        whole = explain_lab.extend(drain_lab.extend(load_lab.extend(whole)))
        self.lab = lab.Lab(whole, number)
        self.users = users.Users(self.lab)
        self.relay = relay.Relay(
            self.lab, build, driver, StreamEstablishmentTimeout=ESTABLISHMENT_S
        )
        self.relay.metrics["telemetry"] = "true"
        self.log_seen = 0

    def up(self):
        self.lab.up()
        outside, inside = self.lab.outside, self.lab.inside
        outside.issue("mallet", ["mallet.example"])
        outside.issue("mallory", ["mallory.example"])
        outside.issue("policy", policy_lab.DOMAINS)
        outside.issue("ipv6", ipv6_lab.DOMAINS)
        load_lab.issue(self.lab)
        drain_lab.issue(self.lab)
        explain_lab.issue(self.lab)
        inside.issue("gw-expired", ["gw.contoso.example"], expired=True)
        inside.issue("gw-other-name", ["printer.contoso.example"])
        inside.issue("gw-good", ["gw.contoso.example"])
        outside.issue("gw-other-ca", ["gw.contoso.example"])
        self.relay.start()

    def down(self):
        self.users.close()
        code = self.relay.stop()
        self.lab.down()
        left = self.lab.left_behind()
        check(not left, f"left behind: {left}")
        check(code == 0, f"the relay ended with {code}")

    def user(self, jid):
        return self.users.get(jid)

    def pki(self, name):
        return self.lab.path("pki", name)

    def tls(self, name=None, inside=False, verify=True):
        """TLS settings of a hand-made peer that shows certificate @name."""
        ca = (self.lab.inside if inside else self.lab.outside).certificate
        made = s2s.context(ca, *(self.pki(f"{name}.{e}") for e in ("crt", "key"))) if name else (
            s2s.context(ca))  # fmt: skip
        if not verify:
            made.check_hostname = False
        return made

    def stranger(self):
        """A new TCP connection of the hostile host to the edge."""
        return s2s.Stream(self.lab, "stranger", self.EDGE)

    def insider(self):
        return s2s.Stream(self.lab, "insider", self.INTERNAL, 23456)

    def mallet(self):
        """An authenticated stream of a partner that then misbehaves."""
        return s2s.established(self.lab, "stranger", self.EDGE, "contoso.example", "mallet.example",
                               self.tls("mallet"))  # fmt: skip

    def good_pair(self):
        """A message of a well-behaved pair passes, both ways, now."""
        bob, alice = self.user("bob@fabrikam.example"), self.user("alice@contoso.example")
        body = f"still here {time.monotonic_ns()}"
        alice.say(bob.full_jid, f"{body} out")
        bob.expect_body(f"{body} out")
        bob.say(alice.full_jid, f"{body} in")
        alice.expect_body(f"{body} in")

    def reload(self, without=(), change=None, **settings):
        """Reloads with the partners @without left out, fields of others as in @change."""
        whole, change = self.lab.cast, change or {}

        def edited(partners):
            return [dataclasses.replace(p, **change.get(p.domain, {}))
                    for p in partners if p.domain not in without]  # fmt: skip

        self.relay.write_config(
            dataclasses.replace(whole, partners=edited(whole.partners),
                                more_partners=edited(whole.more_partners)), **settings)  # fmt: skip
        return json.loads(self.relay.ctl("--json reload").stdout)["data"]

    @contextlib.contextmanager
    def reloaded(self, without=(), change=None, **settings):
        """In this block the configuration is another one."""
        try:
            yield self.reload(without, change, **settings)
        finally:
            self.reload()

    @contextlib.contextmanager
    def drops(self, name, at_least=1):
        """In this block drop counter @name moves."""
        before = self.relay.drops()
        check(name in before, f"show counters knows no drop {name}: {sorted(before)}")
        yield
        wait_until(
            lambda: self.relay.drops()[name] - before[name] >= at_least,
            f"drop counter {name} to move (moved instead: {self.moved(before)})", 3,
        )  # fmt: skip

    def moved(self, before):
        return {k: v - before.get(k, 0) for k, v in self.relay.drops().items() if v != before.get(k)}

    def comes_back(self, inside, bob, seconds=40):
        """Within @seconds messages pass between the two again, both ways."""
        end = time.monotonic() + seconds
        while True:
            inside.say(bob.full_jid, "back out")
            bob.say(inside.full_jid, "back in")
            try:
                inside.expect_body("back in", 3)
                bob.expect_body("back out", 3)
                return
            except LabError:
                check(time.monotonic() < end, f"{inside.jid} is not reachable again")

    def log(self):
        return (self.lab.rundir.path / "log" / "relay.log").read_text(errors="replace")

    def logged(self, text):
        """The relay has logged @text since the last case: an error that had to be."""
        log = self.log()
        count, self.log_seen = log.count(text, self.log_seen), len(log)
        check(count > 0, f"{text} is not logged")

    def settled(self):
        """After a case: nothing held, the law holds, the relay lives and logged no error."""
        check(self.lab.rundir.alive("relay"), "the relay is gone")
        gaps = self.relay.law_gaps()
        check(not gaps, f"the law does not hold: {gaps}")
        wait_until(lambda: self.relay.law()["held"] == 0, "nothing to be held", 15)
        gaps = self.relay.law_gaps()
        check(not gaps, f"the law does not hold: {gaps}")
        log = self.log()
        new, self.log_seen = log[self.log_seen :], len(log)
        errors = [line for line in new.splitlines() if "level=error" in line or
                  "runtime error" in line or "Sanitizer" in line]  # fmt: skip
        check(not errors, "the relay logged: " + "\n".join(errors[:5]))
        refused = service_lab.refused_calls(self.relay.program("sluice").resolve())
        check(not refused, f"system calls refused, which sandbox.def has to list: {refused}")
