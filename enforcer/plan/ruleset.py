"""The nft text of `table inet enforcer`: which packets an inspector must see, and what the kernel does by itself.

A packet meets our chains in this order; docs/kernel.md says why each stands where it does.

    classify_*   marks the packet QUEUE when its flow is undecided and it can carry a name
    (queue)      hands it to an inspector: here, or in the tables of plan/queue_tables.py
    verdict_*    moves the inspector's word from the packet mark into the conntrack mark
    enforce_*    rejects by the conntrack mark, and cuts lanes at their instants (plan/lane_rules.py)

The text replaces the whole table in one transaction and touches nothing else. Conntrack marks survive it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from enforcer.model.calendar import Lane
from enforcer.model.marks import FIRST_LANE, OWN, PASS, QUEUE, REJECT, UNDECIDED, Marks
from enforcer.model.settings import Settings
from enforcer.plan.lane_rules import LaneRules, lane_rules
from enforcer.plan.masked import Masked

TABLE = "enforcer"
GENERATION = "generation_"
"""A chain named GENERATION + generation stands in the table: every nft version can read it back."""

# TCP headers of 20 to 60 bytes, by data offset. Timestamps make 8 the usual one.
_DATA_OFFSETS = (8, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15)


def ruleset(lanes: Sequence[Lane], settings: Settings, *, shift: float, native_queue: bool, generation: str) -> str:
    """The table as `nft -f` reads it.

    Lane n of `lanes` is the conntrack mark FIRST_LANE + n. `shift` is the policy's clock minus the kernel's, in
    seconds. Without `native_queue` the rules that queue are left out. Raises ValueError if there are more lanes
    than the mark has room for.
    """
    marks = Marks(settings.mark_mask)
    if len(lanes) > marks.lanes:
        raise ValueError(f"{len(lanes)} lanes do not fit into the mark {settings.mark_mask:#x}, it holds {marks.lanes}")
    m = Masked(marks)
    queue = [f"{m.packet_is(QUEUE)} {queue_statement(settings)}"] if native_queue else []
    rules = [lane_rules(number, lane, shift, settings.queue) for number, lane in enumerate(lanes)]
    chains = [
        *_classify(m, queue),
        *_verdict(m, len(lanes)),
        *_enforce(m, [rule for rule in rules if rule.rules]),
        _chain(GENERATION + chain_word(generation), [], comment="which policy this table was made of"),
    ]
    counters = ["queued_dns", "queued_quic", "queued_tcp", "rejected", *(rule.counter for rule in rules if rule.rules)]
    body = "\n".join([*(f"\tcounter {name} {{\n\t}}\n" for name in counters), *chains])
    return f"table inet {TABLE}\ndelete table inet {TABLE}\ntable inet {TABLE} {{\n{body}}}\n"


def queue_statement(settings: Settings) -> str:
    """The native expression. Several queues share by a hash that is the same for both directions of an address pair."""
    last = settings.queue + settings.inspectors - 1
    numbers = f"{settings.queue}-{last}" if last > settings.queue else f"{settings.queue}"
    return f"queue num {numbers}" + (" bypass" if settings.fail == "open" else "")


def chain_word(text: str) -> str:
    """`text` as part of a chain's name: at most 64 letters, digits and underscores."""
    return re.sub(r"[^A-Za-z0-9_]", "_", text)[:64]


def _classify(m: Masked, queue: list[str]) -> Iterable[str]:
    """What an inspector must see. Bulk leaves at the conntrack mark.

    Questions are taken before destination NAT, so that the address asked is the client's choice; answers after
    NAT is undone, so that the client is the one inside. Loopback traffic was seen in output.
    """
    by_protocol = "meta l4proto vmap {{ udp : jump {udp}, tcp : jump tcp_first_data }}"
    yield _base("own_answers", "filter", "output", "raw", [f"{m.packet_is(OWN)} meta l4proto udp notrack"])
    yield _base(
        "classify_prerouting",
        "filter",
        "prerouting",
        "mangle - 3",
        [
            f"{m.packet_is_not(UNDECIDED)} {m.set_packet(UNDECIDED)}",
            "iif lo accept",
            f"{m.flow_is_not(UNDECIDED)} accept",
            by_protocol.format(udp="udp_first_data"),
            *queue,
        ],
    )
    yield _base(
        "classify_output",
        "filter",
        "output",
        "mangle - 3",
        [
            f"{m.packet_is(OWN)} accept",
            f"{m.packet_is_not(UNDECIDED)} {m.set_packet(UNDECIDED)}",
            f"{m.flow_is_not(UNDECIDED)} accept",
            by_protocol.format(udp="udp_of_the_gateway"),
            *queue,
        ],
    )
    for hook in ("forward", "input"):
        yield _base(
            f"classify_{hook}",
            "filter",
            hook,
            "filter - 12",
            [
                "meta l4proto != udp accept",
                *(["iif lo accept"] if hook == "input" else []),
                f"{m.flow_is_not(UNDECIDED)} accept",
                "jump dns_answers",
                *queue,
            ],
        )
    # Between two servers that both use port 53 only the direction tells an answer from a question.
    mark_dns = f"counter name queued_dns {m.set_packet(QUEUE)}"
    quic = "ct direction original goto quic_first_data"
    yield _chain("udp_first_data", ["udp sport 53 ct direction reply return", f"udp dport 53 {mark_dns} return", quic])
    # An answer without a record leads nowhere: half of them, where clients ask for both kinds of address.
    empty = "udp sport 53 @th,80,1 1 @th,112,16 0 return"
    yield _chain(
        "dns_answers",
        [empty, f"udp sport 53 udp dport != 53 {mark_dns} return", f"udp sport 53 ct direction reply {mark_dns}"],
    )
    yield _chain(
        "udp_of_the_gateway",
        [f"udp dport 53 {mark_dns} return", empty, f"udp sport 53 {mark_dns} return", quic],
    )
    yield from _quic(m)
    yield from _tcp(m)


def _quic(m: Masked) -> Iterable[str]:
    """Long headers on port 443, where an unknown version is a decision too; elsewhere those of QUIC 1 and 2.

    The first bit of a datagram tells a long header, the four bytes after it the version (RFC 8999 section 5.1).
    """
    yield _chain(
        "quic_first_data",
        ["@th,64,1 0 return", "udp dport 443 goto quic_queue", "@th,72,32 { 0x1, 0x6b3343cf } goto quic_queue"],
    )
    yield _chain("quic_queue", ["fib daddr type local return", f"counter name queued_quic {m.set_packet(QUEUE)}"])


def _tcp(m: Masked) -> Iterable[str]:
    """The client's SYN (it says where the stream starts) and what it sends after; bare acknowledgements pass.

    A packet is bare when its length is that of its headers. Headers of another shape are taken for payload.
    """
    yield _chain("tcp_first_data", ["ct direction original goto tcp_original"])
    yield _chain(
        "tcp_original",
        [
            "tcp flags & rst == rst return",
            "tcp flags & (syn | ack) == syn goto tcp_queue",
            "meta nfproto vmap { ipv4 : goto tcp_ipv4, ipv6 : goto tcp_ipv6 }",
        ],
    )
    bare4 = [f"ip hdrlength 5 ip length {20 + 4 * words} tcp doff {words} return" for words in _DATA_OFFSETS]
    bare6 = [f"ip6 nexthdr tcp ip6 length {4 * words} tcp doff {words} return" for words in _DATA_OFFSETS]
    yield _chain("tcp_ipv4", ["ip length > 80 goto tcp_queue", *bare4, "goto tcp_queue"])
    yield _chain("tcp_ipv6", ["ip6 length > 60 goto tcp_queue", *bare6, "goto tcp_queue"])
    # What ends on the gateway itself does not leave: an administrator must get in even when all is closed.
    yield _chain("tcp_queue", ["fib daddr type local return", f"counter name queued_tcp {m.set_packet(QUEUE)}"])


def _verdict(m: Masked, lanes: int) -> Iterable[str]:
    """The inspector's word, from the packet to its flow; then the packet mark is as others know it.

    nft cannot OR one mark into another, so each value has a chain with a constant. A value without one (a lane of
    a policy that is gone) leaves its flow undecided.
    """
    kept = [PASS, REJECT, *(FIRST_LANE + number for number in range(lanes))]
    for hook in ("prerouting", "output"):
        yield _base(f"verdict_{hook}", "filter", hook, "mangle - 1", [f"{m.packet_is_not(UNDECIDED)} jump verdict"])
    verdicts = ", ".join(f"{m.word(value)} : jump flow_{value}" for value in kept)
    yield _chain("verdict", [f"{m.packet} vmap {{ {verdicts} }}", m.set_packet(UNDECIDED)])
    for value in kept:
        yield _chain(f"flow_{value}", [m.set_flow(value)])


def _enforce(m: Masked, rules: Sequence[LaneRules]) -> Iterable[str]:
    """Rejects where the kernel can: in forward, input and output. A reset is always let through, ours included."""
    for hook in ("forward", "input", "output"):
        yield _base(
            f"enforce_{hook}",
            "filter",
            hook,
            "filter - 10",
            [f"{m.packet_is_not(UNDECIDED)} jump verdict", "jump enforce"],
        )
    lanes = "".join(f", {m.word(FIRST_LANE + rule.number)} : goto {rule.counter}" for rule in rules)
    yield _chain("enforce", [f"{m.flow} vmap {{ {m.word(REJECT)} : goto reject_flow{lanes} }}"])
    for rule in rules:
        yield _chain(rule.counter, rule.rules, comment=rule.comment)
    # The one who sends is reset by `reject`. The client of a download may never send again: its next packet
    # becomes its reset, and the flow is REJECT from there on, so that the packet after that resets the server.
    reset_client = f"{m.set_flow(REJECT)} tcp flags set rst | ack accept"
    yield _chain(
        "cut",
        [
            "tcp flags & rst == rst accept",
            f"meta l4proto tcp ct direction reply {reset_client}",
            "goto reject_flow",
        ],
    )
    yield _chain(
        "reject_flow",
        [
            "tcp flags & rst == rst accept",
            "meta l4proto tcp counter name rejected reject with tcp reset",
            "meta l4proto udp counter name rejected reject with icmpx port-unreachable",
        ],
    )


def _base(name: str, kind: str, hook: str, priority: str, rules: Sequence[str]) -> str:
    return _chain(name, [f"type {kind} hook {hook} priority {priority}; policy accept;", *rules])


def _chain(name: str, rules: Sequence[str], comment: str = "") -> str:
    lines = [f'comment "{comment}"'] if comment else []
    inner = "".join(f"\t\t{line}\n" for line in [*lines, *rules])
    return f"\tchain {name} {{\n{inner}\t}}\n"
