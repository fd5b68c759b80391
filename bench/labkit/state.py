# SPDX-License-Identifier: BSD-3-Clause
"""state: one lab's run directory, the processes it started, and how to end what any run left.

A lab is known by a number. Everything it makes carries it: the run directory, the namespaces
(`slab<n>-*`). So a later run can clean up after one that was killed: each process is recorded with
its start time (a pid alone may have been given to somebody else since), and every process inside a
namespace of the lab is the lab's.
"""

import contextlib
import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time


class LabError(Exception):
    """Something of the lab does not work; the text is for the operator."""


def say(text):
    """One progress line on stderr."""
    print(f"lab: {text}", file=sys.stderr, flush=True)


def start_time(pid):
    """Clock ticks after boot at which @pid started; None when there is no such process."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[19])


def wait_until(question, what, timeout=30.0, step=0.02):
    """Asks @question until it answers with something true, and returns that."""
    end = time.monotonic() + timeout
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise LabError(f"{what}: not within {timeout:g} s")
        time.sleep(step)


class RunDir:
    """The run directory of lab @number: files, process records, the lock."""

    def __init__(self, number=0, path=None):
        self.number = number
        self.path = pathlib.Path(path or f"/run/sluice-lab-{number}")
        self.prefix = f"slab{number}-"
        self.children = {}
        self.lock = None
        self.recording = threading.Lock()  # several threads start servers at once

    def take(self):
        """Makes this process the only one that works on the lab."""
        self.path.mkdir(mode=0o755, parents=True, exist_ok=True)
        self.lock = open(f"/run/sluice-lab-{self.number}.lock", "w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as e:
            raise LabError(f"lab {self.number} is being worked on by another process") from e

    def folder(self, *names):
        folder = self.path.joinpath(*names)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def write(self, name, text):
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def records(self):
        with contextlib.suppress(OSError, ValueError):
            return json.loads((self.path / "processes.json").read_text())
        return {}

    def remember(self, name, pid):
        with self.recording:
            records = self.records()
            records[name] = {"pid": pid, "started": start_time(pid)}
            new = self.write("processes.json.new", json.dumps(records, indent=1) + "\n")
            new.rename(self.path / "processes.json")

    def spawn(self, name, argv, namespace=None, env=None, cwd=None):
        """Starts @argv as a process of the lab; stdout and stderr go to log/<name>.log."""
        if namespace:
            argv = ["ip", "netns", "exec", namespace, *argv]
        with open(self.folder("log") / f"{name}.log", "ab") as log:
            child = subprocess.Popen(
                [str(a) for a in argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **env} if env else None,
                cwd=cwd,
                start_new_session=True,
            )
        self.children[name] = child
        self.remember(name, child.pid)
        return child

    def log_text(self, name, last=4000):
        try:
            return (self.path / "log" / f"{name}.log").read_text(errors="replace")[-last:]
        except OSError:
            return ""

    def alive(self, name):
        record = self.records().get(name)
        return record is not None and start_time(record["pid"]) == record["started"]

    def end(self, name, how=signal.SIGTERM, grace=5.0):
        """Ends process @name: @how first, SIGKILL after @grace seconds."""
        record = self.records().get(name)
        if record is not None:
            end_pid(record["pid"], record["started"], how, grace)
        child = self.children.pop(name, None)
        if child is not None:
            child.wait()

    def namespaces(self):
        try:
            names = os.listdir("/run/netns")
        except OSError:
            return []
        return sorted(n for n in names if n.startswith(self.prefix))

    def clean(self):
        """Ends and removes whatever this or any former run of the lab left. Idempotent."""
        pids = {}
        for record in self.records().values():
            pids[record["pid"]] = record["started"]
        for namespace in self.namespaces():
            listed = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True)
            for pid in map(int, listed.stdout.split()):
                if pid != os.getpid():
                    pids.setdefault(pid, start_time(pid))
        alive = {p: s for p, s in pids.items() if s is not None and start_time(p) == s}
        for pid in alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + 3.0
        while time.monotonic() < end and any(start_time(p) == s for p, s in alive.items()):
            time.sleep(0.02)
        for pid, started in alive.items():
            end_pid(pid, started, signal.SIGKILL, 0)
        for child in self.children.values():
            child.wait()
        self.children.clear()
        for namespace in self.namespaces():
            subprocess.run(["ip", "netns", "del", namespace], check=True)
        keep = self.path / "log"
        for entry in list(self.path.iterdir()) if self.path.exists() else []:
            if entry == keep:
                continue
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def remove(self):
        """The last act: nothing of the lab stays."""
        self.clean()
        shutil.rmtree(self.path, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.unlink(f"/run/sluice-lab-{self.number}.lock")


def end_pid(pid, started, how, grace):
    """Sends @how to @pid if it is still the process that started at @started, then SIGKILL."""
    end = time.monotonic() + grace
    with contextlib.suppress(ProcessLookupError):
        if start_time(pid) != started:
            return
        os.kill(pid, how)
        while start_time(pid) == started and time.monotonic() < end:
            time.sleep(0.01)
        if start_time(pid) == started:
            os.kill(pid, signal.SIGKILL)
    while start_time(pid) == started:
        time.sleep(0.005)
