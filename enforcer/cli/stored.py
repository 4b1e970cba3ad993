"""The event store, where a verb asks it for what was recorded."""

from __future__ import annotations

from pathlib import Path

from enforcer.edge.all_records import find_records
from enforcer.edge.records import Records
from enforcer.model.errors import EdgeError


def stored(path: Path) -> Records:
    """The store, opened for reading; `with` closes it. Raises EdgeError if nothing is there, or it cannot be read."""
    records = find_records(path)
    if records is None:
        raise EdgeError(
            f"nothing was ever recorded in {path}",
            cure="name the event store with --store, or let `enforcer run` record",
        )
    return records
