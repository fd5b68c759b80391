# SPDX-License-Identifier: BSD-3-Clause
"""world: two kernels and our stack on an emulated link.

    ours  px0  192.0.2.1    our stack (bulk_stack)      \\
    ref   pr0  192.0.2.3    a kernel to compare it with   > side A -- link -- side B: far pk0 192.0.2.2
    link  a0   192.0.2.254  the router, for what is sent /
                            into px0 past the link

The peers send frames as they are on a wire: no offload, so none is larger than the MTU.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import subprocess

from labkit import netns

TREE = pathlib.Path(__file__).resolve().parents[2]
OURS, FAR, REF, ROUTER = "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.254"
LISTEN_PORT, FAR_PORT = 5269, 7000
VETHS = {"px0": ("ours", "a0"), "pr0": ("ref", "a1"), "pk0": ("far", "b0")}
# Behind a longer stall the windows of what is under way leave all at once, and a bottleneck drops them: that
# measures the machine, whatever the result.
STALL_MAX_MS = 10
TRIES = 4  # of a measurement that was stalled; the last one counts
CPUS = sorted(os.sched_getaffinity(0))
STACK_CPU, PEER_CPU = CPUS[-1], CPUS[0]
SYSCTLS = {
    "ipv6/conf/all/disable_ipv6": "1",
    "ipv4/tcp_congestion_control": "reno",
    "ipv4/tcp_no_metrics_save": "1",  # no memory of how the connection before fared
}


class Ended(Exception):
    """A program of ours is gone."""


@dataclasses.dataclass(frozen=True)
class Way:
    """One direction of the link. Events are of 10,000 packets."""

    delay_us: int = 0
    loss: int = 0
    duplicate: int = 0
    reorder: int = 0
    reorder_us: int = 0
    rate_kbit: int = 0
    queue_bytes: int = 0
    mark: int = 0  # congestion experienced, of what may be marked
    jitter_us: int = 0  # each takes up to so much longer, and overtakes none

    def text(self):
        return " ".join(str(v) for v in dataclasses.astuple(self))


class Program:
    """One that answers lines of standard input with lines of JSON."""

    def __init__(self, namespace, argv, **more):
        self.name = pathlib.Path(argv[0]).name
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", namespace, *map(str, argv)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, bufsize=1, **more)  # fmt: skip
        self.expect("ready\n")

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            raise Ended(f"{self.name} ended with {self.process.wait(10)}")
        return line

    def expect(self, text):
        line = self.line()
        if line != text:
            raise Ended(f"{self.name} says {line!r}")

    def write(self, text):
        self.process.stdin.write(text + "\n")

    def ask(self, text):
        self.write(text)
        return json.loads(self.line())

    def stop(self):
        """What it ends with; by force where it does not."""
        self.process.stdin.close()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class Link(Program):
    def __init__(self, world):
        super().__init__(world.name("link"), [world.build / "tests/link/link", "a0,a1", "b0"])

    def set(self, there=Way(), back=None, seed=1):
        """Side A to side B, and back (default: the same)."""
        self.ask(f"set {seed} {there.text()} {(back or there).text()}")

    def counts(self):
        return self.ask("counts")


class Stack(Program):
    """bulk_stack."""

    def __init__(self, world, congestion, ecn):
        # What libxdp leaks by itself, where the build has a leak checker.
        leaks = f"suppressions={TREE / 'tests/unit/net/lsan.supp'}"
        super().__init__(
            world.name("ours"),
            [world.build / "tests/e2e/bulk/bulk_stack", TREE / "drivers-cfg", world.driver, "px0",
             STACK_CPU, congestion, *(["ecn"] if ecn else [])],
            stderr=world.log, env={"LSAN_OPTIONS": leaks, **os.environ})  # fmt: skip

    def start(self, role, size, *, flows=1, milliseconds=0, close="first", reader="fast", seed=1,
              deadline=130):  # fmt: skip
        """Returns when it watches for the connections: no SYN comes before. told() follows."""
        self.write(f"{role} {FAR_PORT} {flows} {size} {milliseconds} {close} {reader} {seed % 2} "
                   f"{seed} 0 0 0 0 {deadline}")  # fmt: skip
        self.expect("started\n")

    def told(self):
        return json.loads(self.line())


class World:
    """Everything above; with-statement. The stack is made by stack(), as often as one likes."""

    def __init__(self, build, driver, number):
        self.build, self.driver, self.number = pathlib.Path(build).resolve(), driver, number
        self.undo = contextlib.ExitStack()
        self.macs = {}

    def name(self, short):
        return f"peer{self.number}-{short}"

    def __enter__(self):
        with self.undo:
            for number in (signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, lambda *_: exit(1))
            # What else runs on the machine is to disturb as little as can be had; children inherit it.
            before = os.getpriority(os.PRIO_PROCESS, 0)
            os.setpriority(os.PRIO_PROCESS, 0, -20)
            self.undo.callback(os.setpriority, os.PRIO_PROCESS, 0, before)
            self.put_first()
            # A poll core is nobody else's; our stack moves there by itself.
            self.undo.callback(os.sched_setaffinity, 0, os.sched_getaffinity(0))
            os.sched_setaffinity(0, {PEER_CPU})
            self.log = self.undo.enter_context(open(self.build / f"peer{self.number}.log", "w"))
            self.undo.callback(self.down)
            self.up()
            self.link = Link(self)
            self.undo.callback(self.link.stop)
            self.undo = self.undo.pop_all()
        return self

    def __exit__(self, *_):
        self.undo.close()

    def put_first(self):
        """Where each session is scheduled as a group, niceness alone orders nothing between them."""
        group = pathlib.Path("/proc/self/autogroup")
        # Empty for one that is in no session's group, as whom the machine's first process started.
        before = group.read_text().split() if group.exists() else []
        if before:
            self.undo.callback(group.write_text, before[-1])
            group.write_text("-20")

    def up(self):
        self.down()
        for short in ("ours", "ref", "far", "link"):
            netns.run(["ip", "netns", "add", self.name(short)])
            with netns.inside(self.name(short)):
                for setting, value in SYSCTLS.items():
                    file = pathlib.Path("/proc/sys/net", setting)
                    if file.exists():  # a kernel booted without IPv6 has none of its settings
                        file.write_text(value)
        for device, (short, end) in VETHS.items():
            netns.run(["ip", "-n", self.name(short), "link", "add", device, "type", "veth", "peer",
                       "name", end, "netns", self.name("link")])  # fmt: skip
            self.set_up("link", end)
            self.set_up(short, device)
        for short, device, address in (("far", "pk0", FAR), ("ref", "pr0", REF),
                                       ("link", "a0", ROUTER)):  # fmt: skip
            netns.run(["ip", "-n", self.name(short), "addr", "add", f"{address}/24", "dev", device])

    def set_up(self, short, device):
        """No offload; receive work away from the CPU that polls."""
        script = (f"ethtool -K {device} tx off tso off gso off gro off > /dev/null;"
                  f"ip link set {device} up; cat /sys/class/net/{device}/address")  # fmt: skip
        out = netns.run(["ip", "netns", "exec", self.name(short), "sh", "-ec", script])
        self.macs[device] = out.strip()
        self.steer(short, device, 1 << PEER_CPU)

    def steer(self, short, device, cpus):
        """Who does @device's receive work; 0: whoever sends."""
        file = f"/sys/class/net/{device}/queues/rx-0/rps_cpus"
        netns.run(["ip", "netns", "exec", self.name(short), "sh", "-ec", f"echo {cpus:x} > {file}"])

    def set_ecn(self, short, asks):
        """Otherwise it grants what is asked for, as kernels do by themselves."""
        with netns.inside(self.name(short)):
            pathlib.Path("/proc/sys/net/ipv4/tcp_ecn").write_text("1" if asks else "2")

    def down(self):
        for short in ("ours", "ref", "far", "link"):
            subprocess.run(["ip", "netns", "del", self.name(short)], stderr=subprocess.DEVNULL)

    @contextlib.contextmanager
    def stack(self, congestion="cubic", ecn=False):
        """With @ecn the far kernel asks for it, too, while the stack is there."""
        self.set_ecn("far", ecn)
        stack = Stack(self, congestion, ecn)
        code = None
        try:
            yield stack
            code = stack.stop()
        finally:
            if code is None:
                stack.stop()
        if code != 0:
            raise Ended(f"bulk_stack ended with {code}")

    def forge(self, **settings):
        """Starts the forger at the router: its frames go straight into px0."""
        known = {"to": self.macs["px0"], "from": self.macs["a0"], "router": ROUTER}
        argv = [self.build / "tests/link/forge", "a0",
                *(f"{k}={v}" for k, v in {**known, **settings}.items())]  # fmt: skip
        # As fast as it can, it gets no priority: what the kernel does for the veth (ksoftirqd) has
        # none either.
        nice = "0" if settings.get("rate") else "20"
        return subprocess.Popen(["ip", "netns", "exec", self.name("link"), "nice", "-n", nice,
                                 "taskset", "-c", str(PEER_CPU), *map(str, argv)],
                                stdout=subprocess.PIPE, text=True)  # fmt: skip

    def forged(self, **settings):
        """The same to its end; what it tells."""
        process = self.forge(**settings)
        out, _ = process.communicate()
        if process.returncode != 0:
            raise Ended(f"forge ended with {process.returncode}")
        return json.loads(out)
