"""What all inspectors and the kernel found in one place: few records, worth reading.

Decisions and findings that are alike are collapsed (pipeline/bursts.py): one client that wants one service, or uses one
resolver, is told at once and then by windows with counts. The walk of a vendor's product over the public resolvers is
put together from the questions of all inspectors (pipeline/fallbacks.py), before they are collapsed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address

from enforcer.model.event import Event
from enforcer.model.observation import How
from enforcer.model.verdict import Verdict
from enforcer.model.ways import Treatment, Way
from enforcer.pipeline.bursts import Bursts
from enforcer.pipeline.crowds import Crowds
from enforcer.pipeline.cuts import ends_of
from enforcer.pipeline.fallbacks import Fallbacks
from enforcer.pipeline.stamp import Stamp
from enforcer.plan.doors import PREFIX
from enforcer.policy.bypass import reason
from enforcer.policy.compiled import Policy

_DONE = {Treatment.FLAG: "passed", Treatment.REDIRECT: "redirected"}
_STOPPED = {"tcp": "reset", "udp": "rejected"}


class Findings:
    def __init__(self, stamp: Stamp) -> None:
        self._stamp = stamp
        self._bursts = Bursts(0)
        self._crowds = Crowds(stamp)
        self._fallbacks = Fallbacks(stamp)

    def add(self, policy: Policy, events: Iterable[Event]) -> Iterator[Event]:
        """What is to be recorded of these."""
        self._bursts.longest = policy.settings.collapse
        self._crowds.limit = policy.settings.crowd if policy.settings.collapse else 0
        return self._crowds.sift(self._few(policy, events))

    def _few(self, policy: Policy, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            self._fallbacks.note(policy.bypass.walks, event)
            yield from self._bursts.add(event)

    def walks(self, policy: Policy, at: float) -> Sequence[Event]:
        """The walks over resolvers that are over, to be added as any finding; call it about once a second."""
        return list(self._fallbacks.tick(policy, at))

    def last_walks(self, policy: Policy) -> Sequence[Event]:
        """The walks that are not over, for the end of the service."""
        return list(self._fallbacks.flush(policy))

    def tick(self, at: float) -> Sequence[Event]:
        """What is to be recorded because its window is over; call it about once a second."""
        return [*self._crowds.sift(self._bursts.tick(at)), *self._crowds.tick(at)]

    def flush(self) -> Sequence[Event]:
        """All that is held: for another policy, and for the end of the service."""
        return [*self._crowds.sift(self._bursts.flush()), *self._crowds.flush()]

    def door(self, policy: Policy, prefix: str, packet: bytes, at: float) -> Event | None:
        """What went through a door of the kernel's (plan/doors.py); None if the log is of something else."""
        told = PREFIX.fullmatch(prefix)
        ends = ends_of(packet) if told else None
        if told is None or ends is None or told[1] not in set(Way) or told[2] not in set(Treatment):
            return None
        way, treatment = Way(told[1]), Treatment(told[2])
        verdict = Verdict.BLOCK if treatment is Treatment.BLOCK else Verdict.FLAG
        return self._stamp.event(
            at,
            reason(way, verdict, _whose(policy, way, ends.server, ends.server_port)),
            kind="finding",
            verdict=verdict.word,
            action=_DONE.get(treatment) or _STOPPED[ends.protocol],
            how=How.ADDRESS.value,
            client=ends.client,
            client_port=ends.client_port,
            server=ends.server,
            server_port=ends.server_port,
            protocol=ends.protocol,
            pattern=f"{ends.protocol}/{ends.server_port}",
            revision=policy.revision,
            way=way.value,
        )


def is_door(prefix: str) -> bool:
    """Whether a log is a door's."""
    return PREFIX.fullmatch(prefix) is not None


def _whose(policy: Policy, way: Way, server: str, port: int | None) -> str:
    operator = policy.bypass.operator(ip_address(server))
    if way is Way.DOH:
        return f", suspected: {operator or 'a public resolver'} is known to answer at this address"
    return f", to {operator}" if operator else f", on port {port}"
