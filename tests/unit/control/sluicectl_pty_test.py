#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""sluicectl_pty_test - what sluicectl does on a terminal: the shell, top, and bash's completion.

usage: sluicectl_pty_test.py SLUICECTL RELAY_DOUBLE COMPLETION
"""

import contextlib
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys

import terminal
from terminal import check

SLUICECTL, DOUBLE, COMPLETION = (str(pathlib.Path(a).resolve()) for a in sys.argv[1:4])
PROMPT = "sluice>"


@contextlib.contextmanager
def on_terminal(argv, double=None, rows=24, columns=80):
    with contextlib.ExitStack() as stack:
        double = double or stack.enter_context(terminal.running(DOUBLE))
        screen = terminal.Terminal(argv, double.env, rows, columns)
        stack.callback(screen.close)
        yield screen, double


def shell_runs_commands():
    with on_terminal([SLUICECTL]) as (t, double):
        t.expect(PROMPT)
        t.type("show denied last 1\r")
        t.expect("evil.example")
        t.type("show 'nothing'\r")
        t.expect('sluicectl: unknown command "show nothing": help lists all')
        t.type("help\r")
        t.expect("exit ")
        t.type("exit\r")
        check(t.ended() == 0, "exit does not end the shell with 0")


def shell_keeps_history():
    with on_terminal([SLUICECTL]) as (t, double):
        t.expect(PROMPT)
        t.type("show denied last 1\r")
        t.expect("evil.example")
        t.type(" show streams partner p7.example\r")
        t.expect("no streams")
        t.type("\x04")
        check(t.ended() == 0, "Ctrl-D does not end the shell with 0")
        kept = double.path / ".local/state/sluice/history"
        check("denied" in kept.read_text(), "the history is not kept")
        check("p7.example" not in kept.read_text(), "a line that begins with a blank is kept")
        check(stat.S_IMODE(kept.stat().st_mode) == 0o600, "others may read the history")
        check(stat.S_IMODE(kept.parent.stat().st_mode) == 0o700, "others may enter its folder")
        check([p.name for p in kept.parent.iterdir()] == ["history"], "something else was left there")
        with on_terminal([SLUICECTL], double) as (again, _):
            again.expect(PROMPT)
            again.type("\x1b[A")
            again.expect(PROMPT + " show denied last 1")
            again.type("\x03")
            again.expect("^C\n" + PROMPT)
            again.type("\x04")
            check(again.ended() == 0, "the second shell")


def shell_completes_words_and_values():
    with on_terminal([SLUICECTL]) as (t, double):
        t.expect(PROMPT)
        t.type("sho\tstr\tpart\t")
        t.expect(PROMPT + " show streams partner")
        t.type("p5\t")
        t.expect("p50.example")
        t.expect(PROMPT + " show streams partner p5")
        t.type("9\t")
        t.expect(PROMPT + " show streams partner p59.example")
        t.type("\x03")
        t.expect("^C\n" + PROMPT)
        t.type("show denied last \t")
        t.expect("NUMBER\n" + PROMPT + " show denied last")
        t.type("\x15to\t--\t")
        t.expect("--interval  --once")
        t.type("\x15\x04")
        check(t.ended() == 0, "the shell")


def interrupt_ends_the_job_not_the_shell():
    with on_terminal([SLUICECTL]) as (t, double):
        t.expect(PROMPT)
        t.type("show nothing of this\x03")
        t.expect("^C\n" + PROMPT)
        t.type("wait partner-up p1.example --timeout 1h\r")
        t.until(lambda text: "1h" in text and t.screen.cursor.x == 0, "the command to begin")
        t.type("\x03")
        t.expect("sluicectl: interrupted")
        t.type("show denied last 1\r")
        t.expect("evil.example")
        t.type("exit\r")
        check(t.ended() == 0, "the shell")


def shell_says_when_the_relay_is_lost():
    with on_terminal([SLUICECTL]) as (t, double):
        t.expect(PROMPT)
        t.type("show denied last 1\r")
        t.expect("evil.example")
        double.stop()
        t.type("show streams partner p1.example\r")
        t.expect("sluicectl: no relay listens on ")
        double.start()
        t.type("show streams partner p1.example\r")
        t.expect("no streams")
        double.stop()
        double.start()
        t.type("show streams partner p2.example\r")
        t.expect("the relay had closed the connection: connected again")
        t.until(lambda text: text.count("no streams") == 2, "the answer")
        t.type("exit\r")
        check(t.ended() == 0, "the shell")


def shell_leaves_the_terminal_as_it_was():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        with on_terminal([SLUICECTL]) as (t, double):
            t.expect(PROMPT)
            t.process.send_signal(number)
            check(t.ended() == 0, f"{number} does not end the shell in order")


def is_tidy(text, rows):
    """A whole picture: heads, both lists, no stream twice, the keys at the bottom."""
    lines = text.split("\n")
    streams = [line.split()[0] for line in lines if line[:1] == "s" and line[1:2].isdigit()]
    return (len(lines) == rows and lines[-1].startswith("q quit") and lines[0].startswith("sluice 0.") and
            "PARTNER 1-" in text and "STREAM 1-" in text and len(streams) > 3 and
            len(set(streams)) == len(streams))  # fmt: skip


def top_fits_the_screen_and_redraws():
    with on_terminal([SLUICECTL, "top", "--interval", "1"]) as (t, double):
        for rows, columns in ((24, 80), (60, 200), (30, 100), (24, 80)):
            t.size(rows, columns)
            t.until(lambda text, n=rows: is_tidy(text, n), f"a tidy screen of {columns}x{rows}")
        t.until(lambda text: "a second        1" in text or "a second         9" in text,
                "1,000 stanzas a second, or nearly")  # fmt: skip
        t.type("q")
        check(t.ended() == 0, "q does not end it with 0")
        check(b"\x1b[?1049l" in t.raw, "the screen of before is not back")


def top_heeds_its_keys():
    with on_terminal([SLUICECTL, "top", "--interval", "1"]) as (t, double):
        t.expect("p48.example")
        t.type("s")
        t.expect("sort: bytes")
        t.type("s")
        t.expect("sort: name")
        t.expect("p1.example")
        t.expect("PARTNER 1-4 OF 60 *")
        t.type("\x1bOB")
        t.expect("PARTNER 2-5 OF 60 *")
        t.type("\x1b[6~")
        t.expect("PARTNER 6-9 OF 60 *")
        t.type("\x1b[5~\x1bOA")
        t.expect("PARTNER 1-4 OF 60 *")
        t.type("\t")
        t.expect("OF 400 *")
        t.type("\x1bOF" "\x1b[4~")
        t.expect("-400 OF 400 *")
        t.type("p")
        t.expect("PAUSED")
        t.type("p")
        t.until(lambda text: "PAUSED" not in text, "it to go on")
        t.type("\x03")
        check(t.ended() == 0, "Ctrl-C does not end it with 0")


def top_outlives_the_relay():
    with on_terminal([SLUICECTL, "top", "--interval", "1"]) as (t, double):
        t.expect("p48.example")
        double.stop()
        t.expect("! no relay listens on ")
        double.start()
        t.until(lambda text: "! no relay" not in text and "p48.example" in text, "the relay to be back")
        t.process.send_signal(signal.SIGTERM)
        check(t.ended() == 0, "TERM does not end it in order")
        check(b"\x1b[?1049l" in t.raw, "the screen of before is not back")


def top_runs_within_the_shell():
    with on_terminal([SLUICECTL]) as (t, double):
        t.expect(PROMPT)
        t.type("top\r")
        t.expect("q quit")
        t.type("q")
        t.until(lambda text: "q quit" not in text and PROMPT in text, "the prompt")
        t.type("show denied last 1\r")
        t.expect("evil.example")
        t.type("\x04")
        check(t.ended() == 0, "the shell")


def tables_fit_the_terminal():
    commands = ("show status", "show cores", "show ports", "show partners", "show streams",
                "show counters", "show denied", "help")  # fmt: skip
    with terminal.running(DOUBLE) as double:
        for columns in (80, 200):
            for command in commands:
                with on_terminal([SLUICECTL, *command.split()], double, 2000, columns) as (t, _):
                    check(t.ended() == 0, command)
                    long = [n for n in t.raw.decode().splitlines() if len(n) > columns]
                    check(not long, f"{command} at {columns} columns: {long[:3]}")


def bash(double, line):
    """What bash makes of @line and a TAB, by asking the function as bash does."""
    words = line.split(" ")
    script = f"""source {COMPLETION}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE=x
        _sluicectl 2> /dev/null; printf '%s\\n' "${{COMPREPLY[@]}}" """
    done = subprocess.run(["bash", "--norc", "-c", script, "bash", *words], env=double.env, check=True,
                          stdout=subprocess.PIPE, text=True, timeout=terminal.PATIENCE_S)  # fmt: skip
    return done.stdout.split()


def bash_completes():
    with terminal.running(DOUBLE) as double:
        check(bash(double, f"{SLUICECTL} sho") == ["show"], "sho")
        check("streams" in bash(double, f"{SLUICECTL} show "), "show")
        check(bash(double, f"{SLUICECTL} -j -s {double.argv[1]} show streams partner p59") == ["p59.example"], "p59")
        check(bash(double, f"{SLUICECTL} show denied last ") == [], "a number")
        check("--json" in bash(double, f"{SLUICECTL} --j"), "--j")
        check(bash(double, f"{SLUICECTL} -x top --o") == ["--once"], "top --o")
        double.process.send_signal(signal.SIGSTOP)  # a relay that does not answer
        try:
            check(bash(double, f"{SLUICECTL} show streams partner p") == [], "without an answer")
            check(bash(double, f"{SLUICECTL} show streams pa") == ["partner"], "words need no relay")
        finally:
            double.process.send_signal(signal.SIGCONT)


def bash_completes_on_a_terminal():
    with terminal.running(DOUBLE) as double:
        double.env["PATH"] = f"{pathlib.Path(SLUICECTL).parent}:{double.env['PATH']}"
        double.env["PS1"] = "here> "
        with on_terminal(["bash", "--norc", "--noprofile", "-i"], double) as (t, _):
            t.expect("here>")
            t.type(f"source {COMPLETION}; PS1='now''here> '\r")
            t.expect("\nnowhere>")
            t.type("sluicectl sho\tstre\tpart\tp59\t")
            t.expect("nowhere> sluicectl show streams partner p59.example")
            t.type("\r")
            t.expect("no streams")
            t.type("exit\r")
            t.process.wait(terminal.PATIENCE_S)


if __name__ == "__main__":
    os.environ.pop("COLUMNS", None)
    check(shutil.which("bash"), "no bash")
    sys.exit(terminal.run_tests([
        shell_runs_commands, shell_keeps_history, shell_completes_words_and_values,
        interrupt_ends_the_job_not_the_shell, shell_says_when_the_relay_is_lost,
        shell_leaves_the_terminal_as_it_was, top_fits_the_screen_and_redraws, top_heeds_its_keys,
        top_outlives_the_relay, top_runs_within_the_shell, tables_fit_the_terminal, bash_completes,
        bash_completes_on_a_terminal,
    ]))  # fmt: skip
