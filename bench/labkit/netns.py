# SPDX-License-Identifier: BSD-3-Clause
"""netns: the lab's network. Three bridges in a namespace of their own; everything else hangs on them.

    outside     192.0.2.0/24, 2001:db8:1::/64      partners' servers, the relay's edge interface (px0), DNS
    inside      198.51.100.0/24, 2001:db8:2::/64   gateways, the relay's internal interface (px1), DNS
    management  203.0.113.0/24                     the relay's own DNS queries, by the kernel

A host has the same number in both families: 192.0.2.21 is 2001:db8:1::21. No interface leads out of
the lab.
"""

import contextlib
import ctypes
import os
import pathlib
import socket
import subprocess
import sys
import threading

from .state import LabError

NETS = {"out": "192.0.2.", "in": "198.51.100.", "mgmt": "203.0.113."}
NETS6 = {"out": "2001:db8:1::", "in": "2001:db8:2::"}
SETTINGS = {  # IPv6 is for the interfaces that plug() gives an address
    "ipv6/conf/all/disable_ipv6": "1",
    "ipv6/conf/default/disable_ipv6": "1",
    "ipv4/tcp_congestion_control": "reno",
    "ipv4/tcp_slow_start_after_idle": "0",
}
QUEUES_MAX = 2  # of the relay's own cables
IPV6_SETTINGS = {"accept_ra": "0", "autoconf": "0", "disable_ipv6": "0"}
LISTEN = "0A"  # TCP_LISTEN as /proc/net/tcp writes it
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


def run(argv, text_in=None):
    done = subprocess.run(argv, input=text_in, capture_output=True, text=True)
    if done.returncode != 0:
        raise LabError(f"{' '.join(argv)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def enter(namespace):
    """Moves the calling thread into @namespace for good."""
    fd = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        if LIBC.setns(fd, CLONE_NEWNET) != 0:
            raise LabError(f"setns {namespace}: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(fd)


@contextlib.contextmanager
def inside(namespace):
    """What is opened in this block belongs to @namespace, whoever uses it afterwards."""
    before = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
    try:
        enter(namespace)
        yield
    finally:
        LIBC.setns(before, CLONE_NEWNET)
        os.close(before)


class Network:
    """Builds and knows the lab's namespaces. Names without prefix: `fabric`, `edge`, `dns`, ..."""

    def __init__(self, rundir):
        self.rundir = rundir
        self.plugs = 0
        self.cables = []  # the relay's own

    def name(self, short):
        return self.rundir.prefix + short

    def add(self, short):
        name = self.name(short)
        run(["ip", "netns", "add", name])
        with inside(name):
            for setting, value in SETTINGS.items():
                file = pathlib.Path("/proc/sys/net", setting)
                if file.exists():  # a kernel booted without IPv6 has none of its settings
                    file.write_text(value)
        run(["ip", "-n", name, "link", "set", "lo", "up"])
        return name

    def shell(self, short, script):
        return run(["ip", "netns", "exec", self.name(short), "sh", "-ec", script])

    def bridges(self):
        self.add("fabric")
        self.shell(
            "fabric",
            "".join(
                f"ip link add br-{net} type bridge stp_state 0 forward_delay 0;"
                f"ip link set br-{net} up;"
                for net in NETS
            ),
        )

    def plug(self, short, device, net, host=None, dataplane=False, mtu=1500):
        """A cable from @device in namespace @short to bridge @net.

        Checksums are computed by the sender: a frame that reaches the relay through a bridge would
        otherwise carry a partial one. On the relay's own cables (@dataplane) the kernel's receive
        work is steered to CPU 0, so that a frame sent by the poll core costs it little; they can
        have several queues, and have one until spread() says otherwise.
        """
        self.plugs += 1
        far = f"p{self.plugs}-{device}"[:15]
        many = f"numrxqueues {QUEUES_MAX} numtxqueues {QUEUES_MAX}" if dataplane else ""
        name, fabric = self.name(short), self.name("fabric")
        run(
            ["ip", "-n", name, "-batch", "-"],
            f"link add {device} mtu {mtu} {many} type veth"
            f" peer name {far} netns {fabric} mtu {mtu} {many}\n"
            f"link set {device} up\n"
            + (f"addr add {NETS[net]}{host}/24 dev {device}\n" if host else ""),
        )
        if host and net in NETS6:
            self.plug6(name, device, f"{NETS6[net]}{host}")
        run(["ip", "-n", fabric, "link", "set", far, "master", f"br-{net}", "up"])
        if dataplane:
            self.cables.append((short, device, far))
            self.channels(short, device, far, 1)
            self.shell("fabric", f"for q in /sys/class/net/{far}/queues/rx-*/rps_cpus;"
                                 " do echo 1 > $q; done")  # fmt: skip
        else:
            run(["ip", "netns", "exec", name, "ethtool", "-K", device, "tx", "off"])

    def plug6(self, name, device, address):
        """IPv6 beside IPv4, usable at once: nobody else can have the address. No-op without IPv6."""
        with inside(name):
            folder = pathlib.Path("/proc/sys/net/ipv6/conf", device)
            if not folder.exists():
                return
            for setting, value in IPV6_SETTINGS.items():
                (folder / setting).write_text(value)
        run(["ip", "-n", name, "addr", "add", f"{address}/64", "dev", device, "nodad"])

    def channels(self, short, device, far, queues):
        for where, link in ((short, device), ("fabric", far)):
            current = self.shell(where, f"ls -d /sys/class/net/{link}/queues/rx-* | wc -l").strip()
            if current != str(queues):
                self.shell(where, f"ethtool -L {link} rx {queues} tx {queues}")

    def spread(self, short, queues):
        """From now on the relay's cables in @short have @queues queues: while it does not run."""
        for where, device, far in self.cables:
            if where == short:
                self.channels(where, device, far, queues)

    def listens(self, short, port, address=None):
        """Does anything in @short listen on TCP @port (of the IPv4 @address)?

        Asked many times a second while servers start, so it reads the kernel's table itself: a
        process for each question would take the CPU from those it waits for.
        """
        with inside(self.name(short)):
            rows = []
            for table in ("tcp",) if address else ("tcp", "tcp6"):
                with contextlib.suppress(FileNotFoundError):  # a kernel without IPv6
                    lines = pathlib.Path("/proc/thread-self/net", table).read_text(encoding="ascii")
                    rows += [line.split() for line in lines.splitlines()][1:]
        listening = [row[1].split(":") for row in rows if row[3] == LISTEN]
        where = address and f"{int.from_bytes(socket.inet_aton(address), sys.byteorder):08X}"
        return any(int(p, 16) == port and where in (None, a) for a, p in listening)
