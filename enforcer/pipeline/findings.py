"""Findings of all inspectors and of the kernel in one place: few records, worth reading.

One client that uses one resolver is one finding an hour with a count, however many connections that were. The walk of a
vendor's product over the public resolvers is put together from the questions of all inspectors (pipeline/fallbacks.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address
from operator import attrgetter

from enforcer.model.event import Event
from enforcer.model.observation import How
from enforcer.model.verdict import Verdict
from enforcer.model.ways import Treatment, Way
from enforcer.pipeline.bursts import Bursts
from enforcer.pipeline.cuts import ends_of
from enforcer.pipeline.fallbacks import Fallbacks
from enforcer.pipeline.stamp import Stamp
from enforcer.plan.doors import PREFIX
from enforcer.policy.bypass import reason
from enforcer.policy.compiled import Policy

WINDOW = 3_600.0
"""Seconds for which the same finding is not told again. A daemon that is killed loses the count of so much, at most."""
ALIKE = ("gateway", "mode", "simulated", "verdict", "action", "client", "mac", "way", "server", "vendor", "revision")
"""What two findings must share; a name and how it was read may differ, and are those of the first."""
_alike = attrgetter(*ALIKE)
_DONE = {Treatment.FLAG: "passed", Treatment.REDIRECT: "redirected"}
_STOPPED = {"tcp": "reset", "udp": "rejected"}


class Findings:
    def __init__(self, stamp: Stamp) -> None:
        self._stamp = stamp
        self._bursts = Bursts(WINDOW, key=_of_findings)
        self._fallbacks = Fallbacks(stamp)

    def add(self, policy: Policy, events: Iterable[Event]) -> Iterator[Event]:
        """What is to be recorded of these."""
        for event in events:
            self._fallbacks.note(policy.bypass.walks, event)
            yield from self._bursts.add(event)

    def tick(self, policy: Policy, at: float) -> Sequence[Event]:
        """What is to be recorded because its time is over; call it about once a second."""
        return [*self._bursts.tick(at), *self._fallbacks.tick(policy, at)]

    def flush(self, policy: Policy) -> Sequence[Event]:
        """All that is held: for the end of the service."""
        return [*self._bursts.flush(), *self._fallbacks.flush(policy)]

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


def _of_findings(event: Event) -> tuple[object, ...] | None:
    found: tuple[object, ...] = _alike(event)
    return found if event.kind == "finding" else None


def _whose(policy: Policy, way: Way, server: str, port: int | None) -> str:
    operator = policy.bypass.operator(ip_address(server))
    if way is Way.DOH:
        return f", suspected: {operator or 'a public resolver'} is known to answer at this address"
    return f", to {operator}" if operator else f", on port {port}"
