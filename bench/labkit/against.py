# SPDX-License-Identifier: BSD-3-Clause
"""against: one server under test, alone in a lab, and the load generator's cases for it."""

import os

from . import cast, lab, load
from .netns import NETS
from .proxies import BACKEND_PORT
from .state import LabError, wait_until

SERVERS = {"prosody": "external", "ejabberd": "external", "jabberd2": "dialback",
           "haproxy": None, "nginx": None}  # fmt: skip
HOST = 21
ADDRESS = f"{NETS['out']}{HOST}"
LOCAL, COMPONENT = "contoso.example", "sink.contoso.example"
PARTNERS = [f"p{n}.blueyonder.example" for n in range(10)]
PARTNER_PORT = 5299  # where the partners take the server's streams
CPUS = sorted(os.sched_getaffinity(0))
SERVER_CPU, LOAD_CPU = CPUS[-1], CPUS[0]


def make_cast(kind):
    server = cast.Server("subject", kind, "out", HOST, [LOCAL], [], components=[COMPONENT],
                         extra_names=[COMPONENT], log_level="warn")  # fmt: skip
    if kind == "ejabberd":
        server.log_level = "warning"
    records = [f"--host-record=xmpp.blueyonder.example,{ADDRESS}"]
    records += [f"--srv-host=_xmpp-server._tcp.{p},xmpp.blueyonder.example,{PARTNER_PORT},0,5"
                for p in PARTNERS]  # fmt: skip
    # the gateway stands for the organisation's domain alone: no relay runs
    return cast.Cast([server], [], [cast.Gateway("none", [LOCAL], LOCAL, ADDRESS)], records=records)


def median(runs):
    """The run in the middle by what the server's CPU did; a bad one counts as the result."""
    bad = [r for r in runs if r["exit"] != 0]
    return bad[0] if bad else sorted(runs, key=lambda r: r.get("stanzas_per_cpu_s", 0))[len(runs) // 2]


class Subject:
    """A server of @kind, up for as long as the `with` block lasts."""

    def __init__(self, kind, number, build=None):
        self.kind, self.build = kind, build
        self.lab = lab.Lab(make_cast(kind), number)

    def __enter__(self):
        try:
            self.lab.up()
        except BaseException:
            self.lab.down()
            raise
        self.lab.outside.issue("partners", PARTNERS)
        for pid in self.pids():
            os.system(f"taskset -acp {SERVER_CPU} {pid} > /dev/null")
        return self

    def __exit__(self, *_why):
        self.lab.down()

    def pids(self):
        records = self.lab.rundir.records()
        names = [n for n in records if n.startswith("subject") or n.startswith("epmd-subject")]
        return [records[n]["pid"] for n in names if not n.startswith("epmd")]

    def party(self, role, ours, theirs, *more, certificate="partners", **options):
        words = list(more)
        if role != "component":
            words += load.certificates(self.certificate(certificate),
                                       self.lab.outside.certificate)  # fmt: skip
        return load.party(role, ours, theirs, *words,
                          netns=self.lab.network.name("subject"), **options)  # fmt: skip

    def certificate(self, name):
        if name == "partners":
            return self.lab.path("pki", "partners.crt")
        return self.lab.path("subject", "certs", f"{name}.crt")

    def partner(self, ours, *more, **options):
        return self.party("partner", ours, [COMPONENT], *more, auth=SERVERS[self.kind], **options)

    def component(self, *more):
        return self.party("component", [COMPONENT], PARTNERS, *more, dial=f"{ADDRESS}:5347",
                          secret=cast.PASSWORD)  # fmt: skip

    def run(self, parties, seconds, **options):
        return load.run(parties, self.build, watch_pid=self.pids(), cpu=LOAD_CPU, quiet=True,
                        seconds=seconds, warm_up=min(2, seconds), **options)  # fmt: skip

    def inward(self, partners, streams, window=200, **options):
        ours = PARTNERS[:partners]
        dial = self.partner(ours, "--send", dial=f"{ADDRESS}:5269", listen=f":{PARTNER_PORT}",
                            streams=streams)  # fmt: skip
        return lambda seconds: self.run([dial, self.component()], seconds, window=window, **options)

    def outward(self, partners, window=200, **options):
        ours = PARTNERS[:partners]
        out = self.party("component", [COMPONENT], ours, "--send", dial=f"{ADDRESS}:5347",
                         secret=cast.PASSWORD)  # fmt: skip
        taking = self.partner(ours, listen=f":{PARTNER_PORT}")
        return lambda seconds: self.run([out, taking], seconds, window=window, **options)

    def through(self, streams, window=1000, **options):
        dial = self.party("tls", PARTNERS[:1], [LOCAL], "--send", dial=f"{ADDRESS}:5269",
                          streams=streams)  # fmt: skip
        take = self.party("tls", [LOCAL], PARTNERS[:1], certificate=LOCAL,
                          listen=f"{ADDRESS}:{BACKEND_PORT}")  # fmt: skip
        return lambda seconds: self.run([dial, take], seconds, window=window, **options)

    def opened(self, streams):
        """Streams opened and left alone: what one costs to open, and to have."""
        if SERVERS[self.kind] is None:
            dial = self.party("tls", PARTNERS[:1], [LOCAL], dial=f"{ADDRESS}:5269", streams=streams)
            other = self.party("tls", [LOCAL], PARTNERS[:1], certificate=LOCAL,
                               listen=f"{ADDRESS}:{BACKEND_PORT}")  # fmt: skip
        else:
            dial = self.partner(PARTNERS, dial=f"{ADDRESS}:5269", listen=f":{PARTNER_PORT}",
                                streams=streams // len(PARTNERS))  # fmt: skip
            other = self.component()
        return lambda _seconds: self.run([dial, other], 0, parallel=8)

    def cases(self, only=""):
        """(name, function of seconds that runs it)."""
        if SERVERS[self.kind] is None:
            all_cases = {  # the first one while the server's memory has not grown yet
                "open 200 streams": self.opened(200),
                "200 B, 1 stream, single": self.through(1, records="single"),
                "200 B, 1 stream, packed": self.through(1),
                "200 B, 10 streams, single": self.through(10, 200, records="single"),
                "200 B, 10 streams, packed": self.through(10, 200),
                "500 B, 1 stream, single": self.through(1, size=500, records="single"),
                "500 B, 1 stream, packed": self.through(1, size=500),
                "mix, 10 streams, single": self.through(10, 200, mix="mix", records="single"),
                "mix, 10 streams, packed": self.through(10, 200, mix="mix"),
                "4 KB, 1 stream, single": self.through(1, 200, size=4096, records="single"),
                "200 B, 2,000/s": self.through(1, rate=2000, spin=True),
            }
        else:
            all_cases = {  # the first one while the server's memory has not grown yet
                "open 200 streams": self.opened(200),
                "in, 200 B, 1 stream": self.inward(1, 1),
                "in, 200 B, 10 streams": self.inward(10, 1, 50),
                "in, 500 B, 1 stream": self.inward(1, 1, size=500),
                "in, 4 KB, 1 stream": self.inward(1, 1, 50, size=4096),
                "in, mix, 10 streams": self.inward(10, 1, 50, mix="mix"),
                "in, 200 B, 2,000/s": self.inward(1, 1, rate=2000, spin=True),
                "out, 200 B, 1 domain": self.outward(1),
                "out, 4 KB, 1 domain": self.outward(1, 50, size=4096),
            }
        if self.kind == "jabberd2":  # README.md says why
            all_cases = {name: run for name, run in all_cases.items() if name.startswith("out")}
        return [(name, run) for name, run in all_cases.items() if only in name]
