"""The policy as compiled: what can match, and for each thing that can, its verdict over all of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy

from enforcer.model.decision import Decision
from enforcer.model.names import HostName
from enforcer.model.observation import Address, Client
from enforcer.model.settings import Settings
from enforcer.model.verdict import Verdict
from enforcer.policy.ban import Ban
from enforcer.policy.bodies import Bodies
from enforcer.policy.bypass import NO_BYPASS, Bypass
from enforcer.policy.groups import Groups
from enforcer.policy.matcher import Found, Match, NetworkMatch, names_of, networks
from enforcer.policy.patterns import Patterns, patterns_of
from enforcer.policy.prefixes import unmapped
from enforcer.policy.scope import holding
from enforcer.policy.shapes import Shapes
from enforcer.policy.site import Group, Site, Waiver
from enforcer.policy.topic import Standing, Topic, Topics
from enforcer.policy.track import Track, instants
from enforcer.policy.tracks import Tracks
from enforcer.policy.vendor import Vendor
from enforcer.policy.wording import NO_VENDOR

REVISION = 16
"""Hexadecimal digits of a configuration's digest that name a policy in every record."""


class Policy:
    """Immutable to its users, and can be pickled."""

    __slots__ = (
        *("_adopted", "_networks", "_special"),
        *("bans", "bodies", "boundaries", "bypass", "find", "group", "lanes", "nothing", "patterns", "revision"),
        "configuration",
        *("settings", "shapes", "site", "tracks", "unreadable", "vendors"),
    )

    def __init__(
        self,
        *,
        configuration: str,
        revision: str = "",
        settings: Settings,
        vendors: Sequence[Vendor],
        bans: Sequence[Ban],
        site: Site,
        patterns: Patterns | None = None,
        bypass: Bypass = NO_BYPASS,
    ) -> None:
        """The parts must agree, as load() sees to; `patterns` are the vendors', if at hand; a `revision` its own."""
        self.configuration, self.settings, self.site = configuration, settings, site
        self.revision = revision = revision or configuration[:REVISION]
        self.bypass = bypass
        self.vendors = tuple(sorted(vendors, key=lambda vendor: vendor.id))
        self.bans = tuple(sorted(bans, key=lambda ban: ban.id))
        self.patterns = patterns or patterns_of(self.vendors)
        topics = _topics(self.vendors)
        self.find: Callable[[str], Found | None] = names_of(self.patterns, topics).find
        """The longest rule for a name. Every packet pays for this: so it is no method that calls another."""
        self._networks = networks(self.vendors, topics)
        self.shapes, self.bodies = Shapes(self.vendors, topics), Bodies(self.vendors, topics)
        """Of paths, and how files begin, by which a vendor's updates show on hosts of nobody's."""
        self.group: Callable[[Client], Group] = Groups(site.groups).of
        self._adopted = {group.name: adopted_by(group, self.bans) for group in site.groups}
        tracks = Tracks(site, self._adopted, topics)
        self.tracks = tracks.of
        """By the group's name and the topic: its verdicts over time, but for fine waivers, which `track` sees to."""
        self._special = tracks.special
        self.nothing = Decision(verdict=Verdict.ALLOW, reason=NO_VENDOR, revision=revision)
        """The decision on whatever no rule is about: one object for all, since that is nearly everything."""
        self.unreadable = topics.unreadable
        """The topic of traffic that should carry a name and cannot be read."""
        self.lanes = tracks.lanes
        """One for each vendor, service and group, sorted by key."""
        binding = {ban.id: ban for bans in self._adopted.values() for ban in bans}
        self.boundaries = tuple(instants(binding.values(), site.waivers))  # at which some verdict may change, sorted

    def standing(self, at: float) -> Policy:
        """This policy as if time stood still at an instant: what it says then, it says of everything."""
        still = copy(self)
        special = self._special
        still.tracks = {
            group: {topic: track.standing(at) for topic, track in tracks.items()}
            for group, tracks in self.tracks.items()
        }
        still._special = lambda group, topic, waivers: special(group, topic, waivers).standing(at)
        return still

    def match(self, name: HostName) -> Match | None:
        """What `find` gives, for whoever is in no hurry."""
        found = self.find(name)
        return Match(HostName(found[0]), *found[1]) if found else None

    def network(self, address: Address) -> NetworkMatch | None:
        return self._networks.match(unmapped(address))

    def adopted(self, group: Group) -> tuple[Ban, ...]:
        """The bans that bind this group, in the order in which ties are broken."""
        return self._adopted[group.name]

    def track(self, group: Group, topic: Topic, client: Client, name: HostName | None = None) -> Track:
        """The verdicts over time on a topic, for this client of the group and, where one was read, this name."""
        track = self.tracks[group.name][topic]
        if not track.fine:
            return track
        return self.under(group, topic, holding(track.fine, group, client, name))

    def under(self, group: Group, topic: Topic, waivers: tuple[Waiver, ...]) -> Track:
        """The verdicts over time on a topic for a client for whom exactly these fine waivers hold."""
        return self._special(group, topic, waivers) if waivers else self.tracks[group.name][topic]


def _topics(vendors: Sequence[Vendor]) -> Topics:
    """Each service as if a sure host of it were known, since its lane must exist; the rest as tables ask for them."""
    topics = Topics()
    for vendor in vendors:
        for service in vendor.services:
            topics.of(vendor, service, Standing.HOST)
    return topics


def adopted_by(group: Group, bans: Sequence[Ban]) -> tuple[Ban, ...]:
    ours = {ban.id: ban for ban in bans if set(ban.subjects) & set(group.subjects)}
    return tuple(ours[id_] for id_ in group.bans if id_ in ours) if group.bans else tuple(ours.values())
