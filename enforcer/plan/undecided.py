"""TCP connections whose server has answered by way of us and that nobody has decided yet, as sets in the kernel.

A client with raw sockets can have conntrack lose a connection that its server keeps: by a reset that the server does
not take, a SYN behind it, an acknowledgement of what was never sent. What the client says then is INVALID, has no mark
and is judged by nobody; or conntrack begins anew with what the server says, and takes it for the client. So the
connections that are still to be judged are remembered apart from conntrack. On one of these no INVALID data leave, and
no server begins. A client that really ended its connection begins another with a SYN.

Where only one direction comes by us, no SYN and its answer do, so nothing is remembered and INVALID passes as ever.
Under NAT too: there what is INVALID does not arrive (it is not translated).

A connection is remembered from the server's SYN-ACK on, if its SYN came by a moment before, and again with each of the
client's segments that was judged and did not decide it. It is forgotten when it is decided, or after KEPT of silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from enforcer.model.marks import FIRST_LANE, NAMELESS, PASS, REJECT, SILENT, UNDECIDED
from enforcer.model.settings import Settings
from enforcer.plan.bare_segments import bare4, bare6
from enforcer.plan.chains import chain
from enforcer.plan.masked import Masked

SIZE = 131_072
"""Connections of each family. Where there are more they are not remembered, and counted (UNNOTED)."""
KEPT = 900
"""Seconds, as between two messages of a connection (pipeline/tcp_flows.py)."""
ANSWERED_WITHIN = 30
"""Seconds from a SYN to its answer. Servers give it at once."""
DISOWNED, TURNED, UNNOTED = "disowned_dropped", "turned_dropped", "unnoted"
COUNTERS = (DISOWNED, TURNED, UNNOTED)
_FAMILIES = (("4", "ip", "ipv4"), ("6", "ip6", "ipv6"))
_WORDS = range(5, 16)
"""Of a TCP header."""


def undecided_objects() -> Iterable[str]:
    """Sets and counters, which outlive the rules."""
    for version, _, kind in _FAMILIES:
        for name, seconds in (("opened", ANSWERED_WITHIN), ("undecided", KEPT)):
            lines = (
                f"type {kind}_addr . inet_service . {kind}_addr . inet_service",
                *(f"size {SIZE}", "flags dynamic,timeout", f"timeout {seconds}s"),
            )
            yield f"\tset {name}{version} {{\n" + "".join(f"\t\t{line}\n" for line in lines) + "\t}\n"
    yield from (f"\tcounter {name} {{\n\t}}\n" for name in COUNTERS)


def arriving(m: Masked, tcp: Sequence[str], others: str) -> Sequence[str]:
    """The rules of the base chain for what comes in; `tcp` are those for flows that are not decided, `others` a chain.

    A SYN is noted on a flow that passes too: another connection may begin between the same ports (decision 0700).

    Without anonymous sets (decision 0255), as all rules of that table.
    """
    begins = "tcp flags & (syn | rst) == 0x0"
    return (
        f"{m.flow_is(PASS)} tcp flags & syn != syn accept",
        f"meta l4proto != tcp goto {others}",
        "tcp flags & syn == syn jump handshake",
        f"{m.flow_is(PASS)} accept",
        f"{m.packet_is_not(UNDECIDED)} jump judged",
        f"{m.flow_is(UNDECIDED)} ct state new {begins} jump turned",
        *tcp,
        f"ct state invalid {begins} goto disowned",
    )


def undecided_chains(m: Masked, settings: Settings, others: str) -> Iterable[str]:
    """What those lead to; `others` is a chain for what is INVALID on connections that are not remembered."""
    sides = [f'iifname "{name}" ' for name in settings.interfaces] or [""]
    opened = (f"{side}meta nfproto {kind} goto opened{version}" for side in sides for version, _, kind in _FAMILIES)
    yield chain("handshake", ["tcp flags & ack == ack goto answered", *opened])
    yield chain("answered", [f"{_TUPLES[one][1]} @opened{one} goto answered{one}" for one in _TUPLES])
    yield chain("judged", _judged(m))
    yield chain("decided", [_forgotten(f"undecided{one}", there) for one, (there, _) in _TUPLES.items()])
    yield chain("turned", [f"{back} @undecided{one} counter name {TURNED} drop" for one, (_, back) in _TUPLES.items()])
    remembered = (f"{there} @undecided{one} goto disowned{one}" for one, (there, _) in _TUPLES.items())
    yield chain("disowned", [*remembered, f"goto {others}"])
    bare = (_WORDS, "return")
    for one, rules in (("4", bare4(*bare)), ("6", bare6(*bare))):
        there, back = _TUPLES[one]
        yield _noted(f"opened{one}", f"opened{one}", there)
        yield _noted(f"answered{one}", f"undecided{one}", back)
        yield _noted(f"judged{one}", f"undecided{one}", there)
        yield chain(f"disowned{one}", [*rules, f"counter name {DISOWNED} drop"])


def _judged(m: Masked) -> list[str]:
    """The word on a packet decides its flow, or does not: then the flow is remembered, if its server has answered.

    What comes again of a flow that is rejected may be judged without what came before, and shows no name.
    """
    lowest, highest = (m.word(FIRST_LANE + number) for number in (0, m.marks.lanes - 1))
    return [
        "ct direction reply return",
        *(f"{m.flow_is(value)} return" for value in (REJECT, SILENT)),
        *(f"{m.packet_is(value)} goto decided" for value in (PASS, NAMELESS)),
        f"{m.packet} >= {lowest} {m.packet} <= {highest} goto decided",
        *(f"ct status seen-reply meta nfproto {kind} goto judged{version}" for version, _, kind in _FAMILIES),
    ]


def _forgotten(where: str, connection: str) -> str:
    """In a second, not at once: the kernel keeps what is deleted for as long, and has room for few of one key."""
    return f"{connection} @{where} update @{where} {{ {connection} timeout 1s }}"


def _noted(name: str, where: str, connection: str) -> str:
    """A set that is full ends the rule."""
    return chain(name, [f"update @{where} {{ {connection} }} return", f"counter name {UNNOTED}"])


_TUPLES = {
    version: (
        f"{ip} saddr . tcp sport . {ip} daddr . tcp dport",
        f"{ip} daddr . tcp dport . {ip} saddr . tcp sport",
    )
    for version, ip, _ in _FAMILIES
}
"""Of a client's packet, and of its server's."""
