# SPDX-License-Identifier: BSD-3-Clause
"""kernel_peer.py - the kernel's side of kernel_test.sh: pings 192.0.2.1 and dials it."""
import os
import select
import socket
import struct
import sys
import time

PEER = "192.0.2.1"


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ping(sock, sequence, size):
    """True when the reply to this very request comes within 3 seconds."""
    ident = os.getpid() & 0xFFFF
    payload = bytes(i & 0xFF for i in range(size))
    request = struct.pack("!BBHHH", 8, 0, 0, ident, sequence) + payload
    request = request[:2] + struct.pack("!H", checksum(request)) + request[4:]
    sock.sendto(request, (PEER, 0))
    deadline = time.monotonic() + 3
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([sock], [], [], left)[0]:
            break
        packet, sender = sock.recvfrom(2048)
        message = packet[(packet[0] & 15) * 4:]
        if sender[0] == PEER and message[0] == 0 and message[4:] == request[4:]:
            return checksum(message) == 0
    return False


def main():
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    for sequence, size in enumerate([8, 0, 56, 1000, 1472]):
        if not ping(raw, sequence, size):
            sys.exit(f"no right reply to a ping of {size} bytes")
    with open("/proc/net/arp", encoding="ascii") as table:
        entries = [line.split()[3] for line in table if line.startswith(PEER + " ")]
    if entries != [sys.argv[1]]:
        sys.exit(f"the kernel's ARP entry is {entries}, not {sys.argv[1]}")
    dial = socket.socket()
    dial.setblocking(False)
    dial.connect_ex((PEER, 5269))


if __name__ == "__main__":
    main()
