"""What a waiver is about. An empty scope key means all; every key that is given must hold."""

from __future__ import annotations

from collections.abc import Sequence

from enforcer.model.names import HostName, parents
from enforcer.model.observation import Client
from enforcer.policy.prefixes import unmapped
from enforcer.policy.site import Group, Site, Waiver
from enforcer.policy.topic import Topic


def about(waiver: Waiver, topic: Topic) -> bool:
    """Whether its vendors and services hold the topic. What cannot be read has neither, nor a name."""
    if not topic.vendor:
        return not (waiver.vendors or waiver.services or waiver.names)
    ours = not waiver.vendors or topic.vendor in waiver.vendors
    return ours and (not waiver.services or topic.service in waiver.services)


def coarse(waivers: Sequence[Waiver], topic: Topic, group: Group) -> tuple[Waiver, ...]:
    """Those that hold for every name of the topic and every client of the group."""
    return tuple(
        waiver
        for waiver in waivers
        if not waiver.fine and about(waiver, topic) and (not waiver.groups or group.name in waiver.groups)
    )


def waivers_of(site: Site, group: Group) -> tuple[Waiver, ...]:
    """Those of the site that hold for some or all of the group. Somebody who is not of the site has none of them."""
    if group not in site.groups:
        return ()
    return tuple(one for one in site.waivers if group.name in one.groups or one.subnets or not one.groups)


def fine(waivers: Sequence[Waiver], topic: Topic) -> tuple[Waiver, ...]:
    """Those of which only the name and the client's address can tell whether they hold."""
    return tuple(waiver for waiver in waivers if waiver.fine and about(waiver, topic))


def holding(waivers: Sequence[Waiver], group: Group, client: Client, name: HostName | None) -> tuple[Waiver, ...]:
    """Which of the fine ones hold here."""
    above = parents(name) if name else []
    return tuple(
        waiver
        for waiver in waivers
        if (not waiver.names or not waiver.names.isdisjoint(above)) and _whose(waiver, group, client)
    )


def _whose(waiver: Waiver, group: Group, client: Client) -> bool:
    if not (waiver.groups or waiver.subnets) or group.name in waiver.groups:
        return True
    if client.address is None:
        return False
    address = unmapped(client.address)
    return any(address in subnet for subnet in waiver.subnets)
