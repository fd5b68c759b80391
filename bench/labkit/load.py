# SPDX-License-Identifier: BSD-3-Clause
"""load: runs the load generator (bench/load) in a lab's namespaces, and gives its figures."""

import json
import pathlib
import subprocess

from .relay import TREE
from .state import LabError


def program(build=None):
    path = pathlib.Path(build or TREE / "build", "bench", "load", "sluice-load")
    if not path.exists():
        raise LabError(f"{path} is not built: meson setup build && ninja -C build")
    return path


def certificates(certificate, trust):
    """@certificate: path of the .crt beside its .key."""
    certificate = pathlib.Path(certificate)
    return ["--cert", certificate, "--key", certificate.with_suffix(".key"), "--ca", trust]


def party(role, domains, to=None, *more, **options):
    """One role's arguments: party("partner", [...], [...], "--send", dial="192.0.2.10:5269")."""
    words = [role, "--domains", ",".join(domains)]
    if to:
        words += ["--to", ",".join(to)]
    for name, value in options.items():
        words += [f"--{name.replace('_', '-')}", value]
    return [*words, *more]


def run(parties, build=None, timeout=120, cpu=None, **options):
    """The figures of one run as a dictionary, `exit` among them. @cpu: the processor to stay on."""
    words = [program(build), "--json"]
    for name, value in options.items():
        if value is True:
            words.append(f"--{name.replace('_', '-')}")
        elif isinstance(value, list):
            words += [w for v in value for w in (f"--{name.replace('_', '-')}", v)]
        elif value is not None:
            words += [f"--{name.replace('_', '-')}", value]
    words += [w for p in parties for w in p]
    if cpu is not None:
        words = ["taskset", "-c", cpu, *words]
    try:
        done = subprocess.run([str(w) for w in words], capture_output=True, text=True,
                              timeout=timeout)  # fmt: skip
    except subprocess.TimeoutExpired as e:
        raise LabError(f"sluice-load does not end: {(e.stderr or b'')[-2000:]!r}") from e
    try:
        figures = json.loads(done.stdout)
    except ValueError as e:
        raise LabError(f"sluice-load: exit {done.returncode}: {done.stderr[-2000:]}") from e
    return {**figures, "exit": done.returncode}
