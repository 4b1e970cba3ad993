"""The policy as compiled: what to match, and for each thing that can match its verdict over all of time."""

from __future__ import annotations

from enforcer.model.calendar import Lane
from enforcer.model.names import HostName, parents
from enforcer.model.observation import Address, Client
from enforcer.model.settings import Settings
from enforcer.policy.ban import Ban
from enforcer.policy.claims import Standing, Topic
from enforcer.policy.groups import Groups
from enforcer.policy.matcher import Match, Names, NetworkMatch, networks
from enforcer.policy.prefixes import unmapped
from enforcer.policy.site import Group, Site, Waiver
from enforcer.policy.track import Ruling, Track, blocked, instants, rulings
from enforcer.policy.vendor import Vendor

Key = tuple[str, Topic, tuple[Waiver, ...]]


class Policy:
    """Immutable to its users; a track that is seldom asked for is worked out at the first question and kept."""

    __slots__ = (
        *("_bans", "_fine", "_groups", "_lanes", "_names", "_networks", "_tracks"),
        *("bans", "boundaries", "lanes", "revision", "settings", "site", "vendors"),
    )

    def __init__(
        self, *, revision: str, settings: Settings, vendors: list[Vendor], bans: list[Ban], site: Site
    ) -> None:
        self.revision = revision
        self.settings = settings
        self.vendors = tuple(sorted(vendors, key=lambda vendor: vendor.id))
        self.bans = tuple(sorted(bans, key=lambda ban: ban.id))
        self.site = site
        self._names, self._networks, self._groups = Names(vendors), networks(vendors), Groups(site.groups)
        self._bans = {group.name: self._adopted(group) for group in site.groups}
        self._fine = tuple(waiver for waiver in site.waivers if waiver.fine)
        adopted = {ban.id: ban for bans_ in self._bans.values() for ban in bans_}
        self.boundaries = tuple(instants(adopted.values(), site.waivers))
        """Every instant at which some verdict may change, sorted."""
        self._tracks: dict[Key, Track] = {}
        self._lanes: dict[tuple[str, str, str], int] = {}
        self.lanes = self._lay_lanes()
        """One for each vendor, service and group, sorted by key."""

    def match(self, name: HostName) -> Match | None:
        """The longest rule for a name. Cheap on a miss."""
        return self._names.match(name)

    def network(self, address: Address) -> NetworkMatch | None:
        return self._networks.match(unmapped(address))

    def group(self, client: Client) -> Group:
        return self._groups.of(client)

    def adopted(self, group: Group) -> tuple[Ban, ...]:
        """The bans that bind this group, in the order in which ties are broken."""
        return self._bans[group.name]

    def track(self, group: Group, topic: Topic, fine: tuple[Waiver, ...] = ()) -> Track:
        """The verdicts on a topic for a group; `fine` are the waivers for just this name or client."""
        key = (group.name, topic, fine)
        track = self._tracks.get(key)
        if track is None:
            track = self._tracks[key] = self._track(key, self._rulings(group, topic, fine))
        return track

    def fine_waivers(self, group: Group, client: Client, topic: Topic, name: HostName | None) -> tuple[Waiver, ...]:
        """The waivers that single out this name or this client's address."""
        if not self._fine:
            return ()
        above = parents(name) if name else []
        return tuple(
            waiver
            for waiver in self._fine
            if _covers(waiver, topic)
            and (not waiver.names or any(name in waiver.names for name in above))
            and (not (waiver.groups or waiver.subnets) or group.name in waiver.groups or _holds(waiver, client))
        )

    def _adopted(self, group: Group) -> tuple[Ban, ...]:
        ours = [ban for ban in self.bans if set(ban.subjects) & set(group.subjects)]
        if not group.bans:
            return tuple(ours)
        return tuple(sorted((ban for ban in ours if ban.id in group.bans), key=lambda ban: group.bans.index(ban.id)))

    def _rulings(self, group: Group, topic: Topic, fine: tuple[Waiver, ...]) -> tuple[Ruling, ...]:
        coarse = [
            waiver
            for waiver in self.site.waivers
            if not waiver.fine and _covers(waiver, topic) and (not waiver.groups or group.name in waiver.groups)
        ]
        return rulings(topic, self._bans[group.name], group.profile, [*coarse, *fine])

    def _track(self, key: Key, ruled: tuple[Ruling, ...]) -> Track:
        group, topic, _ = key
        lane = self._lanes.get((topic.vendor, topic.service, group))
        if lane is not None and self.lanes[lane].blocked != blocked(ruled):
            lane = None
        return Track(ruled, tuple(ruling.starts for ruling in ruled), lane)

    def _lay_lanes(self) -> tuple[Lane, ...]:
        """Fills the lanes and their tracks.

        A lane knows neither names nor addresses, so waivers that single them out are not in it; a flow under such a
        waiver travels without a lane (see Track.lane), else the kernel would cut what the waiver lets pass.
        """
        whole = []
        for group in self.site.groups:
            for vendor in self.vendors:
                for service in vendor.services:
                    topic = Topic(vendor.id, vendor.title, service, Standing.HOST)
                    ruled = self._rulings(group, topic, ())
                    lane = Lane(key=f"{vendor.id}/{service}@{group.name}", blocked=blocked(ruled))
                    whole.append((lane, (group.name, topic, ()), ruled))
        whole.sort(key=lambda one: one[0].key)
        self.lanes = tuple(lane for lane, _, _ in whole)
        for index, (_, key, ruled) in enumerate(whole):
            self._lanes[key[1].vendor, key[1].service, key[0]] = index
            self._tracks[key] = self._track(key, ruled)
        return self.lanes


def _covers(waiver: Waiver, topic: Topic) -> bool:
    """Whether a waiver's vendors and services hold the topic. What cannot be read has neither, nor a name."""
    if not topic.vendor:
        return not (waiver.vendors or waiver.services or waiver.names)
    return (not waiver.vendors or topic.vendor in waiver.vendors) and (
        not waiver.services or topic.service in waiver.services
    )


def _holds(waiver: Waiver, client: Client) -> bool:
    if client.address is None:
        return False
    address = unmapped(client.address)
    return any(address in subnet for subnet in waiver.subnets)
