"""Requests and downloads that look like a vendor's updates, at hosts of nobody's: relays on the LAN, bare addresses.

By the path that is asked for, or by how the body of the answer begins. No name is the vendor's: a finding, flagged at
most, and nothing is stopped for it. Both are the same `way`, so that the record counts them together.
"""

from __future__ import annotations

from dataclasses import replace

from enforcer.decode.http_body import body_begins
from enforcer.decode.ip import TCP, IpPacket, decode_ip
from enforcer.decode.tcp import decode_tcp
from enforcer.model.command import Record
from enforcer.model.decision import Decision
from enforcer.model.errors import DecodeError
from enforcer.model.event import Event
from enforcer.model.observation import How, Observation
from enforcer.model.verdict import Verdict
from enforcer.model.ways import UPDATE_PAYLOAD
from enforcer.pipeline.sighted import backward
from enforcer.pipeline.stamp import Arrival, Sighting, Stamp, address, record
from enforcer.policy.compiled import Policy
from enforcer.policy.shapes import Shaped

_CUT_OFF = bytes(0xFFFF)


def update_payload(policy: Policy, stamp: Stamp, sighting: Sighting, shaped: Shaped) -> Record | None:
    """The finding of a request, if there is one. A host that any rule knows, a trap too, is judged by its name."""
    if any(policy.find(name) for name in sighting.seen.names):
        return None
    whose = f"{shaped.topic.title}'s {shaped.topic.service}"
    return _finding(policy, stamp, sighting, shaped, f"a request like those for {whose} at a host that is nobody's")


def served(packet: bytes) -> tuple[IpPacket, bytes] | None:
    """A server's packet of which the log may have cut off the end, and what of its payload is there; None if no TCP."""
    filled = packet + _CUT_OFF
    try:
        ip = decode_ip(filled)
        if ip.protocol != TCP:
            return None
        segment = decode_tcp(filled, ip.header_length, ip.total_length)
    except DecodeError:
        return None
    return ip, packet[segment.start : segment.end]


def update_body(
    policy: Policy, stamp: Stamp, packet: bytes, ip: IpPacket, payload: bytes, at: float, whose: Arrival
) -> Event | None:
    """The finding of what a server sends, if there is one; `whose` is the client's. Its flow showed no vendor."""
    shaped = next(filter(None, map(policy.bodies.match, body_begins(payload))), None)
    if shaped is None:
        return None
    seen = Observation(how=How.HTTP, names=(), address=address(ip.source))
    sighting = backward(ip, packet, seen, at, whose)
    files = f"{shaped.topic.title}'s {shaped.topic.service}"
    told = f"a download that begins like files of {files} ({shaped.shape}), from a host that is nobody's"
    found = _finding(policy, replace(stamp, group_of=policy.group), sighting, shaped, told)
    return None if found is None else found.event


def _finding(policy: Policy, stamp: Stamp, sighting: Sighting, shaped: Shaped, told: str) -> Record | None:
    track = policy.track(policy.group(sighting.client), shaped.topic, sighting.client)
    decision = Decision(*track.at(sighting.at), revision=policy.revision, pattern=shaped.shape)
    if decision.verdict is Verdict.ALLOW:
        return None
    decision = decision._replace(reason=f"{told}; confidence {shaped.confidence}: {decision.reason}")
    return Record(replace(record(stamp, sighting, decision, "passed").event, kind="finding", way=UPDATE_PAYLOAD))
