# SPDX-License-Identifier: BSD-3-Clause
"""The TLS surface of 5269, seen by other people's tools: openssl s_client, sslscan, testssl.sh.

sslscan and testssl.sh speak only the client flavour of XMPP's STARTTLS, so they get a doorman: it
does the server-to-server STARTTLS and then passes the bytes of the handshake through untouched.
"""

import contextlib
import select
import socket
import subprocess
import threading

from harness import World, case, check, netns, s2s

AEAD = ("GCM", "CHACHA20", "CCM")


def inside(world, *argv, text_in="", timeout=600):
    done = subprocess.run(
        ["ip", "netns", "exec", world.lab.network.name("stranger"), *argv],
        input=text_in, capture_output=True, text=True, timeout=timeout,
    )  # fmt: skip
    return done.stdout + done.stderr


def s_client(world, *more, text_in=""):
    return inside(
        world, "openssl", "s_client", "-connect", f"{World.EDGE}:5269", "-starttls", "xmpp-server",
        "-xmpphost", "contoso.example", "-servername", "contoso.example",
        "-CAfile", str(world.lab.outside.certificate), *more, text_in=text_in, timeout=30,
    )  # fmt: skip


class Doorman:
    """Listens on loopback of the hostile host; each caller gets a connection that is past <proceed/>."""

    def __init__(self, world):
        self.world = world
        with netns.inside(world.lab.network.name("stranger")):
            self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                caller, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(caller,), daemon=True).start()

    def serve(self, caller):
        with contextlib.suppress(OSError, s2s.LabError), caller:
            with self.world.stranger() as stream:
                stream.open("contoso.example", "mallet.example")
                stream.features()
                stream.send(f"<starttls xmlns='{s2s.TLS_NS}'/>")
                stream.element(b"<proceed")
                self.splice(caller, stream.sock)

    @staticmethod
    def splice(one, other):
        while True:
            readable, _, _ = select.select([one, other], [], [], 60)
            if not readable:
                return
            for source in readable:
                data = source.recv(65536)
                if not data:
                    return
                (other if source is one else one).sendall(data)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_why):
        self.close()


def accepts(version):
    def run(world):
        text = s_client(world, version, "-brief")
        wanted = {"-tls1_2": "TLSv1.2", "-tls1_3": "TLSv1.3"}[version]
        check(f"Protocol version: {wanted}" in text, text)
        check("Verification: OK" in text, text)
        cipher = text.partition("Ciphersuite: ")[2].partition("\n")[0]
        check(any(a in cipher for a in AEAD), f"cipher {cipher}")

    run.__name__ = f"accepts{version.replace('-', '_')}"
    case("tls")(run)


accepts("-tls1_2")
accepts("-tls1_3")


def refuses(name, *options):
    def run(world):
        with world.drops("tls_handshake"):
            text = s_client(world, *options)
        check("Cipher is (NONE)" in text or "alert" in text, text)
        check("BEGIN CERTIFICATE" not in text, "the handshake went on to the certificate")

    run.__name__ = f"refuses_{name}"
    case("tls")(run)


refuses("tls1_1", "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")
refuses("cbc", "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384:"
        "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:AES128-SHA")  # fmt: skip
refuses("static_rsa", "-tls1_2", "-cipher", "AES128-GCM-SHA256:AES256-GCM-SHA384")


@case("tls")
def no_compression_no_ticket_no_renegotiation(world):
    text = s_client(world, "-tls1_2")
    check("Compression: NONE" in text, text)
    check("session ticket" not in text, "a TLS 1.2 session ticket was given")
    # `R` on a line of its own asks s_client to renegotiate
    again = s_client(world, "-tls1_2", text_in="R\n")
    check("RENEGOTIATING" in again, again)
    check("verify return:1" not in again.partition("RENEGOTIATING")[2], "renegotiated")
    text = s_client(world, "-tls1_3")
    check("Post-Handshake New Session Ticket" not in text, "a TLS 1.3 session ticket was given")


@case("tls")
def sslscan(world):
    with Doorman(world) as door:
        text = inside(world, "sslscan", "--no-colour", "--sni-name=contoso.example",
                      f"127.0.0.1:{door.port}")  # fmt: skip
    for old in ("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"):
        check(f"{old}     disabled" in text or f"{old}   disabled" in text, f"{old}\n{text}")
    for new in ("TLSv1.2", "TLSv1.3"):
        check(f"{new}   enabled" in text, f"{new}\n{text}")
    check("Session renegotiation not supported" in text, text)
    offered = [l for l in text.splitlines() if l.startswith(("Preferred", "Accepted"))]
    check(offered and all(any(a in l for a in AEAD) for l in offered), "\n".join(offered) or text)


@case("tls")
def testssl(world):
    with Doorman(world) as door:
        text = inside(
            world, "testssl", "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none",
            "--ip", "127.0.0.1", "-p", "-R", "-C", "-H", f"127.0.0.1:{door.port}",
        )  # fmt: skip
    for old in ("SSLv2", "SSLv3", "TLS 1  ", "TLS 1.1"):
        line = next((l for l in text.splitlines() if l.strip().startswith(old.strip() + " ")), "")
        check("not offered" in line, f"{old!r}: {line!r}\n{text}")
    for new in ("TLS 1.2", "TLS 1.3"):
        line = next((l for l in text.splitlines() if l.strip().startswith(new)), "")
        check("offered (OK)" in line and "not offered" not in line, f"{new}\n{text}")
    for hole in ("Heartbleed", "Secure Client-Initiated Renegotiation", "CRIME, TLS"):
        line = next((l for l in text.splitlines() if hole in l), "")
        check("not vulnerable (OK)" in line, f"{hole}: {line!r}\n{text}")
