"""The pauses in force, beside the event store: a restart, wanted or not, neither forgets one nor makes it longer.

Whoever can write here can write the site file too, or is the service itself, so the file needs no seal. What is
damaged is told and taken for empty: without a pause the policy is as strict as it was written.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from enforcer.edge.files import read_plain
from enforcer.edge.text_files import remove, write_bytes
from enforcer.model.errors import EdgeError
from enforcer.model.members import from_members, to_members
from enforcer.model.pause import Pause

MOST = 2**20
VERSION = 1


class PauseFile:
    """`path` None: nothing is kept, as in a trial, whose clock is nobody else's."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def read(self) -> tuple[Pause, ...]:
        """Raises EdgeError for a file that is damaged."""
        if self._path is None or not self._path.exists():
            return ()
        cure = f"remove {self._path}; pauses that were in force can be asked for anew"
        data = read_plain(self._path, MOST, cure=cure)
        try:
            members = json.loads(data)
            if members["version"] != VERSION:
                raise ValueError("of another version")
            return tuple(from_members(Pause, one) for one in members["pauses"])
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise EdgeError(f"{self._path} is damaged: it does not say which pauses are in force", cure=cure) from error

    def write(self, pauses: Sequence[Pause]) -> None:
        """Raises EdgeError."""
        if self._path is None:
            return
        if pauses:
            text = json.dumps({"version": VERSION, "pauses": [to_members(one) for one in pauses]}, indent=1)
            write_bytes(self._path, f"{text}\n".encode())
        else:
            remove(self._path)
