# SPDX-License-Identifier: BSD-3-Clause
"""The lab itself: partners speak to each other past the relay. What fails later is then the relay's."""

from harness import case, check

PAIRS = [
    ("bob@fabrikam.example", "carol@tailspin.example"),
    ("bob@woodgrove.example", "carol@adventure.example"),
    ("dave@litware.example", "carol@wingtip.example"),
]


@case("lab")
def partners_federate_directly(world):
    before = world.relay.law()["accepted"]
    for one, other in PAIRS:
        a, b = world.user(one), world.user(other)
        a.say(b.full_jid, "direct")
        b.expect_body("direct")
        b.say(a.full_jid, "direct back")
        a.expect_body("direct back")
        check(a.ping(b.full_jid) < 10 and b.ping(a.full_jid) < 10, "ping")
    check(world.relay.law()["accepted"] == before, "the relay took part")
