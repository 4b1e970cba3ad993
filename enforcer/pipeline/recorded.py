"""A capture file, read as a mirror port is watched: each packet at its own time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from enforcer.decode.capture_file import ETHERNET, Captured, CaptureReader
from enforcer.decode.link import ip_start
from enforcer.model.errors import DecodeError
from enforcer.model.event import Event
from enforcer.pipeline.mirror import Mirror
from enforcer.pipeline.stamp import Arrival, Stamp
from enforcer.policy.compiled import Policy

TICK = 1.0
"""Seconds of the capture's time between two looks at what is too old."""
NOWHERE = "-"
"""Stands for the interface, which a capture does not name; no interface has such a name."""


class Recorded:
    """One file; `packets` once."""

    def __init__(self, policy: Policy, stamp: Stamp, read: Callable[[int], bytes]) -> None:
        """`read` gives so many of the file's bytes, or fewer."""
        self._reader = CaptureReader(read, policy.bodies.shows)
        self._mirror = Mirror(policy, stamp, {})
        self._arrival = Arrival(interface=NOWHERE)
        self._other_links = 0
        self._due = 0.0

    @property
    def records(self) -> int:
        """Packets so far, those that were stepped over too."""
        return self._reader.records

    @property
    def unreadable(self) -> int:
        """Packets that are no IP, cut short, fragments, or of a link type that is not known here."""
        return self._mirror.unreadable + self._other_links

    def packets(self) -> Iterator[tuple[float, tuple[Event, ...]]]:
        """For each packet that was looked at its time, and what there is to tell. Raises DecodeError: no capture, or
        cut or damaged from here on."""
        for captured in self._reader.packets():
            if captured.at >= self._due:
                self._mirror.tick(captured.at)
                self._due = captured.at + TICK
            yield captured.at, self._judged(captured)

    def _judged(self, captured: Captured) -> tuple[Event, ...]:
        at, link, data = captured
        if link == ETHERNET:
            return self._mirror.frame(data, at, NOWHERE)
        try:
            start = ip_start(link, data)
        except DecodeError:
            self._other_links += 1
            return ()
        return self._mirror.packet(data[start:], at, self._arrival)
