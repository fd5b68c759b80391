# SPDX-License-Identifier: BSD-3-Clause
"""cast: who takes part. Domains, servers, addresses, and how each partner is to be authenticated.

Partner domains come in three kinds, named as the relay names the method that must result:
sasl-external, dialback-tls (the relay's partner entry has SASL switched off) and dialback-plain
(entry and server loosened to plain TCP).
"""

import dataclasses

from .netns import NETS, NETS6

PASSWORD = "lab-secret"


@dataclasses.dataclass
class Server:
    """One server process."""

    name: str
    kind: str  # a key of lab.KINDS
    net: str  # out: a partner; in: a gateway
    host: int
    domains: list
    users: list  # (user, domain)
    bidi: bool = False
    plain: bool = False  # no TLS at all (Prosody can only do that for the whole process)
    plain_domains: list = dataclasses.field(default_factory=list)
    extra_names: list = dataclasses.field(default_factory=list)
    components: list = dataclasses.field(default_factory=list)  # domains served by XEP-0114
    families: tuple = (4,)  # of its streams with other servers; clients always come by IPv4
    log_level: str = "info"
    password: str = PASSWORD

    @property
    def namespace(self):
        return self.name

    @property
    def address(self):
        return f"{NETS[self.net]}{self.host}"

    @property
    def address6(self):
        return f"{NETS6[self.net]}{self.host}"

    @property
    def s2s_addresses(self):
        return [{4: self.address, 6: self.address6}[family] for family in self.families]


@dataclasses.dataclass
class Partner:
    """One entry of the relay's AllowedPartners."""

    domain: str
    method: str
    tls: str = "Required"
    sasl: str = "Required"
    dialback: bool = False
    partner_type: str = "Federated"
    more: dict = dataclasses.field(default_factory=dict)  # further attributes, as the file has them


@dataclasses.dataclass
class Gateway:
    """One entry of the relay's gateways: which local domains, by which certificate, dialled how."""

    name: str
    domains: list
    certificate_name: str
    address: str
    dial: str = "none"
    port: int = 0


def external(domain):
    return Partner(domain, "sasl-external")


def dialback_tls(domain):
    return Partner(domain, "dialback-tls", sasl="NotSupported", dialback=True)


def dialback_plain(domain):
    return Partner(domain, "dialback-plain", "NotSupported", "NotSupported", True)


@dataclasses.dataclass
class Cast:
    """A whole lab: servers on both sides, and what the relay is told about them."""

    servers: list
    partners: list
    gateways: list
    more_partners: list = dataclasses.field(default_factory=list)  # allowed, but without a server
    records: list = dataclasses.field(default_factory=list)  # dnsmasq options for the outside

    def server(self, name):
        return next(s for s in self.servers if s.name == name)

    def server_of(self, domain):
        return next(s for s in self.servers if domain in s.domains)

    @property
    def local_domains(self):
        return list(dict.fromkeys(d for g in self.gateways for d in g.domains))


def fabrikam(domains=("fabrikam.example", "woodgrove.example")):
    return Server("fabrikam", "prosody", "out", 21, list(domains),
                  [("bob", d) for d in domains])  # fmt: skip


def tailspin(domains=("tailspin.example", "adventure.example", "wingtip.example")):
    return Server("tailspin", "ejabberd", "out", 22, list(domains), [("carol", d) for d in domains],
                  plain_domains=[d for d in domains if d == "wingtip.example"])  # fmt: skip


def litware():
    return Server("litware", "prosody", "out", 23, ["litware.example"],
                  [("dave", "litware.example")], plain=True)  # fmt: skip


def contoso():
    return Server("contoso", "prosody", "in", 21, ["contoso.example"],
                  [("alice", "contoso.example")], bidi=True,
                  extra_names=["gw.contoso.example"])  # fmt: skip


def proseware():
    return Server("proseware", "prosody", "in", 22, ["proseware.example", "trey.example"],
                  [("paula", "proseware.example"), ("tom", "trey.example")])  # fmt: skip


def northwind():
    return Server("northwind", "ejabberd", "in", 23, ["northwind.example"],
                  [("nora", "northwind.example")])  # fmt: skip


def pair():
    """For the demo: one partner, one gateway."""
    return Cast(
        [contoso(), fabrikam(["fabrikam.example"])],
        [external("fabrikam.example")],
        [Gateway("contoso", ["contoso.example"], "gw.contoso.example", f"{NETS['in']}21",
                 "direct-tls", 5270)],
    )  # fmt: skip


def small():
    """To play with: as the pair, and a partner of the other make."""
    cast = pair()
    cast.servers.append(tailspin(["tailspin.example"]))
    cast.partners.append(external("tailspin.example"))
    return cast


def full():
    """For the end-to-end tests: every method, every kind of gateway, at once."""
    inside = NETS["in"]
    return Cast(
        [northwind(), tailspin(), contoso(), proseware(), fabrikam(), litware()],
        [
            external("fabrikam.example"),
            dialback_tls("woodgrove.example"),
            dialback_plain("litware.example"),
            external("tailspin.example"),
            dialback_tls("adventure.example"),
            dialback_plain("wingtip.example"),
        ],
        [
            Gateway("contoso", ["contoso.example"], "gw.contoso.example", f"{inside}21"),
            Gateway("proseware", ["proseware.example"], "proseware.example", f"{inside}22",
                    "direct-tls", 5270),
            Gateway("trey", ["trey.example"], "trey.example", f"{inside}22", "starttls", 5269),
            Gateway("northwind", ["northwind.example"], "northwind.example", f"{inside}23",
                    "direct-tls", 5270),
        ],
        [dialback_tls("mallory.example"), external("mallet.example")],
    )  # fmt: skip
