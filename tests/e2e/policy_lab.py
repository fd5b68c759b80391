# SPDX-License-Identifier: BSD-3-Clause
"""policy_lab: partners of cases_policy.py, all spoken by hand from the hostile host, and their DNS.

Where a name leads: OPEN and DIRECT are ports that a case listens on, at SHUT nobody ever does.
"""

import dataclasses

from labkit.cast import Partner
from labkit.netns import NETS

OPEN, DIRECT, SHUT, SHUT_TOO = 5281, 5282, 5991, 5992
HOST = "xmpp.hoster.example"

PARTNERS = [
    Partner("proxied.example", "sasl-external", more={"ProxyFqdn": f"{HOST}:{OPEN}"}),
    Partner("noservice.example", "sasl-external"),
    Partner("nodns.example", "sasl-external"),
    Partner("closed.example", "sasl-external"),
    Partner("second.example", "sasl-external"),
    Partner("direct.example", "sasl-external", partner_type="PublicVerified"),
    Partner("small.example", "sasl-external", more={"ConnectionLimit": 2}),
    Partner("open.example", "sasl-external"),
    Partner("quiet.example", "sasl-external"),
    Partner("live.example", "sasl-external"),
    Partner("mute.example", "sasl-external", more={"EnableKeepAlive": "false"}),
    Partner("busy.example", "sasl-external", more={"EnableKeepAlive": "false"}),
]
DOMAINS = [p.domain for p in PARTNERS]


def srv(domain, *targets, service="_xmpp-server"):
    """@targets: ports of HOST in their order. None at all: the service is refused (target ".")."""
    name = f"--srv-host={service}._tcp.{domain}"
    return [f"{name},{HOST},{port},{10 * i},5" for i, port in enumerate(targets)] or [name]


def records():
    lines = [f"--host-record={HOST},{NETS['out']}66", *srv("noservice.example")]
    lines += srv("proxied.example", SHUT) + srv("closed.example", SHUT, SHUT_TOO)
    lines += srv("second.example", SHUT, OPEN) + srv("direct.example", DIRECT, service="_xmpps-server")
    for domain in ("small", "open", "quiet", "live", "mute", "busy"):
        lines += srv(f"{domain}.example", OPEN)
    return lines


def extend(cast):
    """@cast with these partners allowed."""
    return dataclasses.replace(
        cast, more_partners=cast.more_partners + PARTNERS, records=cast.records + records()
    )
