# SPDX-License-Identifier: BSD-3-Clause
"""pki: the lab's certificate authorities, one for each side, and all certificates under them.

ECDSA P-256, made by the openssl command. The outside CA stands for the public one that partners and
the edge trust; the inside CA is the organisation's own.
"""

import subprocess

from .state import LabError

BOTH = "serverAuth,clientAuth"


def openssl(*argv, text_in=None):
    done = subprocess.run(["openssl", *map(str, argv)], input=text_in, capture_output=True, text=True)
    if done.returncode != 0:
        raise LabError(f"openssl {argv[0]}: {done.stderr.strip()}")
    return done.stdout


def make(base, days, common_name, extensions, *signer):
    """<base>.key and <base>.crt by one process; self-signed unless @signer names a CA."""
    key, crt = base.with_name(base.name + ".key"), base.with_name(base.name + ".crt")
    more = [word for e in extensions for word in ("-addext", e)]
    openssl(
        "req", "-config", "/dev/null", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-noenc", "-keyout", key, "-days", days, "-subj", f"/CN={common_name}", *more, *signer,
        "-out", crt,
    )  # fmt: skip
    key.chmod(0o644)  # lab keys: the servers run as users of their own
    return crt, key


class Authority:
    """One CA in @folder."""

    def __init__(self, folder, name):
        self.folder = folder
        self.certificate, self.key = make(
            folder / f"{name}-ca", 30, f"{name} lab CA",
            ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"],
        )  # fmt: skip

    def issue(self, file, names, usage=BOTH, common_name=None, expired=False):
        """<file>.crt and <file>.key for @names (dNSName each); also <file>.pem, both in one."""
        base = self.folder / file
        base.parent.mkdir(parents=True, exist_ok=True)
        signer = ["-CA", self.certificate, "-CAkey", self.key]
        crt, key = make(
            base, 20, common_name or names[0],
            ["basicConstraints=CA:FALSE", "keyUsage=critical,digitalSignature",
             f"extendedKeyUsage={usage}", "subjectAltName=" + ",".join(f"DNS:{n}" for n in names)],
            *signer,
        )  # fmt: skip
        if expired:
            expire(crt, key, signer)
        base.with_name(base.name + ".pem").write_text(crt.read_text() + key.read_text())
        return crt, key


def expire(crt, key, signer):
    """Signs @crt again with an end in the past: req refuses that, x509 takes a span below zero."""
    request = crt.with_suffix(".csr")
    keep = ["-copy_extensions", "copyall"]
    openssl("x509", "-x509toreq", "-in", crt, "-signkey", key, *keep, "-out", request)
    openssl("x509", "-req", "-in", request, *signer, *keep, "-days", "-1", "-out", crt)
    request.unlink()
