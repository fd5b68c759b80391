# SPDX-License-Identifier: BSD-3-Clause
"""The relay as a service: its log, its manager, its rights, how it refuses to start."""

import contextlib
import json
import os
import pathlib
import pwd
import re
import signal
import subprocess

import service_lab
from harness import case, check, s2s, wait_until
from policy_peers import LOCAL, gateway, speaks

RUNNING = {"CapEff": "0000000000000000", "NoNewPrivs": "1", "Seccomp": "2"}


def fields(line):
    """A line of logfmt as a dictionary."""
    return {k: v.strip('"') for k, v in re.findall(r'([\w-]+)=("(?:[^"\\]|\\.)*"|\S*)', line)}


def lines_of(world, event, **wanted):
    rows = [fields(line) for line in world.log().splitlines() if f" event={event} " in line]
    return [r for r in rows if all(r.get(k) == v for k, v in wanted.items())]


@case("service")
def log_tells_a_streams_life(world):
    """stream_auth, stream_open, stream_closed of one id, with TLS, cipher, serial, traffic and time."""
    with speaks(world, "open.example") as stream, gateway(world, "open.example"):
        row = world.relay.streams(leg="edge", remote="open.example", direction="in")[0]
        stream.send(f"<message from='m@open.example' to='alice@{LOCAL}/x'><body>halberdier</body></message>")
        serial = subprocess.run(["openssl", "x509", "-noout", "-serial", "-in", world.pki("policy.crt")],
                                capture_output=True, text=True).stdout.strip().partition("=")[2]  # fmt: skip
        own = lambda event: lines_of(world, event, stream=row["id"])  # noqa: E731
        wait_until(lambda: own("stream_open"), "stream_open")
        for event in ("stream_auth", "stream_open"):
            said = own(event)[0]
            check(said["tls"] == "TLSv1.3" and said["cipher"] == row["cipher"], f"{said}")
            check(int(said["serial"], 16) == int(serial, 16), f"{said}, not {serial}")
        wait_until(lambda: world.relay.streams(leg="edge", remote="open.example")[0]["stanzas_in"],
                   "the stanza to be counted")  # fmt: skip
    closed = wait_until(lambda: own("stream_closed"), "stream_closed")[0]
    check(closed["stanzas_in"] == "1" and int(closed["bytes_in"]) > 100, f"{closed}")
    check(closed["reason"] == "none" and closed["remote"] == "open.example", f"{closed}")
    check(closed["cipher"] == row["cipher"] and closed["seconds"].isdigit(), f"{closed}")
    check("halberdier" not in world.log(), "a body is in the log")
    with world.stranger() as stranger:
        stranger.send(s2s.header(LOCAL, "evil.example"))
        stranger.end()
    refused = lines_of(world, "stream_refused", **{"from": "evil.example"})[-1]
    check(refused["reason"] == "stream_not_allowed", f"{refused}")
    check(refused["stream"] in json.dumps(world.relay.denied()[0]), f"{refused} {world.relay.denied()[0]}")


@case("service")
def log_level_of_one_partner(world):
    """`set log-level debug --partner`: its negotiation is told step by step, nobody else's."""
    def steps(domain):
        return [r for r in lines_of(world, "stream_step")
                if domain in (r.get("remote"), r.get("claimed"))]  # fmt: skip

    done = world.relay.ctl("set log-level loud", check=False)
    check(done.returncode == 2 and "error, warning, notice, info and debug" in done.stderr, f"{done}")
    done = world.relay.ctl("set log-level debug --partner nobody.example", check=False)
    check(done.returncode == 5, f"{done}")
    world.relay.ctl("set log-level debug --partner open.example --for 60s")
    told = world.relay.show("log-level")
    check(told["level"] == "info" and told["to"] == "stderr" and told["format"] == "logfmt", f"{told}")
    check(told["overrides"][0]["partner"] == "open.example", f"{told}")
    check(0 < told["overrides"][0]["left_s"] <= 60, f"{told}")
    with speaks(world, "open.example"), speaks(world, "small.example"):
        wait_until(lambda: {"auth"} <= {r.get("got") for r in steps("open.example")}, "its steps", 5)
    check(not steps("small.example"), f"{steps('small.example')}")
    world.reload()
    check(not world.relay.show("log-level")["overrides"], "a reload does not end it")
    world.relay.ctl("set log-level debug --for 1s")
    wait_until(lambda: not world.relay.show("log-level")["overrides"], "its end", 5)
    check(lines_of(world, "log_level_ended"), "its end is not logged")


def status_of(pid):
    """What each thread of @pid may: its rows of /proc/PID/task/TID/status."""
    rows = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        text = task.joinpath("status").read_text()
        rows[task.name] = dict(re.findall(r"^(\w+):\t(.*)$", text, re.M))
    return rows


@case("service")
def rights_are_given_up(world):
    """Every thread of the running relay is without capabilities, behind the filter."""
    for tid, row in status_of(world.lab.rundir.children["relay"].pid).items():
        bad = {k: row[k] for k, v in RUNNING.items() if row[k] != v}
        check(not bad, f"thread {tid} ({row['Name']}): {bad}")
    said = lines_of(world, "rights")[-1]
    check(said["effective"] == "0" and said["seccomp"] == "yes", f"{said}")


@contextlib.contextmanager
def readable_for(world, user):
    """The lab's keys, for the group of @user."""
    keys = [*world.lab.path("pki").rglob("*.key")]
    for key in keys:
        os.chown(key, -1, pwd.getpwnam(user).pw_gid)
        key.chmod(0o640)
    yield
    for key in keys:
        os.chown(key, -1, 0)
        key.chmod(0o600)


@contextlib.contextmanager
def as_a_service(world, watchdog_us, *elements, log=None):
    """The relay stopped and started again by a service manager; afterwards as it was."""
    manager = service_lab.Manager(world.lab.rundir.path / "notify.sock")
    words, log_before = world.relay.words, world.relay.log
    world.relay.stop()
    world.relay.words, world.relay.more = [*words, *manager.words(watchdog_us)], elements
    world.relay.log = log or log_before
    try:
        world.relay.start()
        yield manager, world.lab.rundir.children["relay"]
    finally:
        world.relay.words, world.relay.more, world.relay.log = words, (), log_before
        world.relay.stop()
        manager.close()
        world.relay.start()


def xdp_of(world):
    """The program on the edge's link: "" for none."""
    space = world.lab.network.name("edge")
    done = subprocess.run(["ip", "-n", space, "link", "show", "px0"], capture_output=True, text=True)
    return "".join(re.findall(r"prog/xdp id \d+", done.stdout))


@case("service")
def service_manager_hears(world):
    """READY, STATUS, RELOADING, STOPPING; a log in JSON that is rotated; as a user without rights."""
    log = world.lab.rundir.folder("own-log") / "sluice.log"
    os.chown(log.parent, pwd.getpwnam("nobody").pw_uid, -1)
    how = {"level": "info", "format": "json", "file": log}
    alice, bob = world.user("alice@contoso.example"), world.user("bob@fabrikam.example")
    with readable_for(world, "nobody"), as_a_service(world, 3000000, '<process user="nobody"/>', log=how) as (
        manager, relay,
    ):  # fmt: skip
        manager.says("READY=1")
        manager.says("STATUS=")
        world.comes_back(alice, bob)
        total = len(world.lab.cast.gateways)
        partners = len(world.lab.cast.partners + world.lab.cast.more_partners)
        said = manager.says(f"STATUS={partners} partners, ")
        while not re.search(rf"[1-9]\d* streams, [1-9]\d*/{total} gateways", said):
            said = manager.says(f"STATUS={partners} partners, ")
        for tid, row in status_of(relay.pid).items():
            bad = {k: row[k] for k, v in RUNNING.items() if row[k] != v}
            check(not bad and row["Uid"].split()[0] == str(pwd.getpwnam("nobody").pw_uid), f"{tid}: {row}")
        for ask in (lambda: world.relay.ctl("reload"), lambda: relay.send_signal(signal.SIGHUP)):
            manager.listen()
            manager.heard.clear()
            ask()
            check(re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=\d+", manager.says("RELOADING=1")), "reloading")
            manager.says("READY=1")
        events = [json.loads(line)["event"] for line in log.read_text().splitlines()]
        check({"rights", "ready", "stream_open", "reloaded"} <= {*events}, f"{events}")
        moved = log.rename(log.with_suffix(".1"))
        relay.send_signal(signal.SIGUSR1)
        wait_until(log.exists, "the log to be opened anew", 5)
        manager.listen()
        check("reloaded" not in log.read_text(), "SIGUSR1 reloads")
        before = moved.stat().st_size
        relay.send_signal(signal.SIGHUP)
        wait_until(lambda: '"event":"reloaded"' in log.read_text(), "the reload in the new file", 10)
        check(moved.stat().st_size == before, "the old file grows")
        world.good_pair()
        if world.relay.driver == "af_xdp":
            check(xdp_of(world), "no XDP program on the link of a running relay")
        relay.send_signal(signal.SIGTERM)
        manager.says("STOPPING=1")
        check(relay.wait(15) == 0, f"the relay ended with {relay.returncode}")
        check(not xdp_of(world), f"left on the link: {xdp_of(world)}")
    world.comes_back(alice, bob)


@case("service")
def watchdog_is_fed_by_every_core(world):
    """While one core's thread stands still the manager hears no sign of life, and all others go on."""
    with as_a_service(world, 600000) as (manager, relay):
        for _ in range(3):
            manager.says("WATCHDOG=1", 3)
        core = service_lab.threads(relay.pid, "lcore-worker") or service_lab.threads(relay.pid, "rte-worker")
        check(len(core) == world.relay.size["cores"], f"threads: {core}")
        with service_lab.held(core[0]):
            manager.listen(0.5)  # one that was under way when it stopped
            manager.heard.clear()
            check(world.relay.show("status")["uptime_s"] >= 0, "control does not answer")
            said = manager.listen(2.0)
            check(not [w for w in said if w.startswith("WATCHDOG")], f"fed: {said}")
        manager.says("WATCHDOG=1", 3)
    world.comes_back(world.user("alice@contoso.example"), world.user("bob@fabrikam.example"))


@contextlib.contextmanager
def by_nobody(world, drop_in):
    """The relay started as the unit with @drop_in would: as a user with just these capabilities."""
    text = (service_lab.TREE / "control/service" / drop_in).read_text()
    caps = re.search(r"^AmbientCapabilities=(.*)$", text, re.M)[1].lower().replace("cap_", "").split()
    every = ",".join(f"+{c}" for c in caps)
    nobody, folder, words = pwd.getpwnam("nobody"), world.relay.socket.parent, world.relay.words
    world.relay.stop()
    os.chown(folder, nobody.pw_uid, -1)
    world.relay.words = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups",
                         "--no-new-privs", f"--bounding-set=-all,{every}", f"--inh-caps=-all,{every}",
                         f"--ambient-caps=-all,{every}"]  # fmt: skip
    try:
        world.relay.start()
        yield
    finally:
        world.relay.words = words
        code = world.relay.stop()
        os.chown(folder, 0, -1)
        world.relay.start()
        check(code == 0, f"the relay ended with {code}")


@case("service")
def starts_with_its_drop_ins_rights(world):
    """The capabilities that the unit's drop-in gives are enough to start, run, reload and end in order."""
    drop_in = "af_xdp.conf" if world.relay.driver == "af_xdp" else "virtual.conf"
    with readable_for(world, "nobody"), by_nobody(world, drop_in):
        world.comes_back(world.user("alice@contoso.example"), world.user("bob@fabrikam.example"))
        for tid, row in status_of(world.lab.rundir.children["relay"].pid).items():
            bad = {k: row[k] for k, v in RUNNING.items() if row[k] != v}
            check(not bad and row["Uid"].split()[0] != "0", f"thread {tid}: {row}")
        world.relay.ctl("reload")
        world.good_pair()
        world.relay.stop()
        check(not xdp_of(world), f"left on the link: {xdp_of(world)}")
        world.relay.start()
    world.comes_back(world.user("alice@contoso.example"), world.user("bob@fabrikam.example"))


def refuses(world, text, expected):
    """sluice of this configuration ends with 7 and says @expected."""
    file = world.lab.rundir.write("relay/bad.xml", text)
    done = subprocess.run(
        ["ip", "netns", "exec", world.lab.network.name("stranger"), world.relay.program("sluice"), "-c", file,
         "--drivers-dir", service_lab.TREE / "drivers-cfg"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    check(done.returncode == 7, f"exit {done.returncode}, not 7: {done.stderr}")
    check(expected in done.stderr, f"{expected!r} is not said: {done.stderr}")


@case("service")
def bad_start_is_7(world):
    """A certificate, a device, a socket, a user, a log that cannot be: exit 7 and a sentence."""
    good = world.relay.config.read_text().replace("control.sock", "other.sock")
    edge = re.search(r'certificate="([^"]*edge.crt)"', good)[1]
    other = world.pki("mallet.key")
    refuses(world, good.replace(edge.replace(".crt", ".key"), str(other)), "key")
    refuses(world, good, "px0")  # there is no such link where it is started
    refuses(world, good.replace("</sluice>", '<process user="no-such-user"/></sluice>'), "no-such-user")
    refuses(world, re.sub(r"<log\b[^>]*/>", '<log file="/nonexistent/log"/>', good), "/nonexistent/log")
