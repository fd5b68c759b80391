# SPDX-License-Identifier: BSD-3-Clause
"""load: runs the load generator (bench/load) in a lab's namespaces, and gives its figures."""

import json
import pathlib
import subprocess

from .relay import TREE
from .state import LabError


def program(build=None, name="sluice-load"):
    path = pathlib.Path(build or TREE / "build", "bench", "load", name)
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


def flags(**options):
    """Options of the run as words: True is a flag, a list an option that is repeated."""
    words = []
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            words.append(flag)
        elif value is not None and value is not False:
            words += [w for v in (value if isinstance(value, list) else [value]) for w in (flag, v)]
    return words


def run(parties, build=None, timeout=120, cpu=None, **options):
    """The figures of one run as a dictionary, `exit` among them. @cpu: the processor to stay on."""
    words = [program(build), "--json", *flags(**options)]
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
