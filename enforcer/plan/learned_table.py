"""The nft text of `table inet enforcer_learned`: what the kernel knows of addresses, apart from the rules.

A pair of client and address leads to its lane. The pairs are the inspectors' (plan/learned_pairs.py); this text is laid
over them: it renews every rule, and leaves the pairs and the chains that they lead to where they are. So a reload
forgets nothing, and not for a moment.

By address are taken: packets that nobody judged though they were to be (their mark is still QUEUE), packets in which an
inspector found no name (NAMELESS, NAMELESS_HEARD), datagrams of other protocols than DNS and QUIC, and what a server
says before its client has said anything. Each gets its lane as packet mark, as if an inspector had said so. A flow that
an inspector is reading (READING, which stays in the flow's mark until it is decided) is no longer the server's
to begin.

It also remembers which connections are to be judged still, apart from conntrack (plan/undecided.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from enforcer.model.calendar import Interval
from enforcer.model.marks import FIRST_LANE, PASS, QUEUE, READING, UNDECIDED, Marks
from enforcer.model.places import NO_PLACES, Places, Spared, Subnet
from enforcer.model.settings import HOST, Settings
from enforcer.plan import disowned_lanes
from enforcer.plan.chains import base_chain, chain
from enforcer.plan.lane_rules import times_of
from enforcer.plan.log_messages import SNAPLEN
from enforcer.plan.masked import Masked
from enforcer.plan.place_rules import BY_ADDRESS, BY_NETWORK, place_chains
from enforcer.plan.undecided import arriving, undecided_chains, undecided_objects

TABLE = "enforcer_learned"
SIZE = 65_536
"""Pairs of each family."""
LEARNED = "learned "
"""How the log of a flow begins that is taken by a pair; the lane's key follows."""
_LONGEST_HEADERS = 100  # of IPv6 and TCP with all options
_FAMILIES = (("4", "ip", "ipv4"), ("6", "ip6", "ipv6"))
NOBODY: Mapping[str, Sequence[Spared]] = {}
NEVER: Mapping[str, Sequence[Interval]] = {}
_OPEN = {UNDECIDED: "flow_undecided", READING: "flow_reading"}


def pairs(size: int) -> str:
    """The name of the map of addresses of so many bytes."""
    return "pairs4" if size == 4 else "pairs6"


def lane_chain(number: int) -> str:
    """The name of the chain that a pair of this lane leads to."""
    return f"lane_{number}"


def spared_chain(number: int) -> str:
    """The name of the chain of those who are spared this lane."""
    return f"spared_{number}"


def learned_table(
    keys: Mapping[int, str],
    settings: Settings,
    places: Places = NO_PLACES,
    spared: Mapping[str, Sequence[Spared]] = NOBODY,
    shift: float = 0.0,
    blocked: Mapping[str, Sequence[Interval]] = NEVER,
) -> str:
    """The table as `nft -f` reads it; `keys` are the lanes' by number, `places` the vendors' own networks.

    `spared` are clients by the key of the lane that they are spared, `blocked` is when lanes are cut, by their keys
    too; kernel time = policy time - `shift`.
    """
    m = Masked(Marks(settings.mark_mask))
    lanes: list[str] = []
    for number, key in sorted(keys.items()):
        whom, told = spared.get(key, ()), _told(key, settings.queue)
        spares = [*_spared(number, whom, shift)]
        cut = () if settings.mode == HOST else blocked.get(key, ())
        lanes += disowned_lanes.cut_chain(number, cut, whom, shift)
        if spares:
            lanes.append(chain(spared_chain(number), [f"{m.packet_is_queued} return", *m.let_pass(told)]))
        passed_by = [disowned_lanes.first_rule(number, cut), *spares]
        lanes.append(chain(lane_chain(number), [*passed_by, f"{m.set_packet(FIRST_LANE + number)} {told}"]))
    maps = [_map(version, kind) for version, _, kind in _FAMILIES]
    known = [f"\tchain {lane_chain(number)} {{\n\t}}\n" for number in sorted(keys)]
    kept = [] if settings.mode == HOST else [*undecided_objects(), disowned_lanes.counter()]
    there = f"table inet {TABLE} {{\n{''.join([*maps, *kept, *known])}}}\n"
    chains = {key: lane_chain(number) for number, key in keys.items()}
    by_address = place_chains(m, places, chains, LEARNED, settings.queue)
    rules = "\n".join([*_hooks(m, settings, BY_NETWORK if places.places else ""), *_nameless(m), *by_address, *lanes])
    return f"{there}flush table inet {TABLE}\ntable inet {TABLE} {{\n{rules}}}\n"


def _map(version: str, kind: str) -> str:
    lines = (f"type {kind}_addr . {kind}_addr : verdict", f"size {SIZE}", "flags timeout")
    inner = "".join(f"\t\t{line}\n" for line in lines)
    return f"\tmap pairs{version} {{\n{inner}\t}}\n"


def _told(key: str, group: int) -> str:
    told = re.sub(r"[^\w/@.,: -]", "?", key, flags=re.ASCII)[:100]
    return f'log prefix "{LEARNED}{told}" group {group} snaplen {SNAPLEN}'


def _spared(number: int, whom: Iterable[Spared], shift: float) -> Iterable[str]:
    """Theirs is a flow that passes and is told, as where an inspector says so."""
    for one in whom:
        for times in times_of(one.when, shift):
            yield f"{_client(one.subnet)} {times}goto {spared_chain(number)}"


def _client(subnet: Subnet) -> str:
    """Of the flow's own beginning: a server may be the first to speak."""
    kind, word = ("ipv4", "ip") if subnet.version == 4 else ("ipv6", "ip6")
    return f"meta nfproto {kind} ct original {word} saddr {subnet}"


def _hooks(m: Masked, settings: Settings, networks: str) -> Iterable[str]:
    """Between the queue and the chains that move the packet's mark to its flow. Decided flows leave at once.

    Without sets and maps but those that stay: while rules are replaced, a miss would pass a flow (decision 0255).
    """
    # What is read on in a lane has it from a name.
    bulk, opened = f"{m.flow_is(PASS)} accept", [f"{m.flow_is(value)} goto {name}" for value, name in _OPEN.items()]
    speaks = f"{m.flow_is(UNDECIDED)} ct direction reply meta l4proto tcp jump server_first"
    if settings.mode == HOST:
        yield base_chain("learned_input", "input", "filter - 11", [speaks])
    else:
        yield base_chain("learned_prerouting", "prerouting", "mangle - 2", arriving(m, [speaks, *opened], "no_tcp"))
        yield chain("no_tcp", opened)
        yield from undecided_chains(m, settings, disowned_lanes.BY_ADDRESS)
        yield disowned_lanes.asked(settings, networks)
    # Our own TCP has its word in the flow's mark.
    told = f"{m.flow_is_nameless} goto {BY_ADDRESS}"
    yield base_chain("learned_output", "output", "mangle - 2", [bulk, *opened, told])
    nameless = f"{m.packet_is_nameless} goto {BY_ADDRESS}"
    by_protocol = [f"ct direction original meta l4proto {one} goto {one}_without_name" for one in ("tcp", "udp")]
    yield chain(_OPEN[UNDECIDED], [nameless, *by_protocol])
    yield chain(_OPEN[READING], [nameless])


def _nameless(m: Masked) -> Iterable[str]:
    yield chain(
        "tcp_without_name",
        [
            f"{m.packet_is_not(QUEUE)} return",
            "tcp flags & (syn | ack) == syn return",
            "tcp dport 53 return",  # DNS is read on and on, and has no word for it
            f"goto {BY_ADDRESS}",
        ],
    )
    unnamed = (f"{m.packet_is(value)} goto {BY_ADDRESS}" for value in (UNDECIDED, QUEUE))
    yield chain("udp_without_name", ["udp dport 53 return", *unnamed])
    # A packet that is longer than all headers has data; a shorter one that has some is pushed.
    yield chain(
        "server_first",
        [
            "tcp sport 53 return",
            f"meta length > {_LONGEST_HEADERS} goto by_pair",
            "tcp flags & (syn | psh) == psh goto by_pair",
        ],
    )
    # The flow's own beginning: what the client chose, before any translation.
    yield chain(
        "by_pair",
        [
            f"meta nfproto {kind} ct original {word} saddr . ct original {word} daddr vmap @pairs{version}"
            for version, word, kind in _FAMILIES
        ],
    )
