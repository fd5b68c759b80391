# SPDX-License-Identifier: BSD-3-Clause
"""What an operator sees of streams as they pass, what only an admin sees, and what nobody does."""

import itertools
import json
import socket
import subprocess
import time

from labkit import load

from cases_load import gateway, outside
from harness import case, check, wait_until
from watcher import Watcher

NUMBER = itertools.count(1)
# Whoever is let in by the socket's group, root's here, and is not root: an operator.
OPERATOR = ("setpriv", "--reuid=65534", "--regid=0", "--clear-groups")


def secret():
    """What somebody writes, and nobody else may read."""
    return f"between us {next(NUMBER)} {time.monotonic_ns()}"


def index_of(elements, text):
    for i, e in enumerate(elements):
        if text in e["element"]:
            return i
    check(False, f"no {text}: {[e['element'][:120] for e in elements]}")


def in_order(elements, *texts):
    places = [index_of(elements, text) for text in texts]
    check(places == sorted(places), f"{texts} come in the order {places}")


@case("watch")
def partner_from_the_first_byte(world):
    """Streams that a real server opens while it is watched are seen from their headers on."""
    alice, bob = world.user("alice@contoso.example"), world.user("bob@fabrikam.example")
    world.good_pair()
    words = secret()
    with Watcher(world, "partner", "fabrikam.example") as seen:
        old = {r["id"] for r in world.relay.streams(leg="edge", remote="fabrikam.example")}
        with world.reloaded(without=["fabrikam.example"]):
            wait_until(lambda: not old & {r["id"] for r in world.relay.streams()}, "the end", 10)
        world.comes_back(alice, bob)
        alice.say(bob.full_jid, words)
        bob.expect_body(words)
        bob.say(alice.full_jid, words)
        alice.expect_body(words)
        out = seen.shows(f"<body>…[{len(words)} bytes]</body>", direction="out")
        back = seen.shows(f"<body>…[{len(words)} bytes]</body>", direction="in")
        wait_until(lambda: any("closed by" in line.get("note", "") for line in seen.lines),
                   "the end of the old streams", 10)  # fmt: skip
    check(words not in seen.printed(), "a body is shown")
    check(words not in world.log(), "a body is in the log")
    check(out["leg"] == back["leg"] == "edge", f"{out} {back}")
    ours = seen.elements(stream=out["stream"])
    check(out["stream"] not in old, f"{out} on a stream of before: {old}")
    in_order(ours, "<stream:stream", "<starttls", "<proceed", "<auth", "<success", "<message")
    check("<stream:stream" in ours[0]["element"], f"begins with {ours[0]}")
    check({e["direction"] for e in ours if "<stream:stream" in e["element"]} == {"in", "out"},
          f"headers: {ours[:4]}")  # fmt: skip
    auth = next(e["element"] for e in ours if "<auth" in e["element"])
    check(auth.endswith(" bytes]</auth>") or auth.endswith("/>"), auth)
    tls = [line["note"] for line in seen.lines
           if line.get("stream") == out["stream"] and "TLS" in line.get("note", "")]  # fmt: skip
    check(tls and tls[0].startswith("TLSv1."), f"notes of TLS: {tls}")
    audit = [line for line in world.log().splitlines() if "event=watch " in line]
    check("uid=0" in audit[-1] and "of=partner" in audit[-1] and "bodies=no" in audit[-1], audit[-1])


@case("watch")
def bodies_are_the_admins(world):
    alice, bob = world.user("alice@contoso.example"), world.user("bob@fabrikam.example")
    world.good_pair()
    words = secret()
    asked = subprocess.run(
        [*OPERATOR, str(world.relay.program("sluicectl")), "-s", str(world.relay.socket), "watch",
         "all", "--bodies"], capture_output=True, text=True, timeout=30)  # fmt: skip
    check(asked.returncode == 4 and "admin" in asked.stderr, f"{asked}")
    with Watcher(world, "all", "--headers-only", prefix=OPERATOR) as heads:
        with Watcher(world, "all", "--bodies") as whole:
            alice.say(bob.full_jid, words)
            bob.expect_body(words)
            whole.shows(f"<body>{words}</body>", leg="internal", direction="in")
            whole.shows(f"<body>{words}</body>", leg="edge", direction="out")
            head = heads.shows("<message", leg="edge", direction="out")
    check("body" not in head["element"] and head["element"].endswith(">"), f"{head}")
    check(words not in heads.printed(), "a head has a body")
    check(words not in world.log(), "a body is in the log")
    audit = [line for line in world.log().splitlines() if "event=watch " in line]
    check("of=all" in audit[-1] and "bodies=yes" in audit[-1], audit[-1])
    gone = world.relay.ctl("watch stream er-not-there", check=False)
    check(gone.returncode == 5, f"{gone}")


@case("watch")
def a_reader_that_stops(world):
    """It loses lines, and is told so; nobody else notices."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(world.relay.socket))
        client.sendall(b'{"v":1,"id":1,"command":"watch all"}\n')
        figures = load.run([outside(world, "--send"), gateway(world)], world.relay.build,
                           rate=1500, seconds=4, warm_up=0)  # fmt: skip
        check(figures["exit"] == 0 and figures["sent"] == figures["received"], f"{figures}")
        began = time.monotonic()
        world.relay.ctl("show status")
        check(time.monotonic() - began < 5, "control answers late")
        lines, lost, in_cores = read_until_lost(client)
    check(lost > 0, f"{lines} lines, and none was lost")
    check(in_cores > 0, f"{lines} lines: all {figures['sent']} stanzas were copied")
    check(lines > 100, f"{lines} lines")


def read_until_lost(client):
    """How many lines came, and of how many it was said that they did not."""
    lines = lost = in_cores = 0
    end = time.monotonic() + 15
    with client.makefile("r") as text:
        while time.monotonic() < end and not (lost and in_cores):
            line = json.loads(text.readline())
            lines += 1
            lost += line.get("lost", 0)
            in_cores += line.get("data", {}).get("stanzas_lost", 0)
    return lines, lost, in_cores


def messages_logged(world, since):
    return [line for line in world.log()[since:].splitlines() if " event=message " in line]


@case("watch")
def messages_in_the_log(world):
    """Nothing of them unless asked for; then who writes to whom; what they write only with
    EnableLoggingAllMessageBodies."""
    alice, bob = world.user("alice@contoso.example"), world.user("bob@fabrikam.example")
    world.good_pair()
    begins = since = len(world.log())
    silent, ends, spoken = secret(), secret(), secret()

    def says(words):
        for one, other in ((alice, bob), (bob, alice)):
            one.say(other.full_jid, words, "id-1")
            other.expect_body(words)

    says(silent)
    check(not messages_logged(world, since), "messages are logged without being asked for")
    try:
        world.relay.log = {"messages": "true"}
        world.reload()
        says(ends)
        rows = wait_until(lambda: len(messages_logged(world, since)) >= 2
                          and messages_logged(world, since), "two lines of messages", 10)  # fmt: skip
        check(any("leg=internal from=alice@" in r and "to=bob@" in r for r in rows), f"{rows}")
        check(any("leg=edge from=bob@" in r and f"body_bytes={len(ends)}" in r for r in rows),
              f"{rows}")  # fmt: skip
        check(ends not in world.log(), "a body is in the log")
        since = len(world.log())
        world.reload(EnableLoggingAllMessageBodies="true")
        says(spoken)
        wait_until(lambda: world.log()[since:].count(f'body="{spoken}"') == 2, "the bodies", 10)
    finally:
        world.relay.log = {}
        world.reload()
    since = len(world.log())
    says(silent)
    check(not messages_logged(world, since), "messages are logged still")
    check(silent not in world.log()[begins:], "a body is in the log")


def tshark(path, *fields, only=""):
    """Rows of the fields of each packet, as Wireshark reads the file."""
    words = ["tshark", "-n", "-r", str(path), "-o", "tcp.desegment_tcp_streams:FALSE", "-T", "fields"]
    words += [w for f in fields for w in ("-e", f)] + (["-Y", only] if only else [])
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    check(done.returncode == 0, f"{done}")
    return [line.split("\t") for line in done.stdout.splitlines()]


@case("watch")
def trace_of_a_partner(world):
    """A file that Wireshark reads: both directions, no other's packets, nothing in the clear."""
    alice, bob = world.user("alice@contoso.example"), world.user("bob@fabrikam.example")
    world.good_pair()
    name = f"trace-{time.monotonic_ns()}.pcapng"
    path = world.relay.socket.parent / name
    words = secret()
    ask = f"trace partner fabrikam.example --seconds 2 --out {name}"
    with subprocess.Popen(
        [str(world.relay.program("sluicectl")), "-j", "-s", str(world.relay.socket), *ask.split()],
        stdout=subprocess.PIPE, text=True) as asked:  # fmt: skip
        begun = json.loads(asked.stdout.readline())
        check(begun["tracing"] == "fabrikam.example" and begun["streams"] > 0, f"{begun}")
        for _ in range(5):
            world.good_pair()
        alice.say(bob.full_jid, words)
        bob.expect_body(words)
        last = json.loads(asked.stdout.read())
        check(asked.wait(20) == 0, f"{last}")
    told = last["data"]
    check(told["file"] == str(path) and told["frames"] > 10, f"{told}")
    check(path.stat().st_mode & 0o777 == 0o600, f"mode {path.stat().st_mode:o}")
    check(words.encode() not in path.read_bytes(), "a body is in the file")
    rows = tshark(path, "ip.src", "ip.dst", "tcp.srcport", "tcp.dstport", "frame.time_epoch")
    check(len(rows) == told["frames"], f"{len(rows)} packets: {told}")
    peer = world.lab.cast.server_of("fabrikam.example").address
    check({frozenset(r[:2]) for r in rows} == {frozenset((world.EDGE, peer))}, f"{rows[:5]}")
    check({r[0] for r in rows} == {world.EDGE, peer}, "one direction alone")
    check(all("5269" in r[2:4] for r in rows), f"{rows[:5]}")
    check(abs(float(rows[0][4]) - time.time()) < 60, f"at {rows[0][4]}, now {time.time()}")
    records = tshark(path, "frame.number", only="tls.record.content_type == 23 || tls")
    check(records, "no TLS records are recognised")
    facts = subprocess.run(["capinfos", "-TMm", str(path)], capture_output=True, text=True)
    check(facts.returncode == 0 and "pcapng" in facts.stdout.lower(), f"{facts}")
    again = world.relay.ctl(ask, check=False)
    check(again.returncode == 1 and "exists" in again.stderr, f"{again}")
    for bad in ("../up.pcapng", "/tmp/x", ".hidden", "a b"):
        refused = subprocess.run(
            [str(world.relay.program("sluicectl")), "-s", str(world.relay.socket), "trace",
             "partner", "fabrikam.example", "--seconds", "1", "--out", bad],
            capture_output=True, text=True)  # fmt: skip
        check(refused.returncode == 2, f"{bad}: {refused}")
