"""What the site file of a machine should say, by what was found on it; each proposal with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from enforcer.model.settings import HOST, INLINE, Settings
from enforcer.model.surroundings import Surroundings

NARROW_MARKS = 0xFF000000
"""Room for 120 lanes beside Tailscale's bits (0x00ff0000)."""
_NEIGHBOURS = (
    ("firewalld", "firewalld", "it keeps to its own tables, and so do we: nothing is to be done"),
    ("ufw-", "ufw", "it keeps to its own chains, and so do we: nothing is to be done"),
    ("DOCKER", "Docker", "containers are clients like others; their names are seen where docker0 forwards them"),
    ("LIBVIRT_", "libvirt", "guests are clients like others, by the interface of their bridge"),
    ("cali-", "Calico", "it uses the mark bits 0xffff0000: give one of you a `mark_mask` of its own before the start"),
    ("ts-", "Tailscale", "it uses the mark bits 0x00ff0000: `mark_mask` is chosen beside them"),
)
"""The beginning of a table's or chain's name, whose it is, and what that means for us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    mode: str
    queue: int
    mark_mask: int
    syslog: str
    reasons: dict[str, str]
    """By key of the site file: why."""
    notes: tuple[str, ...]
    """What was found that is good to know, one sentence each."""


def propose(found: Surroundings, inspectors: int = 1) -> Proposal:
    plain = Settings()
    forwards = found.forwards4 or found.forwards6
    queue = _free_queue(found.queues, plain.queue, inspectors)
    tailscale = any(chain.startswith("ts-") for _, chain in found.chains)
    reasons = {
        "mode": "this machine forwards packets" if forwards else "this machine does not forward packets",
        "queue": "free" if queue == plain.queue else f"queue {plain.queue} is served by another program",
        "mark_mask": "Tailscale uses some of the usual bits" if tailscale else "the usual bits",
        "syslog": "it is there" if found.log_socket else "nothing listens there yet: alerts will wait",
    }
    return Proposal(
        mode=INLINE if forwards else HOST,
        queue=queue,
        mark_mask=NARROW_MARKS if tailscale else plain.mark_mask,
        syslog=found.log_socket or plain.syslog,
        reasons=reasons,
        notes=tuple(_notes(found)),
    )


def _free_queue(taken: tuple[int, ...], first: int, count: int) -> int:
    """The first number from which `count` queues are free."""
    while busy := [number for number in taken if first <= number < first + count]:
        first = busy[-1] + 1
    return first


def _notes(found: Surroundings) -> Iterator[str]:
    names = {name for table, chain in found.chains for name in (table.partition(" ")[2], chain)}
    for beginning, whose, meaning in _NEIGHBOURS:
        if any(name.startswith(beginning) for name in names):
            yield f"{whose} is here: {meaning}"
    if found.queues:
        numbers = ", ".join(map(str, found.queues))
        yield f"netfilter queues served by other programs (an IDS, perhaps): {numbers}"
    if not found.log_socket:
        yield f"there is no local syslog socket: install rsyslog, say, or alerts wait for {Settings().syslog}"
    if found.serves_dns:
        yield "a resolver here answers clients: it is watched both ways, and its own questions as the gateway's"
    if found.forwards4 != found.forwards6:
        yes, no = ("4", "6") if found.forwards4 else ("6", "4")
        yield f"IPv{yes} is forwarded here and IPv{no} is not: see that IPv{no} has no other way out"
    for why in found.unseen:
        yield f"could not look at {why}"
