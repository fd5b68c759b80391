# SPDX-License-Identifier: BSD-3-Clause
"""load_lab: partners and a gateway of cases_load.py, all played by the load generator, and their DNS."""

import dataclasses

from labkit.cast import Gateway, Partner
from labkit.netns import NETS

import policy_lab

PORT = 5284  # where the partners take streams, on the hostile host
PARTNERS = [f"p{n}.blueyonder.example" for n in range(4)]
SHUT = "shut.blueyonder.example"  # a partner at whose port nobody ever listens
LOCAL = ["fourthcoffee.example"]
GATEWAY_NAME = "gw.fourthcoffee.example"


def extend(cast):
    """@cast with these allowed."""
    records = [word for domain in PARTNERS for word in policy_lab.srv(domain, PORT)]
    records += policy_lab.srv(SHUT, policy_lab.SHUT)
    return dataclasses.replace(
        cast,
        gateways=[*cast.gateways,
                  Gateway("fourthcoffee", LOCAL, GATEWAY_NAME, f"{NETS['in']}66")],
        more_partners=cast.more_partners + [Partner(d, "sasl-external") for d in [*PARTNERS, SHUT]],
        records=cast.records + records,
    )  # fmt: skip


def issue(lab):
    """Certificates of both ends, and those by which the relay stands in for the partners inside."""
    lab.outside.issue("blueyonder", PARTNERS)
    lab.inside.issue("gw-fourthcoffee", [GATEWAY_NAME, *LOCAL])
    for domain in [*PARTNERS, SHUT]:
        lab.inside.issue(f"partners/{domain}", [domain])
