"""What two sets say differently of ways around DNS, where the site does not allow them anyway."""

from __future__ import annotations

from collections.abc import Iterator

from enforcer.model.ways import Treatment, Way
from enforcer.policy.bypass import TITLES, Bypass
from enforcer.policy.compare_hosts import PatternChange, PatternKey
from enforcer.policy.way_names import Detour

_OF_RESOLVERS = (Way.RESOLVERS, Way.DOH)
"""The ways that show by whose address it is."""


def compare_ways(old: Bypass, new: Bypass) -> tuple[PatternChange, ...]:
    """Names, resolvers and walks that change alike together."""
    before, after = dict(_ways(old)), dict(_ways(new))
    alike: dict[str, list[PatternKey]] = {}
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        if was != now:
            alike.setdefault(_said(was, now), []).append(key)
    return tuple(PatternChange(said=said, patterns=tuple(keys)) for said, keys in alike.items())


def _said(was: str | None, now: str | None) -> str:
    if now is None:
        return f"removed, was {was}"
    return f"added as {now}" if was is None else f"changed from {was} to {now}"


def _ways(bypass: Bypass) -> Iterator[tuple[PatternKey, str]]:
    for name in bypass.names:
        found, below = bypass.match(name), bypass.match(f"*.{name}")  # no pattern has a `*`
        if below and below.pattern == name:
            yield ("domain", name), _shown(below)
        if found and found is not below:
            yield ("name", name), _shown(found)
    known = any(bypass.ways.of(way) is not Treatment.ALLOW for way in _OF_RESOLVERS)
    for address in bypass.doors.resolvers if known else ():
        yield ("resolver", str(address)), f"a resolver of {bypass.operator(address)}"
    for walk in bypass.walks:
        steps = ", ".join(map(str, walk.addresses))
        yield ("walk", f"{walk.vendor} for {walk.trigger}"), f"a walk over {steps}"


def _shown(found: Detour) -> str:
    return f"{TITLES[found.way]} ({found.treatment}, answered {found.answer})"
