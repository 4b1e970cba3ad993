"""Pauses that are on record and that nothing on record ends: of a run that was killed, or whose file is lost.

A record that says that somebody paused must say when that was over, or its reader takes it for what still holds.
"""

from __future__ import annotations

from pathlib import Path

from enforcer.edge.all_records import find_records
from enforcer.model.event import Event
from enforcer.policy.site_control import LONGEST_EVER


def unended(store: Path, now: float) -> tuple[Event, ...]:
    """The records of pauses without an end, oldest first. Looks back as far as a pause can last. Raises EdgeError."""
    records = find_records(store)
    if records is None:
        return ()
    begun: dict[str, Event] = {}
    with records:
        for event in records.events(now - LONGEST_EVER, now, kinds=("pause", "resume")):
            if event.kind == "pause":
                begun[event.waiver] = event
            else:
                begun.pop(event.waiver, None)
    return tuple(begun.values())
