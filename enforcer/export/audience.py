"""For whom an export speaks: one client group, at one instant.

A resolver or a rule set cannot tell the clients of a group apart, while a waiver can, by their subnets. So the
group is stood for by one client for each set of waivers that its clients can have, and the mildest decision
counts: an export never blocks for anyone what decide() lets pass for him.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from enforcer.export.refusal import ExportRefused
from enforcer.model.decision import Decision
from enforcer.model.names import HostName
from enforcer.model.observation import Address, Client, How, Observation
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide
from enforcer.policy.site import Group, Waiver
from enforcer.policy.spelling import meant
from enforcer.policy.vendor import Subnet

LOWEST = (ip_address("0.0.0.0"), ip_address("::"))  # noqa: S104 (the ends of the address space, nothing is bound)


@dataclass(frozen=True, slots=True)
class Audience:
    """A group with the clients that stand for it."""

    policy: Policy
    group: Group
    at: float
    clients: tuple[Client, ...]
    partial: tuple[str, ...]
    """Waivers that hold for a part of the group, and so, in an export, for all of it."""

    def named(self, name: HostName) -> Decision:
        """The mildest decision on a name that is asked for."""
        return self._mildest(Observation(how=How.DNS, names=(name,)))

    def addressed(self, address: Address) -> Decision:
        """The mildest decision on a connection to an address, no name being known."""
        return self._mildest(Observation(how=How.ADDRESS, address=address))

    def _mildest(self, observation: Observation) -> Decision:
        decisions = (decide(self.policy, observation, client, self.at) for client in self.clients)
        return min(decisions, key=lambda decision: decision.verdict)


def audience(policy: Policy, group: Group, at: float) -> Audience:
    """Raises ExportRefused where no client can be in the group."""
    waivers = [waiver for waiver in policy.site.waivers if waiver.subnets and at in waiver.interval]
    standing: dict[frozenset[str], Client] = {}
    for client in _candidates(group, _edges([*_subnets(policy.site.groups), *_subnets(waivers)])):
        if policy.group(client) is group:
            standing.setdefault(_held(waivers, client), client)
    if not standing:
        why = f"no client can be in group {group.name!r}: longer subnets of other groups take all of its own"
        raise ExportRefused(why, cure="mend the group's subnets in the site file, or export another group")
    # A waiver only softens, so a client with more of them is never judged more harshly.
    most = [held for held in standing if not any(held < other for other in standing)]
    partial = frozenset.union(*standing) - frozenset.intersection(*standing)
    return Audience(policy, group, at, tuple(standing[held] for held in most), tuple(sorted(partial)))


def group_named(policy: Policy, name: str) -> Group:
    """The site itself for the empty name. Raises ExportRefused with the nearest right spelling."""
    known = [group.name for group in policy.site.groups if group.name]
    for group in policy.site.groups:
        if group.name == name:
            return group
    listed = f"the groups are: {', '.join(known)}" if known else "the site file has no groups"
    why = f"there is no group {name[:100]!r}{meant(name, known)}"
    raise ExportRefused(why, cure=f"{listed}; without --group the site itself is meant")


def _subnets(owners: Iterable[Group | Waiver]) -> Iterator[Subnet]:
    return (subnet for owner in owners for subnet in owner.subnets)


def _edges(subnets: Iterable[Subnet]) -> list[Address]:
    """An address from each stretch over which no subnet begins or ends."""
    edges: set[Address] = set(LOWEST)
    for subnet in subnets:
        edges.add(subnet.network_address)
        last = subnet.broadcast_address
        if int(last) < 2**subnet.max_prefixlen - 1:
            edges.add(last + 1)
    return sorted(edges, key=lambda address: (address.version, int(address)))


def _candidates(group: Group, edges: list[Address]) -> Iterator[Client]:
    for address in (None, *edges):
        yield Client(address=address)
        if group.macs:
            yield Client(address=address, mac=group.macs[0])
        if group.interfaces:
            yield Client(address=address, interface=group.interfaces[0])


def _held(waivers: list[Waiver], client: Client) -> frozenset[str]:
    address = client.address
    if address is None:
        return frozenset()
    return frozenset(waiver.id for waiver in waivers if any(address in subnet for subnet in waiver.subnets))
