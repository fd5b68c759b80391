# SPDX-License-Identifier: BSD-3-Clause
"""drain_lab: a local domain that two gateways serve, both spoken by hand from the insider."""

import dataclasses

from labkit.cast import Gateway
from labkit.netns import NETS

DOMAIN = "lamna.example"
PORTS = {"lamna-a": 5291, "lamna-b": 5292}


def extend(cast):
    """@cast with both, in this order."""
    made = [Gateway(name, [DOMAIN], f"{name}.example", f"{NETS['in']}66", "direct-tls", port)
            for name, port in PORTS.items()]  # fmt: skip
    return dataclasses.replace(cast, gateways=[*cast.gateways, *made])


def issue(lab):
    for name in PORTS:
        lab.inside.issue(name, [f"{name}.example", DOMAIN])
