#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""five_partners.py - five broken partners, found and mended by sluicectl alone.

Brings up a small lab of its own, breaks five partners, and prints what an operator types and sees.
Each answer is the running relay's. cases_explain.py plays the same story and judges it.

control/man/five-broken-partners.txt is its output:

  tests/e2e/five_partners.py > control/man/five-broken-partners.txt
"""

import argparse
import os
import signal
import subprocess
import sys

from harness import World, check, relay  # first: it says where labkit is

import explain_lab  # isort: skip
from explain_lab import EXPIRED, NO_SRV, NO_TLS, OTHER_NAME, OTHER_SECRET, POOL_SECRET  # isort: skip
from labkit import lab as labs  # isort: skip

# What is broken: the partner, the step at which a test must find it, and words of its verdict or hint.
FOUND = {
    NO_SRV: ("dns-srv", f"_xmpp-server._tcp.{NO_SRV}: does not exist"),
    EXPIRED: ("certificate-chain", "certificate has expired"),
    OTHER_NAME: ("certificate-name", f"does not name {OTHER_NAME}, but has dns:www.graphic.example"),
    NO_TLS: ("starttls", "no STARTTLS is offered, and TlsNegotiation is Required"),
    OTHER_SECRET: ("authentication", "our key for contoso.example was found not valid"),
}


class Story:
    """@tell is given each line of the recording."""

    def __init__(self, lab, its_relay, peers, tell):
        self.lab, self.relay, self.peers, self.tell = lab, its_relay, peers, tell

    def says(self, text):
        self.tell("")
        for line in text.strip().splitlines():
            self.tell(f"# {line.strip()}".rstrip())

    def types(self, command, code=0):
        """Runs sluicectl; the recording has what came out, on both of its outputs."""
        self.tell(f"\n$ sluicectl {command}".replace(str(self.lab.rundir.path), "/etc/sluice"))
        done = subprocess.run([self.relay.program("sluicectl"), "-s", self.relay.socket,
                               *command.split()], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)  # fmt: skip
        for line in done.stdout.splitlines():
            self.tell(line.replace(str(self.lab.rundir.path), "/etc/sluice"))
        check(done.returncode == code, f"{command}: exit {done.returncode}: {done.stdout}")
        return done.stdout

    def finds(self, partner):
        step, words = FOUND[partner]
        said = self.types(f"test partner {partner}", 1)
        flat = " ".join(said.split())
        check(f"fail {step} " in flat, f"{step} does not fail: {said}")
        check(words in flat, f"{words!r} is not said: {said}")
        return said

    def passes(self, partner):
        said = self.types(f"test partner {partner}")
        check("ok ping" in " ".join(said.split()) and " 0 failed" in said, said)

    def missing_srv(self):
        self.says(f"Nothing reaches {NO_SRV}. What is wrong with it?")
        self.finds(NO_SRV)
        self.says(f"""Its administrator publishes the SRV record. The answer "there is none" is
                      still kept here: it is forgotten, then asked for anew.""")
        explain_lab.publish(self.lab, missing=())
        self.types(f"dns flush {NO_SRV}")
        self.passes(NO_SRV)

    def expired(self):
        self.says(f"{EXPIRED} worked until yesterday.")
        self.finds(EXPIRED)
        self.says("Its administrator renews the certificate.")
        self.peers[EXPIRED].certificate = f"explain-{EXPIRED}"
        self.passes(EXPIRED)

    def other_name(self):
        self.says(f"{OTHER_NAME} has a good certificate, says its administrator.")
        self.finds(OTHER_NAME)
        self.says(f"Good, but of its web server. It gets one that names {OTHER_NAME}.")
        self.peers[OTHER_NAME].certificate = f"explain-{OTHER_NAME}"
        self.passes(OTHER_NAME)

    def no_tls(self):
        self.says(f"{NO_TLS} is a new partner.")
        self.finds(NO_TLS)
        self.says("Its administrator switches TLS on.")
        self.peers[NO_TLS].tls = True
        self.passes(NO_TLS)

    def other_secret(self):
        self.says(f"""{OTHER_SECRET} goes by dialback, and refuses this edge alone of the pool.""")
        self.finds(OTHER_SECRET)
        self.says("""The other edge of the pool has another secret, and it is the one that
                     was asked. Its secret is copied here; what has been given out by the old
                     one is still good for ten minutes.""")
        secret = self.lab.rundir.write("relay/pool.secret", POOL_SECRET + "\n")
        secret.chmod(0o600)
        self.types(f"dialback rotate-secret --grace 10m --from {secret}")
        self.passes(OTHER_SECRET)
        self.says("""In the configuration DialbackPassphraseFile names the same file from now
                     on, so that it stays so after a restart.""")

    def play(self):
        self.missing_srv()
        self.expired()
        self.other_name()
        self.no_tls()
        self.other_secret()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[2])
    parser.add_argument("--build", help="build folder (default: build/ in the tree)")
    parser.add_argument("--driver", default="af_xdp", help="af_xdp (default) or af_packet")
    parser.add_argument("--lab", type=int, default=91, help="number of the lab to use")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if os.geteuid() != 0:
        print("root is needed: network namespaces", file=sys.stderr)
        return 2
    lab = labs.Lab(explain_lab.small(), args.lab)
    its_relay = relay.Relay(lab, args.build, args.driver)
    try:
        lab.up()
        explain_lab.issue(lab)
        lab.rundir.folder("pki", "partners")  # for gateways that are dialled: there is none
        its_relay.start()
        with explain_lab.five(lab, World.EDGE) as peers:
            print("Five broken partners, found and mended by sluicectl alone (tests/e2e/five_partners.py).")
            Story(lab, its_relay, peers, lambda line: print(line, flush=True)).play()
    finally:
        its_relay.stop()
        lab.down()
    return 0


if __name__ == "__main__":
    sys.exit(main())
