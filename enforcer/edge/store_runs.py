"""What the file of a store says of the last run: asked by the next one, and told to the next file."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

_LAST_RUN = (
    "SELECT json_extract(body, '$.mode'), json_extract(body, '$.revision'), json_extract(body, '$.fail'),"
    " json_extract(body, '$.ceiling') FROM events"
    " WHERE simulated = ? AND kind <> 'decision' AND kind IN ('start', 'reload', 'rotation') ORDER BY at DESC LIMIT 1"
)


class Run(NamedTuple):
    """What the record says of the last run, or of the one that goes on; empty where it says nothing."""

    mode: str = ""
    revision: str = ""
    fail: str = ""
    ceiling: str = ""


def last_run(connection: sqlite3.Connection, simulated: bool) -> Run:
    """Of a trial, or of facts. Raises sqlite3.Error."""
    found = connection.execute(_LAST_RUN, (simulated,)).fetchone() or ()
    return Run(*(str(word or "") for word in found))
