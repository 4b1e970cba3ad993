"""Whether the days that lie behind us by the clock did pass: one that was set far ahead must let nothing be deleted.

Two witnesses, one after the other: this run, by a clock that nobody sets; and before it the times of the heads that the
record signed. Both together must reach back over the last week without a hole that is longer than a day.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from enforcer.edge.store_errors import refusal
from enforcer.edge.store_segments import segments
from enforcer.model.calendar import MICROSECONDS, iso

DAY = 86_400.0
SPAN, HOLE = 7 * DAY, DAY
"""Seconds that must be witnessed, and that may be missing; shorter where records are kept for less."""
STEP = 60.0
"""Seconds by which the two clocks may differ between two looks: more is a clock that was set."""
_HEADS = "SELECT CAST(at AS INTEGER) FROM heads ORDER BY serial DESC"


class Passage:
    """`at` is an instant, `running` counts seconds and is never set."""

    def __init__(self, store: Path, keep: float) -> None:
        self._store = store
        self._span, self._hole = min(SPAN, keep), min(HOLE, keep / 10)
        self._began: tuple[float, float] | None = None
        """Since when no clock was set, by both."""
        self._witnessed = False

    def look(self, at: float, running: float) -> None:
        """Call it about once a minute."""
        began = self._began or (at, running)
        if abs((at - began[0]) - (running - began[1])) > STEP:
            began, self._witnessed = (at, running), False
        self._began = began

    def doubt(self, at: float) -> str:
        """What is not witnessed of the time before `at`, in a sentence; empty if all of it is. Raises EdgeError."""
        assert self._began is not None  # noqa: S101 (`look` comes first)
        if self._witnessed or at - self._began[0] >= self._span:
            self._witnessed = True
            return ""
        hole = self._hole_before(self._began[0], at - self._span)
        self._witnessed = hole is None
        if hole is None:
            return ""
        return f"nothing shows that the time from {iso(hole[0])} to {iso(hole[1])} did pass"

    def _hole_before(self, reached: float, to: float) -> tuple[float, float] | None:
        """The first time without a witness, going back; None if there is none."""
        for head in self._heads():
            if reached <= to:
                return None
            if head > reached:
                continue  # signed by a clock that was ahead: it witnesses nothing
            if reached - head > self._hole:
                return head, reached
            reached = head
        return None if reached <= to else (to, reached)

    def _heads(self) -> Iterator[float]:
        """When heads were signed, the latest first, over all files of the record."""
        for path in (self._store, *(one.path for one in reversed(segments(self._store)))):
            try:
                with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
                    for (at,) in connection.execute(_HEADS):
                        yield at / MICROSECONDS
            except sqlite3.Error as error:
                raise refusal(error, path) from error
