# SPDX-License-Identifier: BSD-3-Clause
"""transfers: so many bytes both ways at once between our stack and the kernel's, hashes equal."""

import dataclasses

from . import flows
from . import world as w

MIB = 1 << 20


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    mib: float  # each way, in the short mode
    way: w.Way
    ecn: bool = False


CASES = [
    Case("no loss", 16, w.Way()),
    Case("0.1 % loss", 8, w.Way(loss=10)),
    Case("1 % loss", 2, w.Way(loss=100)),
    Case("5 % loss", 0.5, w.Way(loss=500)),
    Case("2 % reordered by <= 0.5 ms", 4, w.Way(reorder=200, reorder_us=500)),
    Case("ECN, 1 % marked", 8, w.Way(delay_us=1000, mark=100), ecn=True),
    Case("ECN, 5 % marked, 1 % lost", 0.5, w.Way(mark=500, loss=100), ecn=True),
]
LONG_MIB = 1024
LONG_DEADLINE_S = 3600


def transfer(world, table, long):
    table.part("transfers", {
        "link": ("link", -26, ""), "role": ("we", -6, ""), "mib": ("MiB/way", 8, ".1f"),
        "seconds": ("seconds", 8, ".2f"), "mbit": ("Mbit/s", 7, ".0f"),
        "resent": ("we resent", 9, ""), "it_resent": ("it resent", 9, ""),
        "lost": ("lost", 7, ""), "marked": ("marked", 7, ""), "hashes": ("hashes", 6, "")},
        "both ways at once, each direction of the link alike")  # fmt: skip
    for ecn in (False, True):
        with world.stack(ecn=ecn) as stack:
            for case in (c for c in CASES if c.ecn == ecn):
                for number, role in enumerate(("dial", "listen")):
                    size = int((LONG_MIB if long else case.mib) * MIB)
                    one(world, table, stack, case, role, size,
                        LONG_DEADLINE_S if long else 60, 11 + number)  # fmt: skip


def one(world, table, stack, case, role, size, deadline, seed):
    world.link.set(case.way, seed=seed)
    sock = flows.meet(world, stack, role, size, seed=seed, deadline=deadline,
                      close="first" if role == "dial" else "last")  # fmt: skip
    end = flows.End(sock, size, seed, closes="last" if role == "dial" else "first",
                    deadline=deadline + 10).start().finish()  # fmt: skip
    told = stack.told()
    link = world.link.counts()
    ours = told["flows"][0]
    wrong = judge(case, size, end, told, link)
    seconds = ours["seconds"]
    table.row(wrong, link=case.name, role=role, mib=size / MIB, seconds=seconds,
              mbit=size * 8 / seconds / 1e6 if seconds else None,
              resent=told["ours"]["retransmitted"], it_resent=told["theirs"]["retransmitted"],
              lost=link["ab"]["lost"] + link["ba"]["lost"],
              marked=link["ab"]["marked"] + link["ba"]["marked"],
              hashes="DIFFER" if any("hash" in t for t in wrong) else "equal")  # fmt: skip


def is_told(share, count, frames):
    """Did @share of 10,000 befall @count of @frames? Few frames may all be spared by chance: where less
    than 20 are to be expected none is no fault (one of 500 million otherwise)."""
    if share == 0:
        return count == 0
    return count > 0 or frames * share < 20 * 10000


def judge(case, size, end, told, link):
    ours = told["flows"][0]
    wrong = list(end.trouble)
    if (ours["sent_bytes"], ours["sent"]) != (end.received_bytes, end.received.hexdigest()):
        wrong.append(f"hash of what we sent: {ours['sent_bytes']}, {end.received_bytes} arrived")
    if (end.sent_bytes, end.sent.hexdigest()) != (ours["received_bytes"], ours["received"]):
        wrong.append(f"hash of what it sent: {end.sent_bytes}, {ours['received_bytes']} arrived")
    if not size == ours["sent_bytes"] == ours["received_bytes"]:
        wrong.append(f"not all: {ours['sent_bytes']} sent, {ours['received_bytes']} received")
    if not ours["orderly"]:
        wrong.append(f"our end did not close in order: {ours['state']}")
    if told["leaked"]:
        wrong.append(f"{told['leaked']} mbufs leaked")
    for way in ("ab", "ba"):
        if link[way]["no_slot"] or not (is_told(case.way.loss, link[way]["lost"], link[way]["frames"]) and
                                        is_told(case.way.reorder, link[way]["reordered"],
                                                link[way]["frames"])):  # fmt: skip
            wrong.append(f"the link did not do as told: {link[way]}")
    return wrong + judge_ecn(case, told, link)


def judge_ecn(case, told, link):
    """Each end's marks are echoed by the other, and each tells that it has slowed down."""
    seen = {f"{end} {what}": told[end][what] for end in ("ours", "theirs")
            for what in ("capable", "echoes", "cwr")}  # fmt: skip
    seen["marks to us"] = told["theirs"]["marked"]
    seen["marks to it"] = link["ab"]["marked"]
    return [f"ECN: {n} {what}" for what, n in seen.items() if bool(n) != case.ecn]
