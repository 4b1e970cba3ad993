"""Flows that the kernel took by their address, put on record.

The kernel knows the pair's lane. Whose name taught it stands beside the pair; by that name the contact is judged, as if
it had been read. What a name of the flow's own says counts more, so none of these has one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from enforcer.model.event import Event
from enforcer.model.names import HostName
from enforcer.model.observation import Client, How, Observation
from enforcer.model.verdict import Verdict
from enforcer.pipeline.cuts import Ends, ends_of
from enforcer.pipeline.stamp import Arrival, Sighting, Stamp, address, record
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide
from enforcer.policy.spared import is_spared

NameOf = Callable[[bytes, bytes], str | None]
"""The name by which a client (packed) learned an address (packed): empty if it was not kept, None if it did not."""


class Contacts:
    """The records of one daemon."""

    def __init__(self, stamp: Stamp, name_of: NameOf) -> None:
        self._stamp = stamp
        self._name_of = name_of

    def learned(self, policy: Policy, lane: str, packet: bytes, arrival: Arrival, at: float) -> Event | None:
        """The record of a flow taken by a learned pair, from its first packet. The server may have spoken first.

        None if it is neither TCP nor UDP, or what the policy allows by now.
        """
        ends = ends_of(packet)
        if ends is None:
            return None
        name = self._name_of(ends.packed_client, ends.packed_server)
        if name is None:
            back = self._name_of(ends.packed_server, ends.packed_client)
            if back is None and policy.network(address(ends.packed_server)) is not None:
                return self._judged(policy, (), ends, arrival, at)
            ends, name, arrival = (ends.turned(), back, Arrival()) if back is not None else (ends, "", arrival)
        return self._judged(policy, (name,), ends, arrival, at) if name else self._unnamed(policy, lane, ends, at)

    def _judged(self, policy: Policy, names: tuple[str, ...], ends: Ends, arrival: Arrival, at: float) -> Event | None:
        """By the name that taught the address; without one by the vendor's network that it lies in."""
        server = address(ends.packed_server)
        seen = Observation(how=How.ADDRESS, names=tuple(map(HostName, names)), address=server)
        sighting = Sighting(
            at=at,
            seen=seen,
            client=Client(address=address(ends.packed_client), mac=arrival.mac, interface=arrival.interface),
            client_port=ends.client_port,
            server=server,
            server_port=ends.server_port,
            protocol=ends.protocol,
        )
        decision = decide(policy, seen, sighting.client, at)
        if decision.verdict is Verdict.ALLOW:
            return None
        event = record(self._stamp, sighting, decision, _action(decision.verdict, ends)).event
        told = f"this address was the answer for {names[0]}" if names else f"its address is in {decision.pattern}"
        return replace(event, reason=f"no name in the flow; {told}: {event.reason}")

    def _unnamed(self, policy: Policy, key: str, ends: Ends, at: float) -> Event:
        vendor, _, service = key.partition("@")[0].partition("/")
        blocked = any(at in interval for lane in policy.lanes if lane.key == key for interval in lane.blocked)
        stopped = blocked and not is_spared(policy, key, address(ends.packed_client), at)
        verdict = Verdict.BLOCK if stopped else Verdict.OBSERVE
        return Event(
            at=at,
            gateway=self._stamp.gateway,
            mode=self._stamp.mode,
            simulated=self._stamp.simulated,
            verdict=verdict.word,
            action=_action(verdict, ends),
            how=How.ADDRESS.value,
            client=str(address(ends.packed_client)),
            client_port=ends.client_port,
            server=str(address(ends.packed_server)),
            server_port=ends.server_port,
            protocol=ends.protocol,
            vendor=vendor,
            service=service,
            reason=f"no name in the flow; this address was the answer for a name that is not kept ({key})",
            revision=policy.revision,
        )


def _action(verdict: Verdict, ends: Ends) -> str:
    if verdict is not Verdict.BLOCK:
        return "passed"
    return "reset" if ends.protocol == "tcp" else "rejected"
