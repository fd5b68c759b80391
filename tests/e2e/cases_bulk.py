# SPDX-License-Identifier: BSD-3-Clause
"""Bulk TCP: the stack against the kernel's, with hashes over all bytes (its own program and network)."""

import pathlib
import subprocess

from harness import TREE, case, check


def declare():
    program = pathlib.Path(TREE, "tests", "e2e", "bulk")
    if not program.exists():
        return

    @case("bulk")
    def tcp_against_the_kernel(world):
        done = subprocess.run([program, "--build", str(world.relay.build)], capture_output=True,
                              text=True, timeout=300)  # fmt: skip
        check(done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:])


declare()
