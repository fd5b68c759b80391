# SPDX-License-Identifier: BSD-3-Clause
"""terminal: a program on a pseudo-terminal, its screen as a person sees it (pyte), and a stand-in
for the relay (relay_double)."""

import contextlib
import fcntl
import os
import pathlib
import pty
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time

import pyte

PATIENCE_S = 60  # a slow machine, sanitizers; what is awaited comes at once otherwise


class Failed(Exception):
    """A test's expectation does not hold."""


def check(condition, text):
    if not condition:
        raise Failed(text)


class Terminal:
    def __init__(self, argv, env, rows=24, columns=80):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.status = None
        # the parent keeps the other end, so that its settings can be read when the program has ended
        self.fd, self.tty = pty.openpty()
        self.size(rows, columns)
        self.settings = termios.tcgetattr(self.tty)
        self.process = subprocess.Popen(argv, env=env, stdin=self.tty, stdout=self.tty, stderr=self.tty,
                                        preexec_fn=self.become_leader)  # fmt: skip

    def become_leader(self):
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def size(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def type(self, text):
        os.write(self.fd, text.encode())

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def feed(self, seconds):
        """Whether something came."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        got = os.read(self.fd, 65536)
        self.raw += got
        self.stream.feed(got)
        return True

    def until(self, holds, what):
        """Reads until holds(text of the screen)."""
        end = time.monotonic() + PATIENCE_S
        while not holds(self.text()):
            check(time.monotonic() < end, f"waited for {what}; on the screen:\n{self.text()}")
            self.feed(0.2)

    def expect(self, wanted):
        self.until(lambda text: wanted in text, repr(wanted))

    def ended(self):
        """The exit code; the terminal is as it was."""
        end = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            check(time.monotonic() < end, f"it does not end; on the screen:\n{self.text()}")
            self.feed(0.1)
        while self.feed(0):
            pass
        check(termios.tcgetattr(self.tty) == self.settings, "the terminal's settings are not what they were")
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self.fd)
        os.close(self.tty)


class Double:
    """relay_double, and the surroundings that find it."""

    def __init__(self, program, partners=60, streams=400):
        self.argv = [program, None, str(partners), str(streams)]
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.argv[1] = str(self.path / "control.sock")
        self.env = {"PATH": os.environ["PATH"], "HOME": self.folder.name, "TERM": "xterm", "TZ": "UTC",
                    "LC_ALL": "C.UTF-8", "SLUICE_SOCKET": self.argv[1],
                    **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}  # fmt: skip
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)  # fmt: skip
        check(self.process.stdout.readline() == b"ready\n", "the stand-in does not start")

    def stop(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE_S)
        self.process.stdout.close()

    def close(self):
        self.stop()
        self.folder.cleanup()


@contextlib.contextmanager
def running(program, **how):
    double = Double(program, **how)
    try:
        yield double
    finally:
        double.close()


def run_tests(tests):
    """Runs each; the last line is "N passed, N failed". The exit code."""
    failed = 0
    for test in tests:
        try:
            test()
        except Exception as why:  # a test may fail in any way; the others run
            failed += 1
            print(f"FAILED: {test.__name__}: {type(why).__name__}: {why}", flush=True)
    print(f"{len(tests) - failed} passed, {failed} failed")
    return 1 if failed or not tests else 0
