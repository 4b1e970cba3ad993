"""Whom waivers by address spare what the kernel would do by a lane, which knows no addresses of clients.

A flow without a name takes its lane by the server's address, and nobody judges it. What decide() says of it under such
a waiver, or a pause for a client, the kernel must know beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_network
from itertools import chain

from enforcer.model.calendar import Interval
from enforcer.model.observation import Address
from enforcer.model.places import Spared, Subnet
from enforcer.policy.compiled import Policy
from enforcer.policy.prefixes import unmapped
from enforcer.policy.site import Group, Waiver
from enforcer.policy.topic import Standing, Topic
from enforcer.policy.track import blocked
from enforcer.policy.tracks import lane_key

_EVERYBODY = (ip_network("0.0.0.0/0"), ip_network("::/0"))
INFINITY = float("inf")


def spared(policy: Policy) -> dict[str, tuple[Spared, ...]]:
    """By the lane's key; lanes from which nobody is spared are left out."""
    found = {lane_key(topic, group): tuple(_of(policy, group, topic)) for group, topic in _softened(policy)}
    return {key: whom for key, whom in found.items() if whom}


def is_spared(policy: Policy, key: str, client: Address, at: float) -> bool:
    """Whether this client is spared what the lane does now."""
    address = unmapped(client)
    return any(
        address in one.subnet and any(at in interval for interval in one.when)
        for group, topic in _softened(policy)
        if lane_key(topic, group) == key
        for one in _of(policy, group, topic)
    )


def _softened(policy: Policy) -> Iterator[tuple[Group, Topic]]:
    """Whose lanes some waiver by address is about."""
    for group in policy.site.groups:
        for topic, track in policy.tracks[group.name].items():
            if topic.standing is Standing.HOST and any(map(_by_address, track.fine)):
                yield group, topic


def _by_address(waiver: Waiver) -> bool:
    """One that asks for a name too holds for no flow that shows none."""
    return bool(waiver.subnets) and not waiver.names


def _of(policy: Policy, group: Group, topic: Topic) -> Iterator[Spared]:
    """Where subnets lie in each other, the inner one has the waivers of all: it is spared what they together soften."""
    track = policy.tracks[group.name][topic]
    waivers = [waiver for waiver in track.fine if _by_address(waiver)]
    subnets = dict.fromkeys(chain(*(waiver.subnets for waiver in waivers)))
    everybody = _EVERYBODY if any(group.name in waiver.groups for waiver in waivers) else ()
    for subnet in (*everybody, *subnets):
        holding = tuple(waiver for waiver in waivers if group.name in waiver.groups or _holds(waiver, subnet))
        when = _without(blocked(track.rulings), blocked(policy.under(group, topic, holding).rulings))
        if when:
            yield Spared(subnet, when)


def _holds(waiver: Waiver, subnet: Subnet) -> bool:
    return any(
        subnet.version == one.version and one.prefixlen <= subnet.prefixlen and subnet.network_address in one
        for one in waiver.subnets
    )


def _without(whole: Iterable[Interval], holes: Sequence[Interval]) -> tuple[Interval, ...]:
    left = list(whole)
    for hole in holes:
        left = [piece for one in left for piece in _less(one, hole)]
    return tuple(left)


def _less(one: Interval, hole: Interval) -> Iterator[Interval]:
    until = INFINITY if one.ends is None else one.ends
    if one.starts < min(until, hole.starts):
        yield Interval(one.starts, one.ends if until <= hole.starts else hole.starts)
    if hole.ends is not None and max(one.starts, hole.ends) < until:
        yield Interval(max(one.starts, hole.ends), one.ends)
