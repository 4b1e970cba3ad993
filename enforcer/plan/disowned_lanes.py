"""What conntrack calls INVALID, to and from addresses of a lane: dropped while the lane is blocked.

A download that began before its date has its lane in conntrack's mark, and is cut by that. A client that has conntrack
lose the connection (plan/undecided.py) would have the rest of it: no mark, and nobody's to judge. So such packets are
asked for what is left to ask, the pairs of client and address and the vendors' own networks. Bulk meets none of it.

In the client's own words, since there is no connection: before any translation, as all chains of prerouting.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from enforcer.model.calendar import Interval
from enforcer.model.places import Spared, Subnet
from enforcer.model.settings import Settings
from enforcer.plan.chains import chain
from enforcer.plan.lane_rules import times_of

CUT = "disowned_cut"
BY_ADDRESS = "disowned_by_address"
_FAMILIES = (("4", "ip"), ("6", "ip6"))


def counter() -> str:
    """It outlives the rules."""
    return f"\tcounter {CUT} {{\n\t}}\n"


def asked(settings: Settings, networks: str) -> str:
    """The chain that such packets come to; `networks` is one that asks for the client's side, or empty."""
    sides = [f'iifname "{name}" ' for name in settings.interfaces] or [""]
    client = (f"{ip} saddr . {ip} daddr vmap @pairs{version}" for version, ip in _FAMILIES)
    server = (f"{ip} daddr . {ip} saddr vmap @pairs{version}" for version, ip in _FAMILIES)
    return chain(BY_ADDRESS, [*client, *server, *(f"{side}goto {networks}" for side in sides if networks)])


def first_rule(number: int, blocked: Sequence[Interval]) -> str:
    """Of a lane's chain: no mark for what has no connection."""
    return f"ct state invalid {f'goto {_name(number)}' if blocked else 'return'}"


def cut_chain(number: int, blocked: Sequence[Interval], whom: Iterable[Spared], shift: float) -> Iterable[str]:
    """Where that leads. `whom` are the clients that are spared the lane; kernel time = policy time - `shift`."""
    if not blocked:
        return
    spared = (
        f"{_address(one.subnet, side)} {times}return"
        for one in whom
        for times in times_of(one.when, shift)
        for side in ("saddr", "daddr")
    )
    yield chain(_name(number), [*spared, *(f"{times}counter name {CUT} drop" for times in times_of(blocked, shift))])


def _name(number: int) -> str:
    return f"cut_{number}"


def _address(network: Subnet, side: str) -> str:
    return f"{'ip' if network.version == 4 else 'ip6'} {side} {network}"
