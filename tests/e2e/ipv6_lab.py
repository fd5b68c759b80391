# SPDX-License-Identifier: BSD-3-Clause
"""ipv6_lab: who takes part in cases_ipv6.py, and what the DNS says of them.

Real servers: lucerne, a partner that has IPv6 alone; relecloud, a domain of the organisation whose
gateway is dialled by IPv6. Spoken by hand from the hostile host, at port OPEN6: both.example, which
has both families; dark.example, whose AAAA is an address that nobody has and whose A is good.
"""

import dataclasses

from labkit.cast import Gateway, Partner, Server, external
from labkit.netns import NETS, NETS6

OPEN6 = 5283
NOBODY = f"{NETS6['out']}dead"
STRANGER, STRANGER6 = f"{NETS['out']}66", f"{NETS6['out']}66"
RELECLOUD6 = f"{NETS6['in']}22"
LUCERNE6 = f"{NETS6['out']}24"
PARTNERS = [Partner("both.example", "sasl-external"), Partner("dark.example", "sasl-external")]
DOMAINS = [p.domain for p in PARTNERS]


def lucerne():
    return Server("lucerne", "prosody", "out", 24, ["lucerne.example"],
                  [("lena", "lucerne.example")], families=(6,))  # fmt: skip


def both_families(server):
    """@server with a domain more, and reached in both families."""
    return dataclasses.replace(
        server, domains=server.domains + ["relecloud.example"],
        users=server.users + [("rob", "relecloud.example")], families=(4, 6),
    )  # fmt: skip


def records():
    lines = []
    for domain, addresses in (("both.example", f"{STRANGER},{STRANGER6}"),
                              ("dark.example", f"{STRANGER},{NOBODY}")):  # fmt: skip
        lines.append(f"--host-record=xmpp.{domain},{addresses}")
        lines.append(f"--srv-host=_xmpp-server._tcp.{domain},xmpp.{domain},{OPEN6},0,5")
    return lines


def extend(cast):
    """@cast with these servers, partners and names."""
    servers = [both_families(s) if s.name == "proseware" else s for s in cast.servers]
    gateway = Gateway("relecloud", ["relecloud.example"], "relecloud.example", RELECLOUD6,
                      "direct-tls", 5270)  # fmt: skip
    return dataclasses.replace(
        cast, servers=servers + [lucerne()], partners=cast.partners + [external("lucerne.example")],
        gateways=cast.gateways + [gateway], more_partners=cast.more_partners + PARTNERS,
        records=cast.records + records(),
    )  # fmt: skip
