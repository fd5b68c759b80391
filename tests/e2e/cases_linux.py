# SPDX-License-Identifier: BSD-3-Clause
"""Our TCP beside and against the kernel's, over the emulated link (bench/tcp_linux, its short mode)."""

import pathlib
import subprocess

from harness import TREE, case, check


def run(world, part):
    program = pathlib.Path(TREE, "bench", "tcp_linux")
    done = subprocess.run([program, part, "--build", str(world.relay.build), "--driver", world.relay.driver,
                           "--lab", str(world.number)], capture_output=True, text=True, timeout=300)  # fmt: skip
    check(done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:])


@case("linux")
def link_does_as_told(world):
    run(world, "link")


@case("linux")
def bytes_survive_loss_and_reordering(world):
    run(world, "transfers")


@case("linux")
def blind_attacks_disturb_nobody(world):
    run(world, "attacks")
