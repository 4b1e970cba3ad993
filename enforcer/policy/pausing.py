"""A pause as a waiver of the policy in force: judged, recorded and ended as every other waiver is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from ipaddress import ip_interface, ip_network

from enforcer.model.calendar import Interval
from enforcer.model.pause import Pause
from enforcer.model.verdict import Verdict
from enforcer.policy.compiled import Policy
from enforcer.policy.prefixes import unmapped_network
from enforcer.policy.site import Site, Waiver
from enforcer.policy.vendor import Subnet

_FEW = 8
SOFTENS_TO = Verdict.FLAG
"""A pause stops the stopping, not the watching: what passes by it is on record and alerted."""


def paused(policy: Policy, pauses: Sequence[Pause]) -> Policy:
    """The policy with these pauses, under a revision of its own; itself if there are none.

    Nothing is read anew: a pause must not depend on files that somebody is editing. Raises ValueError, for a person,
    for clients or vendors that the policy does not know.
    """
    if not pauses:
        return policy
    waivers = [_waiver(policy, pause) for pause in pauses]
    return Policy(
        configuration=policy.configuration,
        revision=_revision(policy, waivers),
        settings=policy.settings,
        vendors=policy.vendors,
        bans=policy.bans,
        site=Site(groups=policy.site.groups, waivers=(*policy.site.waivers, *waivers)),
        patterns=policy.patterns,
        bypass=policy.bypass,
    )


def _waiver(policy: Policy, pause: Pause) -> Waiver:
    groups, subnets = _clients(pause.clients, {group.name for group in policy.site.groups} - {""})
    known = {vendor.id for vendor in policy.vendors}
    if strange := next((one for one in pause.vendors if one not in known), None):
        raise ValueError(f"there is no vendor {strange!r} in the policy; it has {', '.join(sorted(known)[:_FEW])}")
    return Waiver(
        id=pause.id,
        reason=pause.reason,
        ticket=pause.ticket,
        approver=pause.asked_by,
        interval=Interval(pause.since, pause.until),
        softens_to=SOFTENS_TO,
        groups=groups,
        subnets=subnets,
        vendors=pause.vendors,
    )


def _clients(texts: Iterable[str], known: set[str]) -> tuple[tuple[str, ...], tuple[Subnet, ...]]:
    groups, subnets = [], []
    for text in texts:
        if text in known:
            groups.append(text)
            continue
        try:
            subnets.append(unmapped_network(ip_network(text)))
        except ValueError:
            raise ValueError(f"{text!r} is no group of the site file, no address and no network{_hint(text)}") from None
    return tuple(groups), tuple(subnets)


def _hint(text: str) -> str:
    """The network of an address that was given with its mask."""
    try:
        return f"; write {str(ip_interface(text).network)!r}"
    except ValueError:
        return ""


def _revision(policy: Policy, waivers: Iterable[Waiver]) -> str:
    """Whoever judges by a pause judges by another policy (decision 0203)."""
    digest = hashlib.sha256(policy.revision.encode())
    for waiver in waivers:
        digest.update(repr(waiver).encode(errors="surrogatepass"))
    return digest.hexdigest()[:16]
