# SPDX-License-Identifier: BSD-3-Clause
"""kernel_peer.py - the kernel's side of kernel_test.sh: pings 192.0.2.1 and 2001:db8::1, and dials both.

    kernel_peer.py MAC DEVICE VLAN

MAC is what the kernel must have resolved both to, DEVICE where. With a VLAN other than 0 there is only a tagged
question, made by hand.
"""
import json
import os
import select
import socket
import struct
import subprocess
import sys
import time

PEER = "192.0.2.1"
PEER6 = "2001:db8::1"
LOCAL6 = "fe80::ff:fe00:51"  # of the MAC that kernel_test.sh gives
SOL_PACKET, PACKET_AUXDATA, TP_STATUS_VLAN_VALID = 263, 8, 16  # linux/if_packet.h


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def await_reply(sock, sender_wanted, kind, request):
    """The reply to this very request within 3 seconds, or None."""
    deadline = time.monotonic() + 3
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([sock], [], [], left)[0]:
            break
        packet, sender = sock.recvfrom(2048)
        message = packet if sock.family == socket.AF_INET6 else packet[(packet[0] & 15) * 4:]
        if sender[0].split("%")[0] == sender_wanted and message[0] == kind and message[4:] == request[4:]:
            return message
    return None


def ping(sock, sequence, size):
    payload = bytes(i & 0xFF for i in range(size))
    request = struct.pack("!BBHHH", 8, 0, 0, os.getpid() & 0xFFFF, sequence) + payload
    request = request[:2] + struct.pack("!H", checksum(request)) + request[4:]
    sock.sendto(request, (PEER, 0))
    reply = await_reply(sock, PEER, 0, request)
    return reply is not None and checksum(reply) == 0


def ping6(sock, to, scope, sequence, size):
    """The kernel fills in the checksum, and drops what comes with a wrong one."""
    payload = bytes(i & 0xFF for i in range(size))
    request = struct.pack("!BBHHH", 128, 0, 0, os.getpid() & 0xFFFF, sequence) + payload
    sock.sendto(request, (to, 0, 0, scope))
    return await_reply(sock, to, 129, request) is not None


def ping_all(device):
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    raw6 = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    scope = socket.if_nametoindex(device)
    for sequence, size in enumerate([8, 0, 56, 1000, 1472]):
        if not ping(raw, sequence, size):
            sys.exit(f"no right reply to a ping of {size} bytes")
    for sequence, size in enumerate([8, 0, 57, 1000, 1452]):
        if not ping6(raw6, PEER6, 0, sequence, size):
            sys.exit(f"no right reply to an IPv6 ping of {size} bytes")
    if not ping6(raw6, LOCAL6, scope, 99, 56):
        sys.exit("no right reply to a ping of the link-local address")


def neighbour(address):
    out = subprocess.run(["ip", "-j", "neigh", "show", "to", address], check=True, capture_output=True, text=True)
    return [(e.get("lladdr"), e.get("dev")) for e in json.loads(out.stdout)]


def dial(family, address):
    """More than one segment each way, and the end of both directions."""
    sent = bytes(i * 7 & 0xFF for i in range(20000))
    with socket.socket(family) as sock:
        sock.settimeout(10)
        sock.connect((address, 5269))
        sock.sendall(sent)
        sock.shutdown(socket.SHUT_WR)
        heard = b""
        while piece := sock.recv(65536):
            heard += piece
    if heard != sent:
        sys.exit(f"{address} echoed {len(heard)} bytes, not the {len(sent)} sent")


def ask_tagged(sock, sender, tag):
    """An ARP question from 192.0.2.@sender; @tag: what stands between addresses and type."""
    own = sock.getsockname()[4]
    arp = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, own, bytes([192, 0, 2, sender]), bytes(6),
                      socket.inet_aton(PEER))
    sock.send(b"\xff" * 6 + own + tag + struct.pack("!H", 0x0806) + arp + bytes(18))


def read_answer(sock, mac):
    """The next ARP answer of @mac: (to whom, VLAN). The kernel may have taken the tag off and put it beside."""
    while True:
        frame, aside, _, _ = sock.recvmsg(2048, 256)
        vlan = 0
        for level, kind, data in aside:
            if level == SOL_PACKET and kind == PACKET_AUXDATA:
                status, _, _, _, _, tci, _ = struct.unpack("=IIIHHHH", data[:20])
                vlan = tci & 0xFFF if status & TP_STATUS_VLAN_VALID else 0
        if frame[12:14] == b"\x81\x00":
            vlan = struct.unpack("!H", frame[14:16])[0] & 0xFFF
            frame = frame[:12] + frame[16:]
        if frame[6:12] == mac and frame[12:14] == b"\x08\x06" and frame[20:22] == b"\x00\x02":
            return frame[41], vlan


def tagged(mac, device, vlan):
    """Of a question without a tag, one with another and one with the right tag only the last is answered."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as sock:
        sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        sock.settimeout(5)
        sock.bind((device, 3))
        ask_tagged(sock, 3, b"")
        ask_tagged(sock, 4, struct.pack("!HH", 0x8100, vlan + 1))
        ask_tagged(sock, 5, struct.pack("!HH", 0x8100, vlan))
        answer = read_answer(sock, bytes.fromhex(mac.replace(":", "")))
    if answer != (5, vlan):
        sys.exit(f"answered 192.0.2.{answer[0]} on VLAN {answer[1]}")


def main():
    mac, device, vlan = sys.argv[1:4]
    if vlan != "0":
        tagged(mac, device, int(vlan))
        return
    ping_all(device)
    for address in PEER, PEER6, LOCAL6:
        if neighbour(address) != [(mac, device)]:
            sys.exit(f"the kernel's entry of {address} is {neighbour(address)}, not {mac}")
    dial(socket.AF_INET, PEER)
    dial(socket.AF_INET6, PEER6)


if __name__ == "__main__":
    main()
