# SPDX-License-Identifier: BSD-3-Clause
"""relay: sluice itself in the lab: its configuration from the cast, its process, its operator's socket."""

import json
import pathlib
import signal
import subprocess
from xml.sax.saxutils import quoteattr

from . import dns
from .netns import NETS, NETS6
from .state import LabError, say, wait_until

TREE = pathlib.Path(__file__).resolve().parents[2]
CABLES = {"out": "px0", "in": "px1"}
LAW_PARTS = ("delivered", "answered", "bounced", "dropped", "held")


def command(*argv):
    """Runs a step of the build; its output is shown only when it fails."""
    done = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, cwd=TREE)  # fmt: skip
    if done.returncode != 0:
        raise LabError(f"{' '.join(map(str, argv))}: exit {done.returncode}\n{done.stdout[-4000:]}")


def build(folder=None):
    """Makes the binaries. Does nothing quickly when they are there."""
    folder = pathlib.Path(folder or TREE / "build")
    if not (folder / "build.ninja").exists():
        say(f"configuring {folder}")
        command("meson", "setup", folder)
    say(f"building {folder}")
    command("ninja", "-C", folder, "control/sluice", "control/sluicectl")


def element(tag, /, **attributes):
    text = "".join(f" {k.replace('_', '-')}={quoteattr(str(v))}" for k, v in attributes.items())
    return f"<{tag}{text}"


def gateway_xml(gateway):
    where = {} if gateway.dial == "none" else {"address": gateway.address, "port": gateway.port}
    return (
        "    " + element("gateway", name=gateway.name, dial=gateway.dial, **where) + ">"
        f"<certificate-name>{gateway.certificate_name}</certificate-name>"
        + "".join(f"<domain>{d}</domain>" for d in gateway.domains)
        + "</gateway>"
    )


def partner_xml(partner):
    return "    " + element(
        "AllowedPartner", Domain=partner.domain, PartnerType=partner.partner_type,
        TlsNegotiation=partner.tls, SaslNegotiation=partner.sasl,
        SupportDialbackNegotiation=str(partner.dialback).lower(), **partner.more,
    ) + "/>"  # fmt: skip


def configuration(cast, pki, socket, driver, settings, size, devices=CABLES, idle="yield",
                  log=None, more=(), metrics=None):  # fmt: skip
    """The configuration file's text. @settings, @log, @metrics: attributes of GatewayConfiguration, log
    and metrics. @more: elements."""
    outside, inside = (
        dict(driver=driver, device=device, mtu=1500, address=f"{NETS[net]}{dns.EDGE_HOST}/24",
             address6=f"{NETS6[net]}{dns.EDGE_HOST}/64")
        for net, device in devices.items()
    )  # fmt: skip
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<sluice xmlns="urn:sluice:config:1">',
        "  " + element("dataplane", huge_pages="false", idle=idle, **size) + "/>",
        "  " + element("edge", **outside, XmppListeningPort=5269) + ">",
        "    " + element("tls", certificate=pki / "edge.crt", key=pki / "edge.key",
                         trust=pki / "outside-ca.crt") + "/>",
        "  </edge>",
        "  " + element("internal", **inside, XmppInternalPort=23456) + ">",
        "    " + element("tls", certificate=pki / "edge-int.crt", key=pki / "edge-int.key",
                         trust=pki / "inside-ca.crt", certificate_dir=pki / "partners") + "/>",
        "  </internal>",
        "  " + element("resolver", server=f"{NETS['mgmt']}{dns.DNS_HOST}") + "/>",
        "  " + element("operator", socket=socket, trace_folder=socket.parent) + "/>",
        "  " + element("log", **(log or {})) + "/>",
        *(["  " + element("metrics", **metrics) + "/>"] if metrics else []),
        "  " + element("GatewayConfiguration", **settings) + "/>",
        *("  " + text for text in more),
        "  <local-domains>" + "".join(f"<domain>{d}</domain>" for d in cast.local_domains)
        + "</local-domains>",
        "  <gateways>", *map(gateway_xml, cast.gateways), "  </gateways>",
        "  <AllowedPartners>", *map(partner_xml, cast.partners + cast.more_partners),
        "  </AllowedPartners>",
        "</sluice>",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


class Relay:
    """The relay of a lab. Binaries come from the build folder @build."""

    def __init__(self, lab, build=None, driver="af_xdp", cores=1, **settings):
        self.lab = lab
        self.build = pathlib.Path(build or TREE / "build")
        self.driver = driver
        self.size = {"cores": cores, "memory_mb": 512 * cores, "connections": 4096}
        self.devices, self.idle = CABLES, "yield"
        self.words = []  # before its own command line
        self.log = {}  # attributes of <log>
        self.more = []  # further elements of its configuration
        self.settings = {"DialbackPassphrase": "lab-dialback-secret", **settings}
        self.socket = lab.rundir.folder("relay") / "control.sock"
        # attributes of <metrics>; the address is one of the relay's host, not of its interfaces
        self.metrics = {"listen": "127.0.0.1:9469", "socket": self.socket.parent / "metrics.sock"}
        self.config = lab.rundir.path / "relay" / "sluice.xml"

    def write_config(self, cast=None, **settings):
        """@cast instead of the lab's, @settings over the relay's own."""
        self.lab.rundir.write(
            "relay/sluice.xml",
            configuration(cast or self.lab.cast, self.lab.path("pki"), self.socket, self.driver,
                          {**self.settings, **settings}, self.size, self.devices, self.idle,
                          self.log, self.more, self.metrics),
        )  # fmt: skip

    def program(self, name):
        path = self.build / "control" / name
        if not path.exists():
            raise LabError(f"{path} is not built: meson setup build && ninja -C build")
        return path

    def start(self):
        self.write_config()
        checked = subprocess.run([self.program("sluice"), "--check", self.config],
                                 capture_output=True, text=True)  # fmt: skip
        if checked.returncode != 0:
            raise LabError(f"sluice --check {self.config}:\n{checked.stdout}{checked.stderr}")
        self.lab.rundir.spawn(
            "relay",
            [*self.words, self.program("sluice"), "-c", self.config, "--drivers-dir",
             TREE / "drivers-cfg"],
            self.lab.network.name("edge"),
        )
        wait_until(self.answers, "relay", 30, 0.05)
        self.lab.say("the relay runs")

    def answers(self):
        if not self.lab.rundir.alive("relay"):
            raise LabError("the relay ended:\n" + self.lab.rundir.log_text("relay"))
        return self.socket.exists() and self.ctl("show status", check=False).returncode == 0

    def stop(self, how=signal.SIGTERM, grace=10):
        """Ends it and returns its exit code (None: killed before this object knew it)."""
        child = self.lab.rundir.children.get("relay")
        self.lab.rundir.end("relay", how, grace)
        return child.returncode if child else None

    def ctl(self, command, check=True):
        done = subprocess.run([self.program("sluicectl"), "-s", self.socket, *command.split()],
                              capture_output=True, text=True)  # fmt: skip
        if check and done.returncode != 0:
            raise LabError(f"sluicectl {command}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def show(self, what):
        """The data of `show WHAT` as JSON."""
        done = self.ctl(f"--json show {what}")
        try:
            answer = json.loads(done.stdout)
        except ValueError as e:
            raise LabError(f"show {what} is no JSON: {done.stdout[:300]!r}") from e
        return answer.get("data", answer)

    def streams(self, **wanted):
        """Live streams whose fields are as @wanted."""
        rows = self.show("streams")["streams"]
        return [r for r in rows if all(r.get(k) == v for k, v in wanted.items())]

    def counters(self):
        return self.show("counters")

    def laws(self):
        """Every law that `show counters` prints: total, each core, each partner."""
        data = self.counters()
        laws = {row["of"]: row for row in data["law"] + data["partners"]}
        if "total" not in laws:
            raise LabError(f"show counters has no total law: {sorted(laws)}")
        return laws

    def law(self):
        """The law of the whole relay."""
        return self.laws()["total"]

    def law_gaps(self):
        """The rows where what came in is not the sum of its ends. Empty: the law holds."""
        return {
            name: row
            for name, row in self.laws().items()
            if row["accepted"] + row["came"] != sum(row[part] for part in LAW_PARTS) + row["went"]
            or not row["equal"]
        }

    def drops(self):
        """All drop counters by lower-case name."""
        return {row["name"]: row["count"] for row in self.counters()["drops"]}

    def denied(self):
        return self.show("denied")["denied"]
