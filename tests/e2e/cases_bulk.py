# SPDX-License-Identifier: BSD-3-Clause
"""Bulk TCP: the stack against the kernel's, with hashes over all bytes (its own program and network)."""

import pathlib
import subprocess

from harness import TREE, case, check


@case("bulk")
def tcp_against_the_kernel(world):
    program = pathlib.Path(TREE, "tests", "e2e", "bulk", "run.py")
    done = subprocess.run([program, "--build", str(world.relay.build), "--driver",
                           world.relay.driver], capture_output=True, text=True, timeout=300)  # fmt: skip
    check(done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:])
