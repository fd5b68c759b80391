#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# lint.sh - the rules of the house that a machine can check. One line a rule, then "N passed, N failed".
#
#   tests/lint.sh [--build DIR] [--tidy]
#
# --build DIR  a build folder (default build/): symbols are read from its archives and objects
# --tidy       also clang-tidy over all files (needs minutes)
set -u
shopt -s lastpipe # rule() counts in this shell, also at the end of a pipe
cd "$(dirname "$0")/.." || exit 2
build=build
tidy=no
while [ $# -gt 0 ]; do
	case $1 in
	--build) build=$2; shift 2 ;;
	--tidy) tidy=yes; shift ;;
	*) echo "usage: tests/lint.sh [--build DIR] [--tidy]" >&2; exit 2 ;;
	esac
done
passed=0
failed=0
# without git's list of files half of the rules would have nothing to complain about
git rev-parse --verify -q HEAD > /dev/null || { echo "lint: needs git, and a clone"; echo "0 passed, 1 failed"; exit 1; }

# rule NAME: reads complaints on stdin; none is a pass
rule() {
	local complaints
	complaints=$(cat)
	if [ -z "$complaints" ]; then
		passed=$((passed + 1))
		echo "ok   lint: $1"
	else
		failed=$((failed + 1))
		echo "FAIL lint: $1"
		printf '%s\n' "$complaints" | head -40 | sed 's/^/     /'
	fi
}

sources() { # FOLDER...: C files and headers
	find "$@" -name '*.[ch]' -type f 2>/dev/null | sort
}

# includes FOLDER: "file:line include" for each include of a file there, brackets stripped
includes() {
	sources "$1" | xargs -r grep -HnE '^[[:space:]]*#[[:space:]]*include' |
		sed -E 's/^([^:]+:[0-9]+):[^"<]*["<]([^">]+)[">].*/\1 \2/'
}

# only FOLDER PATTERN: what files in FOLDER include besides libc must match PATTERN
only() {
	includes "$1" | awk -v allowed="^($2)" '
		BEGIN { foreign = "^(rte_|openssl/|libxml/|intel-ipsec-mb|unbound|jansson|expat|idn2|microhttpd|ev[.]|curl/)" }
		($2 ~ /^(dataplane|control|tests|bench)\// || $2 ~ foreign) && $2 !~ allowed { print }'
}

only dataplane/base 'dataplane/base/' | rule "dataplane/base includes libc and itself"
only dataplane/xmpp 'dataplane/(base|xmpp)/' | rule "dataplane/xmpp includes libc, base and itself"
only dataplane/tls 'dataplane/(base|tls)/|intel-ipsec-mb' | rule "dataplane/tls includes ipsec-mb, base and itself"
only dataplane/tcp 'dataplane/(base|tcp)/|rte_' | rule "dataplane/tcp includes DPDK, base and itself"
includes dataplane/tcp | grep -E ' rte_(ethdev|eth_|lcore|eal|launch)' | rule "dataplane/tcp knows no device and no lcore"
only dataplane/net 'dataplane/(base|tcp|net)/|rte_' | rule "dataplane/net includes DPDK, tcp, base and itself"
only dataplane/core 'dataplane/|rte_|intel-ipsec-mb' | rule "dataplane/core includes the dataplane only"
includes dataplane | grep ' control/' | rule "the dataplane never includes control"
# Messages and what they carry, the ports (net.h: net_iface_setup), the route table it makes, the framer for what it
# negotiates; of DPDK the start of EAL, the cores' memory, and the writer of pcap-ng with what it writes.
seen='control/|dataplane/(core/(msg|event|inbox|stats|core|tapped)|tls/keys|net/(net|port)|tcp/tcp_stat|xmpp/(route|framer|stanza|jid))[.]h$'
seen="$seen|dataplane/base/([a-z_]+[.]h|drop[.]def)$|dataplane/tcp/tcp_stat[.]def$|openssl/|libxml/|unbound|jansson|idn2|microhttpd|rte_(eal|errno|lcore|mbuf|mempool|pcapng|telemetry)[.]h$"
only control "$seen" | rule "control sees of the dataplane only what is its to see"
# tls_credential is a part of tls_ctx: it reads the files into what SSL_CTX wants
includes control | grep ' openssl/' | grep -vE ' openssl/(evp|rand|crypto|hmac|sha)[.]h$' |
	grep -vE '^control/(tls_ctx|tls_credential|handshake|identity|chain_cache|tls_library|dialback)[a-z_]*[.][ch]:' |
	rule "OpenSSL beyond digests and randomness only in tls_ctx, handshake, identity, chain_cache, tls_library, dialback"
includes control | grep ' libxml/' | grep -vE '^control/(xml|config)[a-z_]*[.][ch]:' |
	rule "libxml2 only in xml and config"

includes control | grep -E ' (microhttpd|rte_telemetry)[.]h$' | grep -vE '^control/metrics/metrics_(http|telemetry)[.]c:' |
	rule "libmicrohttpd and DPDK's telemetry only in control/metrics"

sources dataplane control | xargs -r grep -nw volatile | grep -vE '^[^:]+:[0-9]+:[[:space:]]*(/?\*|//)' |
	rule "no volatile"
git ls-files '*.c' '*.h' '*.py' '*.sh' '*.def' bench/lab tests/run | xargs -r wc -l |
	awk '$2 != "total" && $1 > 500 { print $2 ": " $1 " lines" }' | rule "no file over 500 lines"
git ls-files '*.c' '*.h' '*.py' '*.sh' '*.def' 'meson.build' '*/meson.build' | xargs -r awk '
	FNR == 1 { named[FILENAME] = 0 }
	FNR <= 4 && /SPDX-License-Identifier: BSD-3-Clause/ { named[FILENAME] = 1 }
	END { for (f in named) if (!named[f]) print f }' | rule "every file names its licence"
git grep -nE '/(work|farm|home|root)/[a-z]|/tmp/bash_' -- . ':!tests/lint.sh' | rule "no path of one machine"
git ls-files '*.c' '*.h' | xargs -r clang-format --dry-run -Werror 2>&1 | sed -n 's,:.*error:.*,,p' | uniq -c | rule "clang-format"
git ls-files '*.py' | xargs -r /usr/bin/python3 -c '
import ast, sys
for f in sys.argv[1:]:
    try:
        ast.parse(open(f).read(), f)
    except SyntaxError as e:
        print(e)' | rule "Python parses"
git ls-files '*.sh' bench/lab tests/run .ci/run drivers-cfg/host | while read -r f; do
	case $(head -1 "$f") in *bash* | *sh) bash -n "$f" 2>&1 ;; esac
done | rule "shell parses"

# each header alone, and twice: what it needs it includes, and it guards itself
# shellcheck disable=SC2046
flags="-std=gnu11 -D_GNU_SOURCE -I. -Wall -Werror $(pkg-config --cflags libdpdk libxml-2.0 openssl jansson)"
header() { # FILE: complaints
	printf '#include "%s"\n#include "%s"\n' "$1" "$1" | cc $flags -fsyntax-only -x c - 2>&1 | head -3
}
export -f header
export flags
sources dataplane control | grep '[.]h$' | xargs -r -P 2 -I{} bash -c 'header {}' | rule "every header compiles alone"

if [ -d "$build" ]; then
	# FOLDER/libTIER.a.p/FILE.c.o: a name begins with its file's, its module's (tcp_in.c: tcp_), the module's plural
	# (session.c: sessions_, of the table of them) or its tier's
	# What speaks of a type that a header of another name defines is named after the type: enum level, enum method and
	# enum partner_type of policy.h, struct law of stats.h, struct job of job.h.
	of_type='policy[.]c exports (level|method|partner_type)_name|stats[.]c exports law_gap|opsock_client[.]c exports job_(say|end)'
	find "$build/dataplane" "$build/control" -name '*.c.o' -path '*/lib*.a.p/*' | xargs -r nm -A -g --defined-only |
		awk '{
			name = $NF; n = split($1, path, "/"); tier = path[n - 2]; file = path[n]
			sub(/[.]c[.]o:.*/, "", file); sub(/^meson-generated_[.][.]_/, "", file)
			n = split(file, part, "_"); head = ""; ok = index(name, tier "_") == 1
			for (i = 1; i <= n; i++) {
				head = head (i > 1 ? "_" : "") part[i]
				if (name == head || index(name, head "_") == 1 || index(name, head "s_") == 1) ok = 1
			}
			if (!ok && name !~ /^(__odr|__asan|DW[.]ref)/) print file ".c exports " name
		}' | grep -vxE "$of_type" | rule "exported names begin with their file's, module's or tier's"

	# what a tier needs from outside, object by object
	needs() { # ARCHIVE...: "object name" of each undefined name of the first that the others do not define
		local own
		own=$(nm -g --defined-only "$@" 2> /dev/null | awk 'NF == 3 { print $3 }' | sort -u)
		nm -A -u "$1" 2> /dev/null | sed -nE 's,.*[:/]([^:/]+)[.]c[.]o: +U (.*),\1 \2,p' |
			awk -v own="$own" 'BEGIN { n = split(own, a); for (i = 1; i <= n; i++) has[a[i]] = 1 } !($2 in has)'
	}
	dp=$build/dataplane
	# pure functions of libc; what the compiler puts in by itself, and assert(), which a release build does not have
	libc='memcpy|memmove|memset|memcmp|memchr|strlen|strnlen|strcmp|strncmp|strchr|strncasecmp|snprintf|inet_pton|inet_ntop'
	builtin='_GLOBAL_OFFSET_TABLE_|__(memcpy|memmove|memset|snprintf|sprintf)_chk|__stack_chk_fail|__assert_fail|__cpu_model'
	# made and freed by control, or once at the start of a core; write() wakes control by its eventfd
	start='route (calloc|free)|record (aligned_alloc|free)|lent (aligned_alloc|calloc|free)|inbox (calloc|free|write)|crossing (calloc|free)'
	if nm -u "$dp/base/libbase.a" 2> /dev/null | grep -qE '__(asan|ubsan|tsan)_'; then
		echo "     (sanitizer build: what the tiers need from outside is not checked)"
	else
		for tier in base xmpp; do
			[ -e "$dp/$tier/lib$tier.a" ] && needs "$dp/$tier/lib$tier.a" "$dp/base/libbase.a" |
				grep -vxE "[a-z_]+ ($libc|$builtin)|$start" |
				rule "dataplane/$tier needs nothing but memory and string functions"
		done
		[ -e "$dp/tls/libtls.a" ] && needs "$dp/tls/libtls.a" "$dp/base/libbase.a" |
			grep -vxE "[a-z_]+ ($libc|$builtin|imb_.*|(alloc|free)_mb_mgr|init_mb_mgr_.*|.*_mb_mgr.*)|$start" |
			rule "dataplane/tls needs nothing but ipsec-mb and memory functions"
		for tier in tcp net core; do
			[ -e "$dp/$tier/lib$tier.a" ] && needs "$dp/$tier/lib$tier.a" |
				grep -xE '[a-z_]+ (malloc|calloc|realloc|aligned_alloc|free|strdup|abort|exit|printf|fprintf|puts|write|send|recv|pthread_(mutex|cond|rwlock|spin)_.*|SSL_.*|xml[A-Z].*|sleep|usleep)' |
				grep -vxE "$start" | rule "dataplane/$tier takes no lock, allocates nothing, writes no line"
		done
	fi
fi

if [ "$tidy" = yes ]; then
	sources dataplane control | grep '[.]c$' |
		xargs -r -P 2 -n 1 clang-tidy -p "$build" --quiet 2>/dev/null | grep -E '(warning|error):' | sort -u |
		rule "clang-tidy"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
