# SPDX-License-Identifier: BSD-3-Clause
"""sluicectl as a person uses it: on a terminal, in front of the running relay."""

import contextlib
import os
import re
import subprocess
import sys

from harness import TREE, case, check

sys.path.insert(0, str(TREE / "tests" / "unit" / "control"))
import terminal  # noqa: E402

SHOWS = ("status", "cores", "ports", "partners", "streams", "counters", "denied")
PROMPT = "sluice>"


def surroundings(world):
    return {"PATH": os.environ["PATH"], "HOME": str(world.lab.rundir.path), "TERM": "xterm", "LC_ALL": "C.UTF-8",
            "SLUICE_SOCKET": str(world.relay.socket)}  # fmt: skip


@contextlib.contextmanager
def on_terminal(world, *argv, rows=24, columns=80):
    screen = terminal.Terminal([str(world.relay.program("sluicectl")), *argv], surroundings(world), rows,
                               columns)  # fmt: skip
    try:
        yield screen
    finally:
        screen.close()


@case("ctl")
def a_batch_over_one_connection(world):
    """Commands from a file; what failed is said with its line and is what it ends with."""
    world.user("alice@contoso.example").ping(world.user("bob@fabrikam.example").full_jid)
    lines = "show status # is it well\nshow partners nobody.example\nshow streams\n"
    done = subprocess.run([world.relay.program("sluicectl"), "-x"], input=lines, env=surroundings(world),
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    check(done.returncode == 5, f"{done.returncode}: {done.stderr}")
    check("CORE" in done.stdout and "REMOTE" in done.stdout, done.stdout)
    check(done.stderr.startswith("+ show status\n+ show partners nobody.example\nsluicectl: standard input:2: "),
          done.stderr)  # fmt: skip


@case("ctl")
def a_shell_with_completion(world):
    """Domains and streams come from the relay; Ctrl-C ends a wait and not the shell."""
    alice, bob = world.user("alice@contoso.example"), world.user("bob@fabrikam.example")
    alice.ping(bob.full_jid)
    with on_terminal(world) as t:
        t.expect(PROMPT)
        t.type("sho\tstre\tpart\tfabrikam\t")
        t.expect(PROMPT + " show streams partner fabrikam.example")
        t.type("\r")
        t.expect("ESTABLISHED")
        t.type("wait partner-up mallory.example --timeout 1h\r")
        t.until(lambda text: "1h" in text and t.screen.cursor.x == 0, "the command to begin")
        t.type("\x03")
        t.expect("sluicectl: interrupted")
        t.until(lambda text: text.rstrip().endswith(PROMPT), "the prompt")
        t.type("exit\r")
        check(t.ended() == 0, "the shell")


@case("ctl")
def top_shows_what_passes(world):
    """Under traffic, on a small screen and a large one: rates, the partner, its streams."""
    alice, bob = world.user("alice@contoso.example"), world.user("bob@fabrikam.example")
    alice.ping(bob.full_jid)
    with on_terminal(world, "top", "--interval", "1") as t:
        for rows, columns in ((24, 80), (60, 200)):
            t.size(rows, columns)

            def passing(text, last=rows - 1):
                for i in range(20):
                    alice.say(bob.full_jid, f"top {i}")
                lines = text.split("\n")
                partner = [n for n in lines if re.match(r"fabrikam\.example +\d+/\d+ +\S+ +[1-9]", n)]
                stream = [n for n in lines if re.match(r"\S+ +edge +out +fabrikam\.ex|\S+ +edge out +fabrikam", n)]
                return bool(partner and stream) and lines[last].startswith("q quit")

            t.until(passing, "stanzas to fabrikam.example")
        t.type("q")
        check(t.ended() == 0, "top")
    once = world.relay.ctl("top --once").stdout
    check("STREAM 1-" in once and "fabrikam.example" in once, once)


@case("ctl")
def tables_fit_the_terminal(world):
    alice, bob = world.user("alice@contoso.example"), world.user("bob@fabrikam.example")
    alice.ping(bob.full_jid)
    for columns in (80, 200):
        for what in SHOWS:
            with on_terminal(world, "show", what, rows=500, columns=columns) as t:
                check(t.ended() == 0, f"show {what}")
                long = [n for n in t.raw.decode().splitlines() if len(n) > columns]
                check(not long, f"show {what} at {columns} columns: {long[:3]}")
