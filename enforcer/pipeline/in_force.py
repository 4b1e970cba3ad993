"""The policy in force, held against what was read: whom it concerns, what it decides, what is said beside it.

The judgement that UDP, TCP and DNS over both have in common. What is then done about a packet is each protocol's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeGuard

from enforcer.decode.dns_answer import MAX_ANSWER
from enforcer.decode.ip import IpPacket
from enforcer.decode.named import FirstData
from enforcer.model.command import ACCEPT, Lesson, Outcome
from enforcer.model.decision import Decision
from enforcer.model.observation import How, Observation
from enforcer.model.settings import HOST
from enforcer.pipeline import detours, dns_packets
from enforcer.pipeline.first import BY_ADDRESS, PASSED, First, Unreadable, observation
from enforcer.pipeline.lessons import Lessons
from enforcer.pipeline.sighted import backward, forward
from enforcer.pipeline.stamp import LOCAL, Arrival, Sighting, Stamp
from enforcer.pipeline.whereabouts import Whereabouts
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide


class InForce:
    """One for an inspector; the protocols share it."""

    def __init__(
        self,
        policy: Policy,
        stamp: Stamp,
        lane_numbers: Mapping[str, int],
        lessons: Lessons,
        whereabouts: Whereabouts,
    ) -> None:
        self.stamp = stamp
        self.lessons = lessons
        self.whereabouts = whereabouts
        self.replace_policy(policy, lane_numbers)

    def replace_policy(self, policy: Policy, lane_numbers: Mapping[str, int]) -> None:
        """From the next packet on."""
        self.policy = policy
        self.stamp = replace(self.stamp, group_of=policy.group)
        self.lanes = [lane_numbers.get(lane.key) for lane in policy.lanes]
        """The kernel's number of each lane of the policy."""
        self._find = policy.find
        self._around = policy.bypass.match if policy.bypass.names else None
        self._own_too = policy.bypass.ways.gateway or policy.settings.mode == HOST
        self.lessons.replace_policy(policy, lane_numbers)
        self.whereabouts.replace_policy(policy)

    def concerns(self, names: dns_packets.Names) -> bool:
        find = self._find
        for name in names:  # a generator for `any` costs more than the look-up
            if find(name) is not None:
                return True
        around = self._around
        return around is not None and any(around(name) is not None for name in names)

    def is_judged(self, first: First, arrival: Arrival) -> TypeGuard[FirstData | Unreadable]:
        """Whether what we have read so far may concern anybody's policy."""
        if first is None or isinstance(first, Unreadable):
            return first is not None
        if first.addresses or self.concerns(first.names):
            return True
        return self.may_stray(arrival) and self.policy.bypass.offers(first.how, first.alpn)

    def may_stray(self, arrival: Arrival) -> bool:
        """Whether ways around DNS are this sender's affair: the gateway itself must reach its upstreams."""
        return arrival != LOCAL or self._own_too

    def seen(self, first: FirstData | Unreadable, data: bytes, ip: IpPacket, at: float, arrival: Arrival) -> Sighting:
        return self.forward(ip, data, observation(first), at, arrival)

    def judged(
        self, first: FirstData | Unreadable, data: bytes, ip: IpPacket, at: float, arrival: Arrival
    ) -> tuple[Sighting, Decision]:
        sighting = self.seen(first, data, ip, at, arrival)
        return sighting, decide(self.policy, sighting.seen, sighting.client, at)

    def unjudged(self, first: First, ip: IpPacket, at: float) -> Outcome | None:
        """None while more is to come. Else all is read, and its names are nobody's business, or there is none."""
        if first is None or isinstance(first, Unreadable) or not (first.final or first.how is How.TLS):
            return None
        lessons = self.lessons.hello(ip.source, ip.destination, first.names, at)
        if not first.final:
            return replace(ACCEPT, commands=tuple(lessons)) if lessons else None
        if not first.names:
            return BY_ADDRESS
        return replace(PASSED, commands=tuple(lessons)) if lessons else PASSED

    def beside(
        self,
        outcome: Outcome,
        sighting: Sighting,
        first: FirstData | Unreadable,
        arrival: Arrival,
        stop: Callable[[Decision], Outcome],
    ) -> Outcome:
        """The outcome with what is to be said and done about a way around DNS."""
        if not self.may_stray(arrival):
            return outcome
        return detours.first_message(self.policy, self.stamp, sighting, first, outcome, stop)

    def question(self, sighting: Sighting, message: bytes, arrival: Arrival) -> dns_packets.Ruled | None:
        ruled = dns_packets.question(self.policy, sighting, message)
        return detours.question(self.policy, sighting, message, ruled) if self.may_stray(arrival) else ruled

    def answer(
        self, sighting: Sighting, message: bytes, *, most: int = MAX_ANSWER, told: str | None = None
    ) -> dns_packets.Ruled | None:
        ruled = dns_packets.answer(self.policy, sighting, message, most=most, told=told)
        return detours.answer(self.policy, sighting, message, ruled, most)

    def taught(self, outcome: Outcome, client: bytes, sighting: Sighting, message: bytes) -> Outcome:
        """The answer's outcome with what it teaches. It waits for the kernel to know the addresses it hands out."""
        lessons, waits = self.teaches(client, sighting, message)
        return replace(outcome, commands=(*outcome.commands, *lessons), held=True) if waits else outcome

    def teaches(self, client: bytes, sighting: Sighting, message: bytes) -> tuple[list[Lesson], bool]:
        """What an answer teaches, and whether it must wait: also for what another answer has taught just before."""
        decision = decide(self.policy, sighting.seen, sighting.client, sighting.at)
        lessons = self.lessons.answer(client, sighting.seen.names, decision, message, sighting.at)
        return lessons, bool(lessons) or decision.lane is not None

    def forward(self, ip: IpPacket, data: bytes, seen: Observation, at: float, arrival: Arrival) -> Sighting:
        """What a client says."""
        return forward(ip, data, seen, at, arrival.mac, arrival.interface)

    def backward(self, ip: IpPacket, data: bytes, seen: Observation, at: float) -> Sighting:
        return backward(ip, data, seen, at, self.whereabouts.of(ip.destination, at))
