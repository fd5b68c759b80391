#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# host_test.sh - drivers-cfg/host: exit codes, dry runs that change nothing, profiles it understands.
#   host_test.sh DRIVERS-CFG-FOLDER
set -u

host=$1/host
drivers=$1
passed=0
failed=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT

# check NAME STATUS PATTERN ARGUMENT...: the exit status, and a line that matches.
check() {
	name=$1
	status=$2
	pattern=$3
	shift 3
	"$host" "$@" >"$out" 2>&1
	got=$?
	if [ "$got" -eq "$status" ] && grep -q -- "$pattern" "$out"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $name: status $got, not $status, or no line \"$pattern\":"
		cat "$out"
	fi
}

pages=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
before=$(cat $pages)
check help 0 '^usage: host' --help
check nothing 2 '^usage: host'
check unknown_command 2 'unknown command "fly"' fly
check unknown_section 2 'no section \[moon\]' packages moon
check no_section 2 'which section' packages
check no_size 2 'how many megabytes' hugepages lots
check huge_dry_run 0 "would write: $((before + 1001)) > $pages" --dry-run hugepages $(((before + 1001) * 2))
check huge_enough 0 'are wanted' --dry-run hugepages 0
check bad_driver 1 'there is no' bind nosuch 0000:03:00.0
check driver_path 2 'names of profiles' bind ../af_xdp 0000:03:00.0
check bad_address 2 'is no PCI address' --dry-run bind ice eth0
check no_device 1 'there is no PCI device' --dry-run bind ice ffff:ff:1f.7
check bifurcated 0 'nothing to bind' bind mlx5 0000:03:00.0
check advice 0 '^advice: veth' --dry-run prepare af_xdp
check status 0 '^link lo:' status
check drivers 0 '^af_xdp$' drivers
for section in build run test; do
	check "section_$section" 0 'are installed\|would run: .*apt-get' --dry-run packages $section
done
for profile in "$drivers"/*.conf; do
	name=${profile##*/}
	check "prepare_${name%.conf}" 0 . --dry-run prepare "${name%.conf}"
done
if [ "$(cat $pages)" != "$before" ]; then
	failed=$((failed + 1))
	echo "FAILED: a dry run changed the huge pages"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
