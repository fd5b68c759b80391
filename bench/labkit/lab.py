# SPDX-License-Identifier: BSD-3-Clause
"""lab: brings a whole cast up and down, in parallel where that is possible."""

import concurrent.futures
import pathlib
import time

from . import dns, netns, pki
from .ejabberd import Ejabberd
from .jabberd2 import Jabberd2
from .prosody import Prosody
from .proxies import Haproxy, Nginx
from .state import LabError, RunDir, say, wait_until

KINDS = {
    "ejabberd": Ejabberd,
    "haproxy": Haproxy,
    "jabberd2": Jabberd2,
    "nginx": Nginx,
    "prosody": Prosody,
}
STRANGER = ("stranger", "out", 66)  # where hostile clients of the outside live
STRANGER_DOMAINS = ["mallory.example", "mallet.example", "unlisted.example"]
INSIDER = ("insider", "in", 66)  # and those of the inside


class Lab:
    """One lab. up() starts from whatever a former run left."""

    def __init__(self, cast, number=0, path=None):
        self.cast = cast
        self.rundir = RunDir(number, path)
        self.network = netns.Network(self.rundir)
        self.servers = {}
        self.outside = self.inside = None
        self.began = time.monotonic()

    def up(self):
        self.rundir.take()
        self.rundir.clean()
        for stale in self.rundir.folder("log").iterdir():
            stale.unlink()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            keys = pool.submit(self.authorities)
            self.cables()
            keys.result()
            names = [pool.submit(self.names), pool.submit(self.relay_certificates)]
            list(pool.map(self.start_server, self.cast.servers))
            for job in names:
                job.result()
        self.say(f"{len(self.servers)} servers take connections")

    def say(self, text):
        say(f"{time.monotonic() - self.began:5.1f} s  {text}")

    def authorities(self):
        folder = self.rundir.folder("pki")
        self.outside = pki.Authority(folder, "outside")
        self.inside = pki.Authority(folder, "inside")

    def authority(self, net):
        return self.outside if net == "out" else self.inside

    def cables(self):
        net = self.network
        net.bridges()
        net.add("edge")
        net.plug("edge", "px0", "out", dataplane=True)
        net.plug("edge", "px1", "in", dataplane=True)
        net.plug("edge", "mgmt0", "mgmt", dns.EDGE_HOST)
        net.add("dns")
        for number, name in enumerate(("out", "in", "mgmt")):
            net.plug("dns", f"dns{number}", name, dns.DNS_HOST)
        for short, where, host in (STRANGER, INSIDER):
            net.add(short)
            net.plug(short, "eth0", where, host)
        for server in self.cast.servers:
            net.add(server.namespace)
            net.plug(server.namespace, "eth0", server.net, server.host)
        self.say("network is up")

    def outside_records(self, more):
        """What the outside's DNS says of the cast's servers, and @more."""
        partners = {p.domain: (self.cast.server_of(p.domain).s2s_addresses, 5269)
                    for p in self.cast.partners}  # fmt: skip
        for domain in STRANGER_DOMAINS:
            partners[domain] = ([f"{netns.NETS[STRANGER[1]]}{STRANGER[2]}"], 5269)
        return dns.records_outside(partners, self.cast.local_domains) + more

    def names_outside(self, more):
        """Starts the outside's DNS, or starts it again with other records."""
        self.rundir.end("dns-outside")
        dns.start(self.rundir, self.network, "outside", ("out", "mgmt"), self.outside_records(more))

    def names(self):
        self.names_outside(self.cast.records)
        dns.start(self.rundir, self.network, "inside", ("in",),
                  dns.records_inside([p.domain for p in self.cast.partners]))  # fmt: skip

    def relay_certificates(self):
        """The edge's own for the outside, the internal one, and one per partner to stand in for it."""
        self.outside.issue("edge", self.cast.local_domains)
        self.inside.issue("edge-int", [dns.INTERNAL_NAME])
        for partner in self.cast.partners:
            self.inside.issue(f"partners/{partner.domain}", [partner.domain])

    def start_server(self, server):
        authority = self.authority(server.net)
        one = KINDS[server.kind](
            self.rundir, self.network, server, netns.NETS[server.net] + str(dns.DNS_HOST),
            authority.certificate, authority.issue,
        )  # fmt: skip
        self.servers[server.name] = one
        one.register()
        self.start_again(server.name)
        one.finish()

    def start_again(self, name):
        one = self.servers[name]
        one.start()
        wait_until(lambda: one.ready() or not self.rundir.alive(name), f"server {name}", 180, 0.05)
        if not self.rundir.alive(name):
            raise LabError(f"server {name} ended:\n{self.rundir.log_text(name)}")

    def path(self, *names):
        return pathlib.Path(self.rundir.path, *names)

    def down(self, keep_logs=False):
        if self.rundir.lock is None:
            self.rundir.take()
        if keep_logs:
            self.rundir.clean()
        else:
            self.rundir.remove()

    def left_behind(self):
        """What a lab that is down still shows: must be empty."""
        return self.rundir.namespaces() + [n for n in self.rundir.records() if self.rundir.alive(n)]
