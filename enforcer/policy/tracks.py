"""All tracks of a policy, and the lanes by which the kernel cuts live flows.

A lane knows neither names nor addresses, so waivers that single these out are not in it. A flow under such a waiver
travels without a lane (Track.lane is None), else the kernel would cut what the waiver lets pass; a host of low
confidence likewise, since it is never blocked. Its next connection is judged again, at its own time.
"""

from __future__ import annotations

from collections.abc import Mapping

from enforcer.model.calendar import Lane
from enforcer.policy.ban import Ban
from enforcer.policy.scope import coarse, fine
from enforcer.policy.site import Group, Site, Waiver
from enforcer.policy.topic import Standing, Topic, Topics
from enforcer.policy.track import Ruling, Track, blocked, rulings


class Tracks:
    """Everything is laid when the policy is compiled, but for what fine waivers ask for, at the first such decision."""

    __slots__ = ("_adopted", "_known", "_lane_of", "_special", "_waivers", "lanes", "of")

    def __init__(self, site: Site, adopted: Mapping[str, tuple[Ban, ...]], topics: Topics) -> None:
        """`adopted` gives each group's bans by its name."""
        self._waivers, self._adopted = site.waivers, adopted
        self._known: dict[tuple[object, ...], tuple[Ruling, ...]] = {}
        self._special: dict[tuple[str, Topic, tuple[Waiver, ...]], Track] = {}
        sure = [topic for topic in topics if topic.standing is Standing.HOST]
        lanes = {lane_key(topic, group): self._lane(group, topic) for group in site.groups for topic in sure}
        self.lanes = tuple(lanes[key] for key in sorted(lanes))
        self._lane_of = {lane.key: index for index, lane in enumerate(self.lanes)}
        self.of = {group.name: {topic: self._track(group, topic, ()) for topic in topics} for group in site.groups}
        """The track by the group's name and the topic, but for fine waivers."""

    def special(self, group: Group, topic: Topic, waivers: tuple[Waiver, ...]) -> Track:
        """The track with these fine waivers in it."""
        key = (group.name, topic, waivers)
        if key not in self._special:
            self._special[key] = self._track(group, topic, waivers)
        return self._special[key]

    def _track(self, group: Group, topic: Topic, special: tuple[Waiver, ...]) -> Track:
        ruled = self._rulings(group, topic, special)
        lane = self._lane_of.get(lane_key(topic, group))
        if lane is not None and self.lanes[lane].blocked != blocked(ruled):
            lane = None
        waivers = () if special else fine(self._waivers, topic)
        return Track(ruled, tuple(ruling.starts for ruling in ruled), lane, waivers)

    def _lane(self, group: Group, topic: Topic) -> Lane:
        return Lane(key=lane_key(topic, group), blocked=blocked(self._rulings(group, topic, ())))

    def _rulings(self, group: Group, topic: Topic, special: tuple[Waiver, ...]) -> tuple[Ruling, ...]:
        """Shared by all groups of one mind: many groups cost little more than one."""
        bans, waivers = self._adopted[group.name], coarse(self._waivers, topic, group) + special
        key = (
            topic,
            group.profile,
            group.ceiling,
            tuple(ban.id for ban in bans),
            tuple(waiver.id for waiver in waivers),
        )
        if key not in self._known:
            self._known[key] = rulings(topic, bans, group.profile, waivers, group.ceiling)
        return self._known[key]


def lane_key(topic: Topic, group: Group) -> str:
    """The lane that a group's flows to hosts of this topic travel by (model/calendar.py)."""
    return f"{topic.vendor}/{topic.service}@{group.name}"
