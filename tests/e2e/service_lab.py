# SPDX-License-Identifier: BSD-3-Clause
"""service_lab: what stands around a relay that runs as a service: a service manager that listens, a hand that
holds one of its threads, the kernel's word on system calls that were refused."""

import contextlib
import ctypes
import os
import pathlib
import re
import socket
import subprocess
import time

TREE = pathlib.Path(__file__).resolve().parents[2]
CLONE3 = 435  # answered with ENOSYS so that glibc takes clone (sandbox.c): told, too, and no loss
LIBC = ctypes.CDLL(None, use_errno=True)
PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207


def refusals():
    """(when, line) of each refused system call that the kernel has told of."""
    lines = subprocess.run(["dmesg"], capture_output=True, text=True).stdout.splitlines()
    return [(float(re.search(r"audit\(([\d.]+):", line)[1]), line)
            for line in lines if "type=1326" in line]  # fmt: skip


SEEN = {"until": max((when for when, _ in refusals()), default=0.0)}  # told, or others' before this run


def refused_calls(program):
    """Numbers of system calls that processes of @program were refused since this was last asked."""
    new = [(when, line) for when, line in refusals() if when > SEEN["until"]]
    SEEN["until"] = max((when for when, _ in new), default=SEEN["until"])
    return sorted({int(re.search(r"syscall=(\d+)", line)[1])
                   for _, line in new if f'exe="{program}"' in line} - {CLONE3})  # fmt: skip


class Manager:
    """A service manager's ear: what the relay says to NOTIFY_SOCKET."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self.socket.bind(str(self.path))
        self.path.chmod(0o666)
        self.heard = []

    def words(self, watchdog_us):
        return ["env", f"NOTIFY_SOCKET={self.path}", f"WATCHDOG_USEC={watchdog_us}"]

    def listen(self, seconds=0.0):
        """All that is said until now, or within @seconds from now."""
        end = time.monotonic() + seconds
        while True:
            self.socket.settimeout(max(end - time.monotonic(), 0.000001))
            try:
                self.heard.append(self.socket.recv(4096).decode())
            except (TimeoutError, BlockingIOError):
                return self.heard

    def says(self, text, seconds=10):
        """The first datagram from now on that begins with @text; those before it are forgotten."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for at, said in enumerate(self.listen(0.05)):
                if said.startswith(text):
                    self.heard = self.heard[at + 1 :]
                    return said
        raise AssertionError(f"the manager does not hear {text!r}, but {self.heard}")

    def close(self):
        self.socket.close()
        self.path.unlink(missing_ok=True)


def threads(pid, name):
    """Ids of the threads of @pid whose name begins with @name."""
    return [int(t.name) for t in pathlib.Path(f"/proc/{pid}/task").iterdir()
            if t.joinpath("comm").read_text().startswith(name)]  # fmt: skip


def ptrace(request, tid):
    if LIBC.ptrace(request, tid, None, None) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace({request}, {tid})")


@contextlib.contextmanager
def held(tid):
    """In this block one thread of a process stands still; its others go on."""
    LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    LIBC.ptrace.restype = ctypes.c_long
    ptrace(PTRACE_SEIZE, tid)
    try:
        ptrace(PTRACE_INTERRUPT, tid)
        os.waitpid(tid, 0x40000000)  # __WALL: it has stopped
        yield
    finally:
        ptrace(PTRACE_DETACH, tid)
