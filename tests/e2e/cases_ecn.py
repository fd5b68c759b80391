# SPDX-License-Identifier: BSD-3-Clause
"""ECN (RFC 3168) as configured: the relay grants it to a kernel that asks, and asks kernels that grant."""

import contextlib
import socket

from labkit import netns

from harness import LabError, case, check

TCP_ECN, OPTIONS_AT = "/proc/sys/net/ipv4/tcp_ecn", 5  # of struct tcp_info
AGREED, SEEN = 8, 16  # TCPI_OPT_ECN, TCPI_OPT_ECN_SEEN: something came that may be marked


@contextlib.contextmanager
def stranger_asks(world):
    """A kernel that asks for ECN when it dials, as most do not by themselves."""

    def set_to(value):
        with netns.inside(world.lab.network.name("stranger")), open(TCP_ECN, "w") as file:
            file.write(value)

    set_to("1")
    try:
        yield
    finally:
        set_to("2")


def restart(world, **size):
    world.users.close()
    code = world.relay.stop()
    check(code == 0, f"the relay ended with {code}")
    world.relay.size.update(size)
    world.relay.start()
    world.log_seen = len(world.log())


def agreed(world):
    """What a stranger's kernel says of ECN once the relay has sent it something."""
    with world.stranger() as stream:
        stream.open("contoso.example", "mallet.example")
        stream.features()
        info = stream.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, OPTIONS_AT + 1)
    return info[OPTIONS_AT] & (AGREED | SEEN)


def dialed(world, server):
    """What `ss` in the namespace of @server says of the connections from the relay."""
    out = world.lab.network.shell(server, f"ss -Htino src :5269 dst {world.EDGE}")
    if not out.strip():
        raise LabError(f"the relay has not dialed {server}")
    return out.split()


@case("ecn")
def off_by_default(world):
    with stranger_asks(world):
        check(agreed(world) == 0, "the relay grants ECN that its configuration does not")
    world.good_pair()
    check("ecn" not in dialed(world, "fabrikam"), "the relay asks for ECN")


@case("ecn")
def granted_and_asked_for(world):
    restart(world, ecn="true")
    try:
        with stranger_asks(world):
            check(agreed(world) == AGREED | SEEN, "no ECN between a kernel that asks and the relay")
        check(agreed(world) == 0, "ECN with a kernel that did not ask")
        world.good_pair()
        said = dialed(world, "fabrikam")
        check("ecn" in said and "ecnseen" in said, f"no ECN where the relay dials: {said}")
    finally:
        world.settled()
        restart(world, ecn="false")
    world.good_pair()
