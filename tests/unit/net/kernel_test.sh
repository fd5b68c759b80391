#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# kernel_test.sh - ARP, neighbour discovery, ping and a TCP connection, by IPv4 and IPv6, between `answer` and the
# kernel's stack over a veth, for one driver profile, in network namespaces of its own. Needs root.
#   kernel_test.sh ANSWER DRIVERS-CFG-FOLDER DRIVER [VLAN]
# With a VLAN the frames are made by hand, as not every kernel has tagged interfaces: does the driver keep the tags?
set -eu

answer=$1
drivers=$2
driver=$3
vlan=${4:-0}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
ours=netu$$
theirs=netk$$
mac=02:00:00:00:00:51
work=$(mktemp -d)
pid=

cleanup() {
	exec 3>&- # end of file: the program stops by itself
	[ -z "$pid" ] || wait "$pid" || true
	ip netns del "$ours" 2>/dev/null || true
	ip netns del "$theirs" 2>/dev/null || true
	rm -rf "$work"
}

# address DEVICE: the kernel's addresses on it, without waiting for a duplicate that cannot be.
address() {
	device=$1
	ip -n "$theirs" link set "$device" up
	ip -n "$theirs" addr add 192.0.2.2/24 dev "$device"
	ip -n "$theirs" addr add 2001:db8::2/64 dev "$device" nodad
}

fail() {
	echo "kernel_test.sh: $driver: $*" >&2
	sed 's/^/answer: /' "$work/out" "$work/err" >&2
	exit 1
}

# Waits for a line of the program's output, 20 s at most; not for a time.
await() {
	tries=0
	until grep -qx "$1" "$work/out"; do
		kill -0 "$pid" 2>/dev/null || fail "ended before it said $1"
		tries=$((tries + 1))
		[ "$tries" -lt 400 ] || fail "did not say $1"
		sleep 0.05
	done
}

mkfifo "$work/in"
exec 3<>"$work/in"
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
: >"$work/out"
: >"$work/err"
ip netns add "$ours"
ip netns add "$theirs"
if [ "$driver" = tap ]; then
	link=dtap0
else
	link=px0
	ip -n "$ours" link add px0 type veth peer name pk0 netns "$theirs"
	ip netns exec "$theirs" ethtool -K pk0 tx off txvlan off >/dev/null
	ip -n "$ours" link set px0 up
	address pk0
fi
ip netns exec "$ours" "$answer" "$drivers" "$driver" "$link" "$mac" "$vlan" <"$work/in" 3>&- >"$work/out" 2>"$work/err" &
pid=$!
await ready
if [ "$driver" = tap ]; then
	ip -n "$ours" link set dtap0 netns "$theirs"
	address dtap0
fi
ip netns exec "$theirs" /usr/bin/python3 "$here/kernel_peer.py" "$mac" "$device" "$vlan" || fail "the kernel's side failed"
if [ "$vlan" -eq 0 ]; then
	await "connection by IPv4"
	await "connection by IPv6"
fi
echo stop >&3
exec 3>&-
wait "$pid" || fail "ended with an error"
pid=
echo "1 passed, 0 failed"
