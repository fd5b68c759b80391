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


def make_key(path):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
    path.chmod(0o644)  # lab keys: the servers run as users of their own


class Authority:
    """One CA in @folder."""

    def __init__(self, folder, name):
        self.folder = folder
        self.certificate = folder / f"{name}-ca.crt"
        self.key = folder / f"{name}-ca.key"
        make_key(self.key)
        openssl(
            "req", "-x509", "-new", "-key", self.key, "-days", 30, "-subj", f"/CN={name} lab CA",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", self.certificate,
        )  # fmt: skip

    def issue(self, file, names, usage=BOTH, common_name=None, expired=False):
        """<file>.crt and <file>.key for @names (dNSName each); also <file>.pem, both in one."""
        base = self.folder / file
        base.parent.mkdir(parents=True, exist_ok=True)
        key, crt = base.with_name(base.name + ".key"), base.with_name(base.name + ".crt")
        request, ext = base.with_name(base.name + ".csr"), base.with_name(base.name + ".ext")
        make_key(key)
        openssl("req", "-new", "-key", key, "-subj", f"/CN={common_name or names[0]}", "-out", request)
        ext.write_text(
            "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n"
            f"extendedKeyUsage={usage}\n"
            + "subjectAltName=" + ",".join(f"DNS:{n}" for n in names) + "\n"
        )  # fmt: skip
        days = ["-days", "20"]
        if expired:  # x509 -req knows only "from now on": a negative span ends before it begins
            days = ["-days", "-1"]
        openssl(
            "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
            "-extfile", ext, *days, "-out", crt,
        )  # fmt: skip
        base.with_name(base.name + ".pem").write_text(crt.read_text() + key.read_text())
        request.unlink()
        ext.unlink()
        return crt, key
