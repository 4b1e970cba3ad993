"""The files that name a site's clients (pipeline/client_names.py), read again when they have changed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from enforcer.model.event import Event
from enforcer.pipeline.client_names import names_of

LOOK = 10.0
"""Seconds between two looks at whether a file has changed."""
MAX_FILE = 16 * 2**20
"""Bytes; what is beyond is not read."""
_State = tuple[int, int, int] | None


class NameFiles:
    """Names from all files; of two that name one client, the later file wins."""

    def __init__(self) -> None:
        self._paths: Sequence[str] = ()
        self._states: list[_State] = []
        self._names: dict[str, str] = {}
        self._due = 0.0
        self.faults: list[str] = []
        """What could not be read when it was last tried, a sentence each. A file that is not there yet is no fault."""

    def named(self, events: Sequence[Event], paths: Sequence[str], monotonic: float) -> list[Event]:
        """The events, with the name of each one's client where it has one and bears none yet."""
        if paths != self._paths or (paths and monotonic >= self._due):
            self._look(paths)
            self._due = monotonic + LOOK
        if not self._names:
            return list(events)
        return [self._with_name(event) for event in events]

    def _with_name(self, event: Event) -> Event:
        name = self._names.get(event.client, "") if event.client and not event.client_name else ""
        return event.but(client_name=name) if name else event

    def _look(self, paths: Sequence[str]) -> None:
        states = [_state(path) for path in paths]
        if paths == self._paths and states == self._states:
            return
        self._paths, self._states = paths, states
        self.faults = []
        self._names = {}
        for path, state in zip(paths, states, strict=True):
            if state is not None:
                self._names |= self._read(path)

    def _read(self, path: str) -> dict[str, str]:
        try:
            with Path(path).open(encoding="utf-8", errors="replace") as file:
                return names_of(file.read(MAX_FILE).splitlines())
        except OSError as error:
            self.faults.append(f"clients are told without the names in {path}: {error.strerror or error}")
            return {}


def _state(path: str) -> _State:
    """Differs when the file was written to, or is another; None if there is none."""
    try:
        now = os.stat(path)  # noqa: PTH116 (a path is a text here)
    except OSError:
        return None
    return now.st_ino, now.st_size, now.st_mtime_ns
