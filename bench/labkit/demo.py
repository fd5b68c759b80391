# SPDX-License-Identifier: BSD-3-Clause
"""demo: from a fresh checkout to a message through the relay, and what the relay says about it."""

import sys
import time

from . import cast, lab, relay, users
from .state import LabError, say, wait_until

DIRECTION = {"in": "opened by the other side", "out": "opened by the relay"}
BOB, ALICE = "bob@fabrikam.example", "alice@contoso.example"


def title(text):
    print(f"\n== {text}")


def show_streams(rows, stanza_name, edge, internal):
    """The two streams a stanza took: leg, ids, TLS, authentication."""
    title(f"the way of {stanza_name}")
    for leg, row in (("edge", edge), ("internal", internal)):
        if row is None:
            raise LabError(f"show streams has no {leg} stream for {stanza_name}: {rows}")
        print(f"  {leg:8}  {row['remote']} <-> {row['local']}  {DIRECTION[row['direction']]}"
              f"{', both ways' if row.get('bidi') else ''}")  # fmt: skip
        for field in ("stream_id", "tls", "cipher", "method", "state"):
            print(f"            {field:12} {row.get(field) or '-'}")


def pick(rows, leg, direction):
    """The stream of @leg between contoso and fabrikam; @direction decides where there are two."""
    fit = [r for r in rows if r["leg"] == leg and r["local"] == "contoso.example" and
           r["remote"] == "fabrikam.example" and r["method"]]  # fmt: skip
    exact = [r for r in fit if r["direction"] == direction or r.get("bidi")]
    return (exact or fit or [None])[0]


def talk(one):
    """Bob writes to Alice, Alice answers; both stanzas as their clients got them."""
    people = users.Users(one)
    try:
        bob, alice = people.get(BOB), people.get(ALICE)
        one.say("bob and alice are logged in")
        bob.say(alice.full_jid, "Hello Alice, across the relay.", "hello-1")
        to_alice = alice.expect_body("Hello Alice, across the relay.", 20)
        alice.say(bob.full_jid, "Hello Bob, the same way back.", "hello-2")
        to_bob = bob.expect_body("Hello Bob, the same way back.", 20)
        one.say("a message and its answer have arrived")
        return to_alice, to_bob
    finally:
        people.close()


def report(running, to_alice, to_bob):
    wait_until(lambda: running.law()["held"] == 0, "the last acknowledgement", 5)
    rows = running.streams()
    title(f"delivered to {ALICE}")
    print(" ", to_alice.raw.decode())
    title(f"delivered to {BOB}")
    print(" ", to_bob.raw.decode())
    show_streams(rows, "bob's message", pick(rows, "edge", "in"),
                 pick(rows, "internal", "out"))  # fmt: skip
    show_streams(rows, "alice's answer", pick(rows, "edge", "out"),
                 pick(rows, "internal", "in"))  # fmt: skip
    title("the port table (sluicectl show ports)")
    print(running.ctl("show ports").stdout.rstrip())
    title("the counters (sluicectl show counters)")
    print(running.ctl("show counters").stdout.rstrip())
    law = running.law()
    ends = {part: law[part] for part in relay.LAW_PARTS}
    title("the law")
    print(f"  accepted {law['accepted']} = "
          + " + ".join(f"{part} {n}" for part, n in ends.items())
          + f" = {sum(ends.values())}")  # fmt: skip
    gaps = running.law_gaps()
    if gaps or law["accepted"] < 2:
        raise LabError(f"the law does not hold: {gaps or law}")


def run(number, path, build, driver, skip_prepare=False):
    began = time.monotonic()
    if not skip_prepare:
        relay.build(build)
    one = lab.Lab(cast.pair(), number, path)
    one.began = began
    running = relay.Relay(one, build, driver)
    running.size = {"memory_mb": 256, "connections": 1024}  # most of its start is touching memory
    try:
        one.up()
        running.start()
        report(running, *talk(one))
        code = running.stop()
        if code != 0:
            raise LabError(f"the relay ended with {code}:\n{one.rundir.log_text('relay')}")
    except LabError:
        print(one.rundir.log_text("relay", 6000), file=sys.stderr)
        raise
    finally:
        one.down()
        say("the lab is down")
    left = one.left_behind()
    if left:
        raise LabError(f"left behind: {left}")
    title(f"done in {time.monotonic() - began:.1f} s")
