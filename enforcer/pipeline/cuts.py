"""Live flows that the kernel cut at their date, put on record with the name by which they were let pass.

The kernel knows a flow's lane and addresses; the name, the ban and the phase are what we remember of the decision
that passed it. A flow that we do not remember (older than this run, or translated) is recorded by its lane.
"""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import ip_address
from struct import Struct
from sys import intern
from typing import NamedTuple, TypeVar

from enforcer.decode.ip import TCP, UDP, decode_ip
from enforcer.model.errors import DecodeError
from enforcer.model.event import Event
from enforcer.model.names import HostName
from enforcer.model.observation import Client, How, Observation
from enforcer.model.verdict import Verdict
from enforcer.pipeline.stamp import Stamp, address
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide

REMEMBERED = 16_384
"""Flows of restricted vendors that pass at one time; half a kilobyte each. Nobody tells us when one has ended."""


FLOWS = frozenset(how.value for how in (How.TLS, How.HTTP, How.QUIC, How.ADDRESS))
"""The readings that decide a connection; a DNS answer decides none."""
PROTOCOLS = {TCP: "tcp", UDP: "udp"}
_PORTS = Struct("!HH").unpack_from
_REST = bytes(0xFFFF)

T = TypeVar("T")


class Ends(NamedTuple):
    """A connection, the client first, as records spell it."""

    protocol: str
    client: str
    client_port: int
    server: str
    server_port: int

    def turned(self) -> Ends:
        return Ends(self.protocol, self.server, self.server_port, self.client, self.client_port)

    @property
    def packed_client(self) -> bytes:
        return ip_address(self.client).packed

    @property
    def packed_server(self) -> bytes:
        return ip_address(self.server).packed


class Passed(NamedTuple):
    """What a record of a cut needs of the one by which the flow was let pass: a whole event is thrice as large."""

    how: str
    name: str
    chain: tuple[str, ...]
    matched: str
    client_name: str
    mac: str
    group: str
    vendor: str
    service: str
    pattern: str

    @classmethod
    def of(cls, event: Event) -> Passed:
        """What few words stand for is kept once: each event brings its own copies from an inspector."""
        said = (event.how, event.name, event.chain, event.matched)
        whose = (event.client_name, event.mac, event.group, event.vendor, event.service, event.pattern)
        return cls(intern(said[0]), *said[1:], *map(intern, whose))


class Cuts:
    """Remembers vendors' flows, and tells each cut once."""

    def __init__(self, stamp: Stamp) -> None:
        self._stamp = stamp
        self._passed: OrderedDict[Ends, Passed] = OrderedDict()
        self._told: OrderedDict[Ends, None] = OrderedDict()

    def note(self, event: Event) -> None:
        """Remembers a flow that was let pass; give it every event."""
        if event.how not in FLOWS or not event.vendor or event.client_port is None or event.server_port is None:
            return
        ends = Ends(event.protocol, event.client, event.client_port, event.server, event.server_port)
        if event.action == "passed":
            self._told.pop(ends, None)  # the same ports again: another connection
            _remember(self._passed, ends, Passed.of(event))
        elif event.how == How.ADDRESS.value:
            _remember(self._told, ends, None)  # the kernel stops it by its lane, which it tells as a cut

    def cut(self, policy: Policy, lane: str, packet: bytes, at: float) -> Event | None:
        """The record of a cut, from any packet of the flow; None if it is told already, or neither TCP nor UDP."""
        ends = ends_of(packet)
        if ends is None or ends in self._told or ends.turned() in self._told:
            return None
        _remember(self._told, ends, None)
        for way in (ends, ends.turned()):
            if (passed := self._passed.pop(way, None)) is not None:
                return self._known(policy, way, passed, at)
        return self._unknown(policy, lane, ends, at)

    def _known(self, policy: Policy, ends: Ends, passed: Passed, at: float) -> Event:
        names = (HostName(passed.name),) if passed.name else ()
        seen = Observation(how=How(passed.how), names=names, address=ip_address(ends.server))
        decision = decide(policy, seen, Client(address=ip_address(ends.client), mac=passed.mac or None), at)
        return self._stamp.event(
            at,
            f"live connection cut at its date: {decision.reason}",
            **passed._asdict(),
            **ends._asdict(),
            verdict=Verdict.BLOCK.word,
            action="cut",
            ban=decision.ban or "",
            phase=decision.phase or "",
            citations=decision.citations,
            waiver=decision.waiver or "",
            revision=policy.revision,
        )

    def _unknown(self, policy: Policy, lane: str, ends: Ends, at: float) -> Event:
        vendor, _, service = lane.partition("@")[0].partition("/")
        return self._stamp.event(
            at,
            f"live connection cut at its date; which end is the client, and its name, are not known ({lane})",
            verdict=Verdict.BLOCK.word,
            action="cut",
            client=ends.client,
            client_port=ends.client_port,
            server=ends.server,
            server_port=ends.server_port,
            protocol=ends.protocol,
            vendor=vendor,
            service=service,
            revision=policy.revision,
        )


def ends_of(packet: bytes) -> Ends | None:
    """From the headers; the log has cut off the rest, whose place is filled so that the lengths fit."""
    try:
        ip = decode_ip(packet + _REST)
    except DecodeError:
        return None
    protocol = PROTOCOLS.get(ip.protocol)
    if protocol is None:
        return None
    # The ports stand first in the headers of TCP and UDP alike.
    source, destination = _PORTS(packet + _REST, ip.header_length)
    return Ends(protocol, str(address(ip.source)), source, str(address(ip.destination)), destination)


def _remember(table: OrderedDict[Ends, T], ends: Ends, value: T) -> None:
    table[ends] = value
    if len(table) > REMEMBERED:
        table.popitem(last=False)
