# SPDX-License-Identifier: BSD-3-Clause
"""machine: facts about where a measurement was made, without names of hosts or paths."""

import os
import pathlib
import platform
import subprocess


def first_line(path, head=""):
    try:
        lines = pathlib.Path(path).read_text().splitlines()
    except OSError:
        return "unknown"
    return next((line[len(head):].strip(" \t:") for line in lines if line.startswith(head)), "unknown")  # fmt: skip


def version(package):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package],
                          capture_output=True, text=True)  # fmt: skip
    return done.stdout if done.returncode == 0 else "not installed"


def flags():
    """Those that choose code of ours or of ipsec-mb."""
    here = first_line("/proc/cpuinfo", "flags").split()
    return " ".join(f for f in ("aes", "avx", "avx2", "vaes", "vpclmulqdq", "avx512f", "avx512bw",
                                "avx512_vbmi2", "sha_ni") if f in here)  # fmt: skip


def facts():
    packages = ("dpdk", "libipsec-mb1", "libssl3", "libxml2", "libexpat1", "prosody", "ejabberd",
                "jabberd2", "haproxy", "nginx")  # fmt: skip
    return {
        "cpu": first_line("/proc/cpuinfo", "model name"),
        "cpus": str(len(os.sched_getaffinity(0))),
        "cpu flags": flags(),
        "memory": first_line("/proc/meminfo", "MemTotal"),
        "huge pages": first_line("/proc/meminfo", "HugePages_Total"),
        "transparent huge pages": first_line("/sys/kernel/mm/transparent_hugepage/enabled"),
        "kernel": platform.release(),
        "load at the start": first_line("/proc/loadavg"),
        **{f"package {p}": version(p) for p in packages},
    }


def steal():
    """Hundredths of a second that the host took from this machine, and all there were."""
    values = [int(v) for v in first_line("/proc/stat", "cpu ").split()[:8]]
    return values[7], sum(values)


def steal_share(before):
    now = steal()
    return f"{100 * (now[0] - before[0]) / max(1, now[1] - before[1]):.2f} %"
