# SPDX-License-Identifier: BSD-3-Clause
"""link: the relay and the load generator at the two ends of shared memory (vhost, virtio-user).

No kernel network carries a stanza; only the relay's DNS queries go through the lab's. Each run has a
generator and a relay of its own, because virtio-user does not connect again. The relay's poll core
has the last processor for itself; the generator polls on the first, and where there are only two it
shares that with the relay's control thread.
"""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import subprocess
import threading
import time

from . import lab, load, relay
from .cast import Cast, Gateway, Partner
from .dns import EDGE_HOST
from .netns import NETS
from .state import LabError, wait_until

CPUS = sorted(os.sched_getaffinity(0))
LOAD_CPU, RELAY_CPUS = CPUS[0], CPUS[-2:]  # of these the relay takes the last for its core
HOST = 20  # the generator, on both networks
PORT = 5299  # where its partners take the relay's streams
EDGE, INTERNAL = f"{NETS['out']}{EDGE_HOST}:5269", f"{NETS['in']}{EDGE_HOST}:23456"
LOCAL, GATEWAY_NAME = "fourthcoffee.example", "gw.fourthcoffee.example"
CONNECTIONS = 24000  # most of the relay, streams and reserve
SIDES = {"outside": "out", "inside": "in"}


def domain(number):
    return f"p{number}.blueyonder.example"


def make_cast(partners):
    names = [domain(n) for n in range(partners)]
    records = [f"--host-record=xmpp.blueyonder.example,{NETS['out']}{HOST}"]
    records += [f"--srv-host=_xmpp-server._tcp.{n},xmpp.blueyonder.example,{PORT},0,5" for n in names]
    return Cast([], [], [Gateway("fourthcoffee", [LOCAL], GATEWAY_NAME, f"{NETS['in']}{HOST}")],
                [Partner(n, "sasl-external") for n in names], records)  # fmt: skip


def memory_kb(pid):
    """What a process has of memory, huge pages included."""
    rows = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = {name: value.split() for name, _, value in (row.partition(":") for row in rows)}
    return sum(int(fields[key][0]) for key in ("VmRSS", "HugetlbPages") if key in fields)


def put_first(pid):
    """The highest ordinary priority, of its session's group too, where sessions are scheduled as
    groups: polling beside compilers is otherwise mostly waiting."""
    group = pathlib.Path(f"/proc/{pid}/autogroup")
    if group.exists() and group.read_text():  # empty: in no session's group
        group.write_text("-20")
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        os.setpriority(os.PRIO_PROCESS, int(thread.name), -20)


class Progress(threading.Thread):
    """Reads the generator's lines, and notes at the first and the last of the measuring what is;
    @note None: nothing."""

    def __init__(self, stream, note):
        super().__init__(daemon=True)
        self.stream, self.note = stream, note
        self.text, self.moments, self.trouble = [], [], None

    def run(self):
        for line in self.stream:
            self.text.append(line)
            if self.note and " measuring " in line and self.trouble is None:
                try:
                    self.moments[1:] = [self.note()]
                except (LabError, OSError) as e:
                    self.trouble = str(e)


class Link:
    """A lab with a relay on shared memory; up for as long as the `with` block lasts."""

    def __init__(self, number, build=None, partners=256, relay_build=None, connections=4096,
                 memory_mb=512, idle="spin", first=True, options=()):  # fmt: skip
        self.lab = lab.Lab(make_cast(partners), number)
        self.build, self.options, self.first = build, list(options), first
        self.partners = [domain(n) for n in range(partners)]
        self.relay = relay.Relay(
            self.lab, relay_build or build, "virtio_user",
            ConnectionLimit=connections, PartnerConnectionLimit=connections,
        )  # fmt: skip
        self.relay.size = {"cores": 1, "memory_mb": memory_mb, "connections": connections}
        self.relay.idle = idle
        self.relay.words = ["taskset", "-c", ",".join(map(str, RELAY_CPUS))]
        self.relay.devices = {side: self.socket(name) for name, side in SIDES.items()}

    edge = EDGE

    def socket(self, side):
        return self.lab.path("link", f"{side}.sock")

    def __enter__(self):
        try:
            self.lab.up()
            self.lab.rundir.folder("link")
            self.certificates()
        except BaseException:
            self.lab.down()
            raise
        return self

    def __exit__(self, *_why):
        self.lab.down()

    def certificates(self):
        """Partners' own, those by which the relay stands in for them inside, and the gateway's."""
        self.lab.inside.issue("gw-fourthcoffee", [GATEWAY_NAME, LOCAL])
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            jobs = [pool.submit(authority.issue, f"{folder}/{name}", [name])
                    for authority, folder in ((self.lab.outside, "outer"),
                                              (self.lab.inside, "partners"))
                    for name in self.partners]  # fmt: skip
            for job in jobs:
                job.result()

    def partner(self, count, *more, **options):
        """The first @count partners as one party."""
        names = self.partners[:count]
        return load.party(
            "partner", names, [LOCAL],
            *load.certificates(self.lab.path("pki", "outer", f"{names[0]}.crt"),
                               self.lab.outside.certificate),
            "--cert-dir", self.lab.path("pki", "outer"), *more, **options,
        )  # fmt: skip

    def taking(self, count):
        return self.partner(count, listen=f"{NETS['out']}{HOST}:{PORT}")

    def gateway(self, count, *more, **options):
        return load.party(
            "gateway", [LOCAL], self.partners[:count],
            *load.certificates(self.lab.path("pki", "gw-fourthcoffee.crt"),
                               self.lab.inside.certificate),
            *more, dial=INTERNAL, **options,
        )  # fmt: skip

    def inward(self, count):
        """@count partners, a stream each, to the gateway."""
        return [self.partner(count, "--send", dial=EDGE), self.gateway(count)]

    def outward(self, count):
        return [self.gateway(count, "--send"), self.taking(count)]

    def words(self, parties, more=(), **options):
        """The generator's command line."""
        sides = [w for name, net in SIDES.items()
                 for w in (f"--{name}", f"{self.socket(name)},{NETS[net]}{HOST}/24")]  # fmt: skip
        return [load.program(self.build, "sluice-load-link"), *sides, "--cpu", LOAD_CPU,
                *self.options, *more, "--", "--json", *load.flags(**options),
                *(w for p in parties for w in p)]  # fmt: skip

    def pid(self):
        return self.lab.rundir.records()["relay"]["pid"]

    def note(self):
        """What the relay has done so far. Busy cycles where it tells (`show cores`)."""
        began = time.monotonic()
        told = self.relay.ctl("--json show cores", check=False)
        at_s = (began + time.monotonic()) / 2
        cores = json.loads(told.stdout)["data"]["cores"] if told.returncode == 0 else [{}]
        return {**cores[0], "at_s": at_s, "memory_kb": memory_kb(self.pid())}

    def generator(self, words):
        child = subprocess.Popen([str(w) for w in words], text=True, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, start_new_session=True)  # fmt: skip
        if self.first:
            put_first(child.pid)
        return child

    def run(self, parties, wait=180, looks=True, during=None, **options):
        """One measurement: the generator's figures, and the relay's under `relay`.

        @during: called with this once stanzas flow, what it returns is under `during`.

        @looks: asking the relay takes some ms of the processor that the generator polls on, each
        second. Without, its cycles are those of its whole life until the end of the measuring.
        """
        for side in SIDES:
            self.socket(side).unlink(missing_ok=True)
        child = self.generator(self.words(parties, **options))
        progress = Progress(child.stderr, self.note if looks else None)
        progress.start()
        try:
            wait_until(lambda: all(self.socket(s).exists() for s in SIDES) or child.poll() is not None,
                       "the generator's sockets", 20)  # fmt: skip
            self.relay.start()
            if self.first:
                put_first(self.pid())
            before = self.note()
            told = self.meanwhile(during, child, progress) if during else None
            out = finish(child, wait)
            progress.join(10)
            figures = self.figures(out, child, progress)
            figures["during"] = told
            moments = progress.moments or [before, self.note()]
            figures["relay"] = {**compared(before, moments), **self.counted()}
        finally:
            end(child)
            code = self.relay.stop()
        if code != 0:
            raise LabError(f"the relay ended with {code}:\n"
                           + self.lab.rundir.log_text("relay"))  # fmt: skip
        return figures

    def meanwhile(self, during, child, progress):
        wait_until(lambda: any(" measuring " in t for t in progress.text) or child.poll() is not None,
                   "the generator to measure", 60)  # fmt: skip
        return during(self)

    def figures(self, out, child, progress):
        if progress.trouble:
            raise LabError(progress.trouble)
        try:
            return {**json.loads(out), "exit": child.returncode}
        except ValueError as e:
            raise LabError(f"sluice-load-link: exit {child.returncode}: "
                           + "".join(progress.text)[-2000:]) from e  # fmt: skip

    def counted(self):
        """Of the relay's whole life."""
        gaps = self.relay.law_gaps()
        if gaps:
            raise LabError(f"the law does not hold: {gaps}")
        return {"law": {k: v for k, v in self.relay.law().items() if k != "of"},
                "drops": {k: v for k, v in self.relay.drops().items() if v}}  # fmt: skip

    def loop(self, seconds, streams=1, **options):
        """The link alone: the generator to itself, without a relay."""
        near, far = f"{NETS['out']}{HOST}", f"{NETS['out']}{EDGE_HOST}"
        own = load.certificates(self.lab.path("pki", "outer", f"{domain(0)}.crt"),
                                self.lab.outside.certificate)  # fmt: skip
        other = load.certificates(self.lab.path("pki", "outer", f"{domain(1)}.crt"),
                                  self.lab.outside.certificate)  # fmt: skip
        parties = [
            load.party("tls", [domain(0)], [domain(1)], *own, "--send", dial=f"{far}:{PORT}",
                       streams=streams),
            load.party("tls", [domain(1)], [domain(0)], *other, listen=f"{far}:{PORT}"),
        ]
        words = self.words(parties, ["--loop"], seconds=seconds, **options)
        words[words.index("--inside") + 1] = f"{self.socket('inside')},{far}/24"
        child = self.generator(words)
        progress = Progress(child.stderr, None)
        progress.start()
        try:
            out = finish(child, 180)
            progress.join(10)
        finally:
            end(child)
        return self.figures(out, child, progress)


def finish(child, timeout):
    try:
        child.wait(timeout)
    except subprocess.TimeoutExpired as e:
        raise LabError("sluice-load-link does not end") from e
    return child.stdout.read()


def end(child):
    with contextlib.suppress(ProcessLookupError):
        child.kill()
    child.wait()
    child.stdout.close()


def compared(before, moments):
    """What lies between the first and the last moment of the measuring."""
    last = moments[-1]
    result = {"memory_before_kb": before["memory_kb"], "memory_kb": last["memory_kb"]}
    if len(moments) < 2 or "busy_cycles" not in last:
        return result
    moved = {k: last[k] - moments[0][k] for k in ("busy_cycles", "busy_turns", "stanzas", "frames_in",
             "frames_out", "bursts_in", "records_opened", "records_sealed")}  # fmt: skip
    stanzas = moved["stanzas"]
    if stanzas == 0:
        return {**result, **moved}
    return {
        **result, **moved,
        "cycles_per_stanza": moved["busy_cycles"] / stanzas,
        "stanzas_per_busy_s": last["cycles_hz"] * stanzas / max(moved["busy_cycles"], 1),
        "frames_per_burst": moved["frames_in"] / max(moved["bursts_in"], 1),
        "frames_per_stanza": (moved["frames_in"] + moved["frames_out"]) / stanzas,
        "stanzas_per_turn": stanzas / max(moved["busy_turns"], 1),
        "cycles_hz": last["cycles_hz"],
        "busy_share": moved["busy_cycles"] / last["cycles_hz"] / (last["at_s"] - moments[0]["at_s"]),
    }  # fmt: skip
