"""What is seen and stopped, collected from the inspectors and the kernel's log, and put together for the record."""

from __future__ import annotations

from collections.abc import Sequence

from enforcer.edge import tap
from enforcer.edge.arrivals import known_arrival
from enforcer.edge.chronicle import Chronicle
from enforcer.edge.clock import Clock
from enforcer.edge.crew import Crew
from enforcer.edge.name_files import NameFiles
from enforcer.edge.neighbours import Neighbours
from enforcer.edge.nflog import Log
from enforcer.edge.teaching import learned_name
from enforcer.model.event import Event
from enforcer.pipeline.contacts import Contacts
from enforcer.pipeline.cuts import Cuts
from enforcer.pipeline.findings import Findings, is_door
from enforcer.pipeline.payloads import served, update_body
from enforcer.pipeline.stamp import LOCAL, Stamp
from enforcer.plan.learned_table import LEARNED
from enforcer.plan.log_messages import LoggedPacket
from enforcer.plan.served import PREFIX as BODY
from enforcer.policy.compiled import Policy

ALL = 1 << 16
"""Messages: more than wait in the socket of the log."""


class Evidence:
    """`policy` is the one in force when it is collected."""

    def __init__(self, stamp: Stamp, crew: Crew, chronicle: Chronicle) -> None:
        self._crew = crew
        self._chronicle = chronicle
        self._cuts = Cuts(stamp)
        self._contacts = Contacts(stamp, learned_name)
        self._findings = Findings(stamp)
        self._names = NameFiles()
        self._stamp = stamp
        self._neighbours: Neighbours | None = None
        """Asked for the clients of downloads that the kernel tells of; opened with the first."""

    def collect(self, policy: Policy, log: Log | tap.Silence, now: float) -> None:
        """What the inspectors decided, then what the kernel cut by itself: it may have been decided just before."""
        self._join(policy, self._noted(self._crew.collect()), log.receive(), now)
        self._keep(policy, self._findings.walks(policy, now))
        self._tell(policy, self._findings.tick(now))

    def settle(self, policy: Policy) -> None:
        """After a reload: tells what is held of bursts. What was judged before it is on its way here by then."""
        self._keep(policy, self._noted(self._crew.collect()))
        self._tell(policy, self._findings.flush())

    def catch_up(self, policy: Policy, log: Log | tap.Silence, now: float) -> None:
        """What the kernel has told by now. The rules are about to go, and with them whose name taught an address."""
        self._join(policy, self._noted(self._crew.collect()), log.receive(ALL), now)

    def finish(self, policy: Policy, log: Log | tap.Silence, now: float) -> None:
        """Ends the inspectors; their last events, the kernel's, and all that was held back to be counted."""
        self._join(policy, self._noted(self._crew.stop()), log.receive(ALL), now)
        self._keep(policy, self._findings.last_walks(policy))
        self._tell(policy, self._findings.flush())
        if self._neighbours is not None:
            self._neighbours.close()
            self._neighbours = None

    def _noted(self, events: list[Event]) -> list[Event]:
        """Of the inspectors."""
        for event in events:
            self._cuts.note(event)
        return events

    def _join(self, policy: Policy, events: list[Event], logged: list[LoggedPacket], now: float) -> None:
        told = (self._logged(policy, packet, now) for packet in logged)
        self._keep(policy, [*events, *filter(None, told)])

    def _logged(self, policy: Policy, packet: LoggedPacket, now: float) -> Event | None:
        """What the kernel did by itself: treated a way around DNS, took a flow by its address or cut a live one, or saw
        how a download begins.
        """
        if packet.prefix.startswith(LEARNED):
            return self._contact(policy, packet, now)
        if is_door(packet.prefix):
            return self._findings.door(policy, packet.prefix, packet.payload, now)
        if packet.prefix == BODY:
            return self._download(policy, packet, now)
        return self._cuts.cut(policy, packet.prefix, packet.payload, now)

    def _contact(self, policy: Policy, packet: LoggedPacket, now: float) -> Event | None:
        lane, arrival = packet.prefix.removeprefix(LEARNED), known_arrival(packet.hardware, packet.interface)
        event = self._contacts.learned(policy, lane, packet.payload, arrival, now)
        if event is not None:
            self._cuts.note(event)
        return event

    def _download(self, policy: Policy, packet: LoggedPacket, now: float) -> Event | None:
        """A server's packet: its client's hardware address and interface are the kernel's to tell."""
        found = served(packet.payload)
        if found is None:
            return None
        self._neighbours = self._neighbours or Neighbours()
        whose = self._neighbours(found[0].destination) or LOCAL
        return update_body(policy, self._stamp, packet.payload, *found, now, whose)

    def _keep(self, policy: Policy, events: Sequence[Event]) -> None:
        self._chronicle.count(events)
        self._tell(policy, list(self._findings.add(policy, events)))

    def _tell(self, policy: Policy, events: Sequence[Event]) -> None:
        """Few are left by now, so that here names are looked up."""
        faults = self._names.faults
        named = self._names.named(events, policy.settings.client_names, Clock.monotonic())
        if self._names.faults is not faults:
            for fault in self._names.faults:
                self._chronicle.record("error", fault)
        self._chronicle.keep(named)
