# SPDX-License-Identifier: BSD-3-Clause
"""The node is taken out of service and comes back; gateways are; what stops, stops in order."""

import json
import time

import drain_lab
import load_lab
from drain_peers import Traffic, normal_again
from harness import case, check, s2s, wait_until
from policy_peers import LOCAL, door, gateway, gets, speaks


def health(world):
    """(exit code, line)"""
    done = world.relay.ctl("show health", check=False)
    check(not done.stderr, done.stderr)
    return done.returncode, done.stdout.strip()


def state(world):
    return world.relay.show("status")["state"]


def drain(world, command):
    return json.loads(world.relay.ctl(f"--json drain {command}").stdout)["data"]


def people(world):
    return world.user("alice@contoso.example"), world.user("bob@fabrikam.example")


@case("drain")
def refuses_ends_and_comes_back(world):
    """Newcomers and living streams are told system-shutdown; `drain stop` restores federation."""
    world.good_pair()
    check(health(world)[0] == 0, f"{health(world)}")
    with normal_again(world):
        with speaks(world, "open.example") as old, gateway(world, "small.example") as inside:
            began = drain(world, "start --spread 1s --deadline 30s")
            check(began["state"] == "draining" and began["partner_streams"] > 0, f"{began}")
            code, line = health(world)
            check(code == 1 and line.startswith("draining: "), f"{code} {line}")
            with world.drops("stream_draining"), world.stranger() as new:
                new.send(s2s.header(LOCAL, "small.example"))
                ended = new.end()
                check(ended.condition == "system-shutdown", f"{ended}")
                named = new.splitter.header
                check(named["from"] == LOCAL and named["to"] == "small.example", f"{named}")
            denied = world.relay.denied()[0]
            check(denied["reason"] == "stream_draining" and denied["from"] == "small.example", f"{denied}")
            ended = old.end(15)
            check(ended.condition == "system-shutdown", f"{ended}")
            old.close()
            ended = inside.end(30)
            check(ended.condition == "system-shutdown", f"gateway: {ended}")
        world.relay.ctl("wait drained --timeout 30s")
        status = drain(world, "status")
        check(status["state"] == "drained" and status["stanzas_held"] == 0, f"{status}")
        check(status["partner_streams"] == status["gateway_streams"] == 0, f"{status}")
        code, line = health(world)
        check(code == 1 and line.startswith("draining: 0 "), f"{code} {line}")
        with world.insider() as late:
            late.secure(world.tls("gw-good", inside=True, verify=False), "open.example")
            late.send(s2s.header("open.example", LOCAL))
            ended = late.end()
            check(ended.condition == "system-shutdown", f"{ended}")
        check(drain(world, "stop")["state"] == "running", "not running again")
    check(health(world)[0] == 0, f"{health(world)}")
    done = world.relay.ctl("wait drained", check=False)
    check(done.returncode == 1 and "drain start" in done.stderr, f"{done}")
    world.comes_back(*people(world))


@case("drain")
def under_load(world):
    """Both directions write without a pause while the node is drained: each stanza arrives once, or comes back."""
    before, drops = world.relay.law(), world.relay.drops()
    traffic = Traffic(world, load_lab.PARTNERS[:3])
    with normal_again(world):
        traffic.start()
        wait_until(lambda: world.relay.law()["delivered"] - before["delivered"] > 500, "traffic", 20)
        drain(world, "start --spread 3s --deadline 60s")
        closed = []
        while state(world) == "draining":
            status = drain(world, "status")
            closed.append(status["streams_closed"])
            # Read while a core counts: where that has lost its processor in between, a moment later.
            wait_until(lambda: not world.relay.law_gaps(), "the law holds during the drain", 5)
            time.sleep(0.2)
        world.relay.ctl("wait drained --timeout 60s")
        traffic.join()
        check(len(set(closed)) > 2, f"not spread: {closed}")
        law, after = world.relay.law(), world.relay.drops()
        check(law["held"] == 0 and law["dropped"] == before["dropped"], f"{before} {law}")
        sent, arrived, bounced, lost = traffic.account(traffic.writers, traffic.gateways)
        check(sent > 300 and not lost, f"in: {sent} sent, {arrived} arrived, {bounced} bounced, {lost}")
        sent, arrived, bounced, lost = traffic.account(traffic.gateways, traffic.takers)
        # What a gateway has written before it heard of the end bounces when nothing leads back to it any more.
        unsaid = after["bounce_no_link"] - drops["bounce_no_link"]
        check(sent > 300 and arrived > 0 and bounced > 0, f"out: {sent} {arrived} {bounced} {lost}")
        check(len(lost) <= unsaid, f"out: {len(lost)} lost, {unsaid} errors that found no way")
        told = {c for t in traffic.all for c in t.conditions}
        check(told == {"system-shutdown"}, f"{told}")
        drain(world, "stop")
    world.comes_back(*people(world))


@case("drain")
def deadline_is_kept(world):
    """A peer that does not answer our footer is waited for no longer than that."""
    with normal_again(world), speaks(world, "open.example") as mute:
        began = time.monotonic()
        drain(world, "start --spread 1s --deadline 3s")
        check(mute.end().condition == "system-shutdown", "not told")
        world.relay.ctl("wait drained --timeout 20s")
        took = time.monotonic() - began
        check(took < 8, f"drained after {took:.1f} s")
        drain(world, "stop")
    world.comes_back(*people(world))


def lamna(world, name):
    """Where gateway @name takes streams."""
    tls = s2s.server_context(world.lab.inside.certificate, world.pki(f"{name}.crt"),
                             world.pki(f"{name}.key"))  # fmt: skip
    return s2s.Door(world.lab, "insider", drain_lab.PORTS[name], tls)


def row(world, name):
    return next(g for g in world.relay.show("gateways")["gateways"] if g["name"] == name)


def says(stream, ident):
    stream.send(f"<message from='m@open.example' to='a@{drain_lab.DOMAIN}/x' id='{ident}'/>")


def outside(world):
    return s2s.established(world.lab, "stranger", world.EDGE, drain_lab.DOMAIN, "open.example",
                           world.tls("policy"))  # fmt: skip


@case("drain")
def one_of_two_gateways(world):
    """drain and maint: the other one takes the domain's stanzas; without any they bounce; ready brings it back."""
    with outside(world) as partner, lamna(world, "lamna-a") as at_a, lamna(world, "lamna-b") as at_b:
        says(partner, "one")
        with at_a.serve(direct_tls=True) as a:
            gets(a, "one")
            world.relay.ctl("wait gateway-up lamna-a --timeout 10s")
            world.relay.ctl("gateway drain lamna-a")
            check(row(world, "lamna-a")["state"] == "drain", f"{row(world, 'lamna-a')}")
            says(partner, "two")
            b = at_b.serve(direct_tls=True)
            gets(b, "two")
            check(a.end().condition is None, "a drained gateway's stream ends without an error")
        world.relay.ctl("wait gateway-down lamna-a --timeout 20s")
        check("lamna-a is in drain" in health(world)[1], f"{health(world)}")
        world.relay.ctl("gateway ready lamna-a")
        world.relay.ctl("gateway maint lamna-b")
        check(b.end().condition == "system-shutdown", "a gateway in maintenance is told so")
        b.close()
        says(partner, "three")
        with at_a.serve(direct_tls=True) as a:
            gets(a, "three")
            done = world.relay.ctl("gateway maint lamna-a")
            check("no other gateway" in done.stdout, done.stdout)
            check(a.end().condition == "system-shutdown", "told")
        with door(world) as back:
            says(partner, "four")
            with back.serve() as served:
                answer = gets(served, "four")
                check(b"recipient-unavailable" in answer and b"'wait'" in answer, f"{answer!r}")
                check(health(world)[0] == 0, f"{health(world)}")  # other gateways are well
                world.relay.ctl("gateway ready lamna-a")
                world.relay.ctl("gateway ready lamna-b")
                says(partner, "five")
                with at_a.serve(direct_tls=True) as a:
                    gets(a, "five")


@case("drain")
def a_gateway_that_is_down(world):
    """The first is not there: the second takes over at once, and that is counted."""
    before = row(world, "lamna-a")["failovers"]
    with outside(world) as partner, lamna(world, "lamna-b") as at_b:
        says(partner, "over")
        with at_b.serve(direct_tls=True) as b:
            gets(b, "over", 5)
            seen = row(world, "lamna-a")
            check(seen["state"] == "down" and seen["failovers"] == before + 1, f"{seen}")
            check(seen["last_error"] == "dial_failed", f"{seen}")
            check(row(world, "lamna-b")["state"] == "up", f"{row(world, 'lamna-b')}")
            code, line = health(world)
            check(code == 0 and line.startswith("degraded: ") and "lamna-a is down" in line, line)
    world.relay.ctl("gateway ready lamna-a")  # forgotten
    check(health(world) == (0, "ok"), f"{health(world)}")


@case("drain")
def drained_node_stops_at_once(world):
    child = world.lab.rundir.children["relay"]
    drain(world, "start --spread 1s --deadline 20s")
    world.relay.ctl("wait drained --timeout 30s")
    began = time.monotonic()
    world.relay.ctl("stop")
    check(child.wait(10) == 0, f"the relay ended with {child.returncode}")
    took = time.monotonic() - began
    check(took < 5, f"stopped after {took:.1f} s")
    world.relay.start()
    world.comes_back(*people(world))


@case("drain")
def stop_drains_first(world):
    """sluicectl stop: short, but in order: the partner is told before the gateway is."""
    world.good_pair()
    child = world.lab.rundir.children["relay"]
    with speaks(world, "open.example") as partner, gateway(world, "small.example") as inside:
        answer = json.loads(world.relay.ctl("--json stop").stdout)["data"]
        check(answer["deadline_s"] == 5, f"{answer}")
        check(state(world) == "stopping", state(world))
        check(partner.end().condition == "system-shutdown", "partner is not told")
        partner.close()
        check(inside.end().condition == "system-shutdown", "gateway is not told")
    check(child.wait(15) == 0, f"the relay ended with {child.returncode}")
    check("event=drained" in world.log(), "not drained")
    world.relay.start()
    world.comes_back(*people(world))


@case("drain")
def stop_now_does_not_wait(world):
    child = world.lab.rundir.children["relay"]
    with speaks(world, "open.example") as partner:
        began = time.monotonic()
        world.relay.ctl("stop --now")
        check(partner.end().condition == "system-shutdown", "not told")
    check(child.wait(10) == 0, f"the relay ended with {child.returncode}")
    took = time.monotonic() - began
    check(took < 4.5, f"stopped after {took:.1f} s")
    world.relay.start()
    world.comes_back(*people(world))
