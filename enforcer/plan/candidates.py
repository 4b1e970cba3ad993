"""Which packets an inspector must see: those of undecided flows that can carry a name.

Bulk leaves each chain at its first rule. Questions are taken before destination NAT, so that the address
asked is the client's choice; answers after NAT is undone, so that the client is the one inside
(docs/decisions/0031). Loopback traffic was seen in output. In mode host what is forwarded is none of ours
(docs/decisions/0260).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from enforcer.model.marks import (
    ACKNOWLEDGES,
    HEARD,
    NAMELESS,
    NAMELESS_HEARD,
    OWN,
    PASS,
    QUEUE,
    READING,
    REJECT,
    TAKEN_UP,
    UNDECIDED,
)
from enforcer.model.settings import HOST, Settings, holds_clients
from enforcer.plan.bare_segments import bare4, bare6
from enforcer.plan.begun_anew import begun_chains, begun_rules
from enforcer.plan.chains import base_chain, chain
from enforcer.plan.hop_limits import UNSIZED, URGENT, chains, reach_rules, signed_rules
from enforcer.plan.masked import Masked
from enforcer.plan.multipath import bare_syn_rules, payload_rules
from enforcer.plan.served import answers_passed_by
from enforcer.plan.shares import ANSWERS, QUESTIONS, UNASKED_ANSWERS, UNASKED_DATA, share_chains, unasked

VERSIONS = ("0x1", "0x6b3343cf")
"""Of QUIC, those that decode/quic_crypto.py has keys for."""
# TCP headers of 20 to 60 bytes, by data offset. Timestamps make 8 the usual one.
DATA_OFFSETS = (8, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15)


def candidates(
    m: Masked, queue: Sequence[str], lanes: int, settings: Settings, *, bodies: bool = False, noted: bool = False
) -> Iterable[str]:
    """The chains that mark packets QUEUE; `queue` are the rules that hand them over, if this table does that itself.

    A flow of one of the `lanes` may still be read. `bodies`: what servers send is looked at too (plan/served.py);
    `noted`: what they begin with and acknowledge is (plan/classifier_answer.py), and which connections conntrack takes
    up.
    """
    yield base_chain("own_answers", "output", "raw", [f"{m.packet_is(OWN)} meta l4proto udp notrack"])
    yield from _on_the_way_out(m, queue, lanes, settings)
    begun = begun_chains(m, forwards=settings.mode != HOST, noted=noted)
    yield from _on_the_way_back(m, queue, settings, answers_passed_by(m, lanes, bodies=bodies, noted=noted), begun)
    yield from _udp(m)
    yield from _quic(m, settings)
    yield from _tcp(m, settings, noted)
    yield from chains()
    yield from share_chains(m, settings)


def _on_the_way_out(m: Masked, queue: Sequence[str], lanes: int, settings: Settings) -> Iterable[str]:
    """Forwarded questions and first data, and all of the gateway's own. A mark from elsewhere is no message of ours."""
    stale = f"{m.packet_is_not(UNDECIDED)} {m.set_packet(UNDECIDED)}"
    forwarded = ["iif lo accept", *_others("iifname", settings), "jump from_clients", *_shared(m, QUESTIONS, settings)]
    bulk = f"{m.bulk} accept"
    # Most of what a flow says that passes but for a new hello: no hello has this bit clear.
    no_hello = f"{m.flow_is(HEARD)} meta l4proto udp @th,64,1 0 accept"
    inside = [stale] if settings.mode == HOST else [bulk, stale, no_hello, *forwarded, *queue]
    yield base_chain("classify_prerouting", "prerouting", "mangle - 4", inside)
    yield base_chain(
        "classify_output",
        "output",
        "mangle - 4",
        [bulk, f"{m.packet_is(OWN)} accept", stale, no_hello, "jump from_the_gateway", *queue],
    )
    if settings.mode != HOST:
        by_protocol = ("udp_first_data", "tcp_first_data")
        yield from _undecided(m, "from_clients", by_protocol, m.undecided(lanes), "goto heard")
    # A word to the next chain may stand in the flow's mark for a moment (decision 0033): that decides nothing yet.
    here = m.undecided(lanes, NAMELESS, NAMELESS_HEARD)
    yield from _undecided(m, "from_the_gateway", ("udp_of_the_gateway", "tcp_of_the_gateway"), here, "goto heard")


def _undecided(
    m: Masked, name: str, by_protocol: tuple[str, str], undecided: str, decided: str = "return"
) -> Iterable[str]:
    """Leads packets of flows that are not decided to the chains of UDP and TCP; bulk leaves by the first test.

    `decided` is done with what is left: flows that are, but not for good.

    Without a set or map where a miss would pass what must be judged: while rules are replaced, a packet may be between
    the old ones, and the elements of an old set are gone a moment before them (decision 0255).
    """
    known = [f"{m.flow_is(value)} goto {name}_by_protocol" for value in (UNDECIDED, READING)]
    yield chain(
        name, [f"{m.flow_is(PASS)} return", *known, f"{m.flow} != {undecided} {decided}", f"goto {name}_by_protocol"]
    )
    udp, tcp = by_protocol
    yield chain(f"{name}_by_protocol", [f"meta l4proto udp goto {udp}", f"meta l4proto tcp goto {tcp}"])


def _on_the_way_back(
    m: Masked, queue: Sequence[str], settings: Settings, no_dns: Sequence[str], begun: Iterable[str]
) -> Iterable[str]:
    """Answers to clients behind us and to our own resolver, and what begins; `no_dns` lets by what is neither."""
    for hook in ("input",) if settings.mode == HOST else ("forward", "input"):
        passed_by = ["iif lo accept"] if hook == "input" else _others("oifname", settings)
        shared = _shared(m, ANSWERS, settings) if hook == "forward" else []
        rules = [*no_dns, *passed_by, *begun_rules(hook), "th sport 53 jump answers", *shared, *queue]
        yield base_chain(f"classify_{hook}", hook, "filter - 13", rules)
    yield from begun
    # DNS over TCP has no lane.
    yield from _undecided(m, "answers", ("dns_answers", "dns_answers_tcp"), m.undecided(0))


def _shared(m: Masked, chain_name: str, settings: Settings) -> list[str]:
    """What is to be queued passes by its client's share. What is the gateway's own does not."""
    return [f"{m.packet_is_queued} jump {chain_name}"] if holds_clients(settings) else []


def _others(side: str, settings: Settings) -> list[str]:
    """Lets the traffic of clients by, that come in elsewhere than we are asked to look."""
    names = ", ".join(f'"{name}"' for name in settings.interfaces)
    return [f"{side} != {{ {names} }} accept"] if names else []


def _udp(m: Masked) -> Iterable[str]:
    """DNS both ways. Between two servers that both use port 53 only the direction tells an answer from a question."""
    mark_dns = f"counter name queued_dns {m.set_packet(QUEUE)}"
    quic = "ct direction original goto quic_first_data"
    asked = f"udp dport 53 {mark_dns} return"
    yield chain("udp_first_data", [UNSIZED, "udp sport 53 ct direction reply return", asked, quic])
    # An answer without a record leads nowhere: half of them, where clients ask for both kinds of address.
    empty = "udp sport 53 @th,80,1 1 @th,112,16 0 return"
    yield chain(
        "dns_answers",
        [
            empty,
            unasked("udp sport 53 udp dport != 53", UNASKED_ANSWERS),
            f"udp sport 53 udp dport != 53 {mark_dns} return",
            f"udp sport 53 ct direction reply {mark_dns}",
        ],
    )
    yield chain(
        "udp_of_the_gateway",
        [UNSIZED, asked, empty, f"udp sport 53 {mark_dns} return", quic],
    )


def _quic(m: Masked, settings: Settings) -> Iterable[str]:
    """Long headers on port 443, where an unknown version is a decision too; elsewhere those of QUIC 1 and 2.

    The first bit of a datagram tells a long header, the four bytes after it the version (RFC 8999 section 5.1). Where
    QUIC is to be rejected, whatever its version, the flow is marked so on the spot and nobody is asked.
    """
    web = "quic_reject" if settings.quic == "reject" else "quic_queue"
    yield chain(
        "quic_first_data",
        ["@th,64,1 0 return", f"udp dport 443 goto {web}", f"@th,72,32 {{ {', '.join(VERSIONS)} }} goto quic_queue"],
    )
    if settings.quic == "reject":
        yield chain(web, ["fib daddr type local return", f"counter name rejected_quic {m.set_packet(REJECT)}"])
    yield chain("quic_queue", [*_to_inspectors(m, QUEUE)])
    # A flow that passes may begin another connection, on any port, whatever it began with (decision 0620). No set of
    # versions: a miss would pass what must be judged (decision 0255).
    begins = [f"@th,72,32 {version} goto quic_again" for version in VERSIONS]
    no_hello = ("meta l4proto != udp", "@th,64,1 0", "ct direction reply", m.flow_is(REJECT))
    yield chain("heard", [*(f"{match} return" for match in no_hello), *begins])
    rejected = ["udp dport 443 goto quic_reject"] if settings.quic == "reject" else []
    yield chain("quic_again", [*rejected, *_to_inspectors(m, HEARD)])


def _to_inspectors(m: Masked, value: int) -> Iterable[str]:
    """The end of a chain for QUIC."""
    return ("fib daddr type local return", *reach_rules(), f"counter name queued_quic {m.set_packet(value)}")


def _tcp(m: Masked, settings: Settings, noted: bool) -> Iterable[str]:
    """The client's SYN (it says where the stream starts) and what it sends after; bare acknowledgements pass.

    A packet is bare when its length is that of its headers. Headers of another shape are taken for payload.
    """
    yield chain("tcp_first_data", ["ct direction original goto tcp_data"])
    yield chain("tcp_of_the_gateway", ["ct direction original goto tcp_data", "tcp sport 53 goto dns_answers_tcp"])
    # DNS over TCP is read as long as the connection lives. The server's SYN tells where its stream starts.
    yield chain("dns_answers_tcp", ["ct direction reply goto tcp_data"])
    yield chain(
        "tcp_data",
        [
            "tcp flags & rst == rst goto tcp_reset",
            URGENT,
            "meta nfproto ipv4 goto tcp_ipv4",
            "goto tcp_ipv6",
        ],
    )
    # What ends the connection for conntrack ends it for the server: the same ports begin another then (decision 0363).
    yield chain("tcp_reset", reach_rules())
    bare = (DATA_OFFSETS, "goto tcp_bare")
    yield chain("tcp_ipv4", ["ip length > 80 goto tcp_payload", *bare4(*bare), "goto tcp_payload"])
    yield chain("tcp_ipv6", ["ip6 length > 60 goto tcp_payload", *bare6(*bare), "goto tcp_payload"])
    # A connection that conntrack takes up in its midst is looked at by inspectors alone (decision 0710).
    taken_up = [f"ct state new tcp sport != 53 tcp dport != 53 {m.set_packet(TAKEN_UP)}"] if noted else []
    # And one that was looked at may be decided by what its server has acknowledged (decision 0760).
    acknowledges = [f"{m.flow} != {m.word(UNDECIDED)} {m.set_packet(ACKNOWLEDGES)}"] if noted else []
    yield chain("tcp_bare", ["tcp flags & syn == syn goto tcp_begins", *taken_up, *acknowledges])
    yield chain("tcp_begins", [*bare_syn_rules(settings), "goto tcp_queue"])
    begun = unasked("ct status ! seen-reply", UNASKED_DATA)
    clients = [*payload_rules(settings), begun, *signed_rules(), *reach_rules()]
    yield chain("tcp_payload", ["ct direction reply goto tcp_queue", *clients, "goto tcp_queue"])
    yield _tcp_queue(m)


def _tcp_queue(m: Masked) -> str:
    # What ends on the gateway itself does not leave: an administrator must get in even when all is closed.
    # DNS does not: the gateway's own resolver would ask elsewhere for whoever asks it.
    dns = f"counter name queued_dns {m.set_packet(QUEUE)} return"
    return chain(
        "tcp_queue",
        [
            f"tcp dport 53 {dns}",
            f"tcp sport 53 ct direction reply {dns}",
            "fib daddr type local return",
            # What has begun to speak may say hello a second time (decision 0650).
            f"{m.flow} != {m.word(UNDECIDED)} counter name queued_tcp {m.set_packet(HEARD)} return",
            f"counter name queued_tcp {m.set_packet(QUEUE)}",
        ],
    )
