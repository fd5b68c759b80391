# SPDX-License-Identifier: BSD-3-Clause
"""The relay over vhost and virtio-user, with the load generator on the relay's own TCP behind them."""

from labkit import link

from harness import case, check

PARTNERS = 4
EACH = 500  # stanzas of one flow; there is one for each partner and way
ALL = 2 * EACH * PARTNERS
APART = 1000  # its lab is not the world's: no two relays have the same addresses in one


@case("link")
def two_thousand_each_way_in_order(world):
    """In a lab of its own beside the world's, whose relay idles meanwhile."""
    with link.Link(world.number + APART, world.relay.build, PARTNERS, idle="yield",
                   first=False) as own:  # fmt: skip
        parties = [*own.inward(PARTNERS), *own.outward(PARTNERS)]
        parties.pop(1)  # the gateway that only receives: the one that sends does both
        figures = own.run(parties, count=EACH, window=50, drain=15, wait=60)
        left = [str(p) for p in own.lab.path("link").iterdir()]
    check(figures["exit"] == 0, f"the load generator says: {figures}")
    check(figures["sent"] == figures["received"] == ALL, f"not all {ALL} arrived: {figures}")
    law = figures["relay"]["law"]
    check(law["accepted"] == law["delivered"] == ALL and law["held"] == 0, f"the law: {law}")
    check(not left, f"sockets are left: {left}")
    left = own.lab.left_behind()
    check(not left, f"left behind: {left}")
