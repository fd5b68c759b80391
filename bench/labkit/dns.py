# SPDX-License-Identifier: BSD-3-Clause
"""dns: two views of the lab's names, one dnsmasq each.

Outside: the SRV record of every domain names the server that answers for it in the open; the
organisation's domains name the relay. Inside: every partner's `_xmpps-server` names the relay's
internal interface, which is how unmodified servers are made to send everything there; there is no
`_xmpp-server`, because ejabberd would try that first and without TLS.
"""

from .netns import NETS, NETS6
from .state import wait_until

EDGE_HOST = 10
DNS_HOST = 53
INTERNAL_NAME = "edge-int.contoso.example"
EXTERNAL_NAME = "xmpp.contoso.example"


def records_outside(partners, local_domains):
    """@partners: domain -> (addresses, port). The relay itself can be reached in both families."""
    edge = f"{NETS['out']}{EDGE_HOST},{NETS6['out']}{EDGE_HOST}"
    lines = [f"--host-record={EXTERNAL_NAME},{edge}"]
    for domain in local_domains:
        lines.append(f"--srv-host=_xmpp-server._tcp.{domain},{EXTERNAL_NAME},5269,0,5")
    for domain, (addresses, port) in partners.items():
        lines.append(f"--host-record=xmpp.{domain},{','.join(addresses)}")
        lines.append(f"--srv-host=_xmpp-server._tcp.{domain},xmpp.{domain},{port},0,5")
    return lines


def records_inside(partner_domains):
    lines = [f"--host-record={INTERNAL_NAME},{NETS['in']}{EDGE_HOST}"]
    for domain in partner_domains:
        lines.append(f"--srv-host=_xmpps-server._tcp.{domain},{INTERNAL_NAME},23456,0,5")
    return lines


def start(rundir, network, view, nets, records):
    """One dnsmasq, answering on the DNS address of each of @nets."""
    rundir.spawn(
        f"dns-{view}",
        [
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
            "--local=/example/", "--bind-interfaces", "--except-interface=lo", "--pid-file=",
            "--user=root", "--local-ttl=5",
            *(f"--listen-address={NETS[net]}{DNS_HOST}" for net in nets),
            *records,
        ],
        network.name("dns"),
    )  # fmt: skip
    address = f"{NETS[nets[0]]}{DNS_HOST}"
    wait_until(lambda: network.listens("dns", 53, address), f"dnsmasq ({view})", 10)
