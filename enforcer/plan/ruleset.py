"""The nft text of `table inet enforcer`: which packets an inspector must see, and what the kernel does by itself.

A packet meets our chains in this order; docs/kernel.md says why each stands where it does.

    check_senders  drops, where the site asks for it, what nobody there can have sent (plan/senders.py)
    classify_*   marks the packet QUEUE when its flow is undecided and it can carry a name
    (queue)      hands it to an inspector: here, or in the tables of plan/queue_tables.py
    (learned_*)  answers for what nobody has judged, by its address: the table of plan/learned_table.py
    verdict_*    moves the inspector's word from the packet mark into the conntrack mark
    enforce_*    rejects by the conntrack mark, and cuts lanes at their instants (plan/lane_rules.py)
    (bypass_*)   treats ways around the gateway's DNS that show by address and port (plan/doors.py)
    (offload_*)  hands flows that pass for good to a flowtable, where the site asks for it (plan/offload.py)

The text replaces the whole table in one transaction and touches nothing else. Conntrack marks survive it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from enforcer.model.calendar import Lane
from enforcer.model.marks import (
    FIRST_LANE,
    HEARD,
    HELD,
    LAST,
    NAMELESS,
    NAMELESS_HEARD,
    OWN,
    PASS,
    READ_ON,
    READING,
    REJECT,
    SILENT,
    UNDECIDED,
    Marks,
)
from enforcer.model.settings import HOST, Settings, holds_clients
from enforcer.model.ways import NO_DOORS, Doors
from enforcer.plan import begun_anew, hop_limits
from enforcer.plan.candidates import candidates
from enforcer.plan.chains import base_chain, chain
from enforcer.plan.doors import door_hooks, door_rules, watched
from enforcer.plan.invalid import invalid_counters, invalid_rules
from enforcer.plan.lane_rules import LaneRules, lane_rules
from enforcer.plan.masked import Masked
from enforcer.plan.multipath import multipath_counters
from enforcer.plan.offload import flowtables, offload_chains
from enforcer.plan.queue_tables import HANDED
from enforcer.plan.senders import sender_chains, sender_counters
from enforcer.plan.shares import COUNTERS, share_sets

TABLE = "enforcer"
GENERATION = "generation_"
"""A chain named GENERATION + generation stands in the table: every nft version can read it back."""


def ruleset(
    lanes: Sequence[Lane],
    settings: Settings,
    *,
    shift: float,
    native_queue: bool,
    generation: str,
    doors: Doors = NO_DOORS,
    until: int | None = None,
    flowtable: Sequence[str] = (),
    bodies: bool = False,
    noted: bool = False,
) -> str:
    """The table as `nft -f` reads it.

    Lane n of `lanes` is the conntrack mark FIRST_LANE + n. `shift` is the policy's clock minus the kernel's, in
    seconds. Without `native_queue` the rules that queue are left out. `doors` are ways around DNS to treat. From
    `until` on, an instant of the kernel's clock, nothing is queued: as where nobody listens to the queue. `flowtable`:
    interfaces between which flows that pass for good are offloaded. With `bodies` what servers send is looked at in
    the tables that queue, and what they begin with `noted`. Raises ValueError: more lanes than the mark has room for.
    """
    marks = Marks(settings.mark_mask)
    if len(lanes) > marks.lanes:
        raise ValueError(f"{len(lanes)} lanes do not fit into the mark {settings.mark_mask:#x}, it holds {marks.lanes}")
    m = Masked(marks)
    queue = _queue_rules(m, settings, until) if native_queue else []
    rules = [lane_rules(number, lane, shift, settings.queue) for number, lane in enumerate(lanes)]
    sets, door_chains = door_rules(doors, settings)
    chains = [
        *sender_chains(settings),
        *candidates(m, queue, len(lanes), settings, bodies=bodies, noted=noted),
        *_verdict(m, len(lanes), settings),
        *_enforce(m, [rule for rule in rules if rule.rules], settings, door_hooks(doors, settings)),
        *door_chains,
        *offload_chains(m, flowtable, watched(doors)),
        chain(GENERATION + chain_word(generation), [], comment="which policy this table was made of"),
    ]
    held = [*flowtables(flowtable), *hop_limits.sets(), *share_sets(settings), *sets]
    body = "\n".join([*held, *_counters(rules, settings, native_queue), *chains])
    return f"table inet {TABLE}\ndelete table inet {TABLE}\ntable inet {TABLE} {{\n{body}}}\n"


def _queue_rules(m: Masked, settings: Settings, until: int | None) -> list[str]:
    passed = [] if until is None else [f"{m.packet_is_queued} meta time >= {until} accept"]
    return [*passed, f"{m.packet_is_queued} counter name {HANDED} {queue_statement(settings)}"]


def _counters(rules: Iterable[LaneRules], settings: Settings, native_queue: bool) -> Iterable[str]:
    quic = ["rejected_quic"] if settings.quic == "reject" else []
    ours = ["queued_dns", "queued_quic", "queued_tcp", "rejected", *hop_limits.COUNTERS, *COUNTERS, *quic]
    ours.append(begun_anew.COUNTER)
    ours += [*invalid_counters(settings), *multipath_counters(settings), *sender_counters(settings)]
    ours += [HANDED] if native_queue else []
    return (f"\tcounter {name} {{\n\t}}\n" for name in [*ours, *(rule.counter for rule in rules if rule.rules)])


def queue_statement(settings: Settings) -> str:
    """The native expression. Several queues share by a hash that is the same for both directions of an address pair."""
    last = settings.queue + settings.inspectors - 1
    numbers = f"{settings.queue}-{last}" if last > settings.queue else f"{settings.queue}"
    return f"queue num {numbers}" + (" bypass" if settings.fail == "open" else "")


def chain_word(text: str) -> str:
    """`text` as part of a chain's name: at most 64 letters, digits and underscores."""
    return re.sub(r"[^A-Za-z0-9_]", "_", text)[:64]


def _verdict(m: Masked, lanes: int, settings: Settings) -> Iterable[str]:
    """The inspector's word, from the packet to its flow; then the packet mark is as others know it.

    nft cannot OR one mark into another, so each value has a chain with a constant. A value without one (a lane of
    a policy that is gone) leaves its flow undecided. A flow that has its lane or its end takes only a stricter word:
    what a client sent again while the first copy waited is judged without what came before, and shows no name. A lane
    that is read on becomes another, or is read on no more.
    """
    numbers = range(lanes)
    followed = {READ_ON - number: FIRST_LANE + number for number in numbers}
    kept = {value: f"flow_{value}" for value in (REJECT, SILENT, *followed.values())}
    kept |= {READ_ON - number: f"read_on_{number}" for number in numbers}
    moved = f"{m.packet_is_not(UNDECIDED)} jump verdict"
    # What the inspector says of our own TCP it says in the flow's mark (decision 0033).
    ended = f"{m.flow_is_nameless} jump flow_nameless"
    if settings.mode != HOST:
        yield base_chain("verdict_prerouting", "prerouting", "mangle - 1", [moved])
    yield base_chain("verdict_output", "output", "mangle - 1", [moved, ended])
    told = {value: f"jump {name}" for value, name in kept.items()} | {LAST: "goto last"}
    words = {PASS: PASS, NAMELESS: PASS, READING: READING, NAMELESS_HEARD: READING}
    told |= {value: f"jump flow_{becomes}" for value, becomes in words.items()}
    # What ends a flow is told without a map, whose elements a reload takes away a moment before its rules (0255).
    strict = [f"{m.packet_is(value)} {told.pop(value)}" for value in (REJECT, SILENT, LAST)]
    taken = [f"{m.flow_is(value)} goto verdict_taken" for value in (REJECT, SILENT)]
    if lanes:
        taken.append(f"{m.flow} {{ {', '.join(map(m.word, followed.values()))} }} goto verdict_taken")
    verdicts = f"{m.packet} vmap {{ {', '.join(f'{m.word(value)} : {to}' for value, to in told.items())} }}"
    yield chain("verdict_taken", [m.set_packet(UNDECIDED)])
    held = [f"{m.packet_is(HELD)} counter name held_dropped drop"] if holds_clients(settings) else []
    yield chain("verdict", [*held, *strict, *taken, verdicts, m.set_packet(UNDECIDED)])
    for value, name in kept.items():
        yield chain(name, [m.set_flow(value)])
    yield from _becomes(m, followed)


def _becomes(m: Masked, followed: Mapping[int, int]) -> Iterable[str]:
    """The chains of words for which it matters what a flow is; `followed` are lanes by the values that are read on."""
    yield chain(f"flow_{READING}", [f"{m.flow} == {m.word(UNDECIDED)} {m.set_flow(READING)}"])
    lane_stays = ", ".join(f"{m.word(value)} : goto flow_{lane}" for value, lane in followed.items())
    # Another connection may begin between the same ports: of QUIC, which nothing ends (decision 0620).
    passes = [f"meta l4proto udp goto flow_{HEARD}", m.set_flow(PASS)]
    yield chain(f"flow_{PASS}", [*([f"{m.flow} vmap {{ {lane_stays} }}"] if followed else []), *passes])
    yield chain(f"flow_{HEARD}", [m.set_flow(HEARD)])
    yield chain("flow_nameless", [f"{m.flow_is(NAMELESS)} goto flow_{PASS}", m.set_flow(READING)])
    # Ours from here on, so that what becomes of its flow does not touch it.
    yield chain("last", [m.set_flow(SILENT), m.set_packet(OWN)])


def _enforce(m: Masked, rules: Sequence[LaneRules], settings: Settings, doors: Sequence[str]) -> Iterable[str]:
    """Rejects where the kernel can: in forward, input and output. A reset is always let through, ours included."""
    for hook in ("input", "output") if settings.mode == HOST else ("forward", "input", "output"):
        one_sided = invalid_rules(settings) if hook == "forward" else ()
        looped = ["iif lo accept"] if hook == "input" else []  # output was its place
        doored = [f"goto bypass_{hook}"] if hook in doors else []
        bulk = [f"{passes} {' '.join(doored) or 'accept'}" for passes in (m.bulk, m.heard)]
        told = f"{m.packet_is_not(UNDECIDED)} jump told"
        chained = [*bulk, *looped, *one_sided, told, "jump enforce", *doored]
        yield base_chain(f"enforce_{hook}", hook, "filter - 10", chained)
    ours = f"{m.packet_is(OWN)} {m.set_packet(UNDECIDED)} accept"
    yield chain("told", [ours, "jump verdict", ours])
    values = ((value, rule) for rule in rules for value in (FIRST_LANE + rule.number, READ_ON - rule.number))
    lanes = ", ".join(f"{m.word(value)} : goto {rule.counter}" for value, rule in values)
    ended = [f"{m.flow_is(REJECT)} goto reject_flow", f"{m.flow_is(SILENT)} drop"]
    by_lane = [f"{m.flow} vmap {{ {lanes} }}"] if lanes else []
    yield chain("enforce", [f"{m.flow_is(PASS)} return", *ended, *by_lane])
    for rule in rules:
        yield chain(rule.counter, rule.rules, comment=rule.comment)
    # The one who sends is reset by `reject`. The client of a download may never send again: its next packet
    # becomes its reset, and the flow is REJECT from there on, so that the packet after that resets the server.
    reset_client = f"{m.set_flow(REJECT)} tcp flags set rst | ack accept"
    yield chain(
        "cut",
        [
            "tcp flags & rst == rst accept",
            f"meta l4proto tcp ct direction reply {reset_client}",
            "goto reject_flow",
        ],
    )
    yield chain(
        "reject_flow",
        [
            "tcp flags & rst == rst accept",
            "meta l4proto tcp counter name rejected reject with tcp reset",
            "meta l4proto udp counter name rejected reject with icmpx port-unreachable",
        ],
    )
