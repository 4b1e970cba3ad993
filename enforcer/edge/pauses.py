"""The pauses that are in force: begun on request, kept over restarts, dropped when they are over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from math import ceil, floor

from enforcer.audit.report_words import duration
from enforcer.edge.pause_file import PauseFile
from enforcer.edge.peers import Peer
from enforcer.model import request
from enforcer.model.calendar import iso
from enforcer.model.errors import EdgeError
from enforcer.model.members import Instant
from enforcer.model.pause import Pause

MOST = 16
"""At a time."""


class Pauses:
    """`now` is an instant; `running` counts seconds that no one can set back."""

    def __init__(self, file: PauseFile) -> None:
        self._file = file
        self._ends: dict[str, float] = {}
        """When each is over at the latest, by `running`: a clock that is set back makes none longer."""
        self.held: tuple[Pause, ...] = ()

    def restore(self, now: float, running: float, longest: int) -> Iterator[str]:
        """Takes up those of before a restart. What there is to tell of it, a sentence each."""
        try:
            found = self._file.read()
        except EdgeError as error:
            yield f"{error}; no pause is in force"
            return
        for pause in found:
            if pause.until <= now:
                continue
            if pause.since > now or pause.until - now > longest + 1:  # it ends with a whole second
                yield f"pause {pause.id} until {iso(pause.until)} is not taken up: the clock, or the site file, says no"
                continue
            self._hold(pause, now, running)

    def begin(self, asked: request.Pause, peer: Peer, now: float, longest: int) -> Pause:
        """A pause from now on, not yet held. Raises EdgeError."""
        if asked.seconds > longest:
            allowed = f"{duration(longest)} are allowed" if longest else "the site allows no pause"
            cure = "ask for a shorter one, or set longest_pause in [control]; a waiver in the site file may be longer"
            raise EdgeError(f"a pause of {duration(asked.seconds)} is too long: {allowed}", cure=cure)
        if len(self.held) >= MOST:
            raise EdgeError(f"{MOST} pauses are in force", cure="end them with `enforcer resume`")
        since = Instant(floor(now))
        return Pause(
            id=self._free_id(since),
            reason=asked.reason,
            ticket=asked.ticket,
            asked_by=peer.name,
            since=since,
            until=Instant(ceil(now) + asked.seconds),
            clients=asked.clients,
            vendors=asked.vendors,
        )

    def hold(self, pause: Pause, now: float, running: float) -> None:
        """It is in force. Raises EdgeError if a restart would forget it: it is held nevertheless."""
        self._hold(pause, now, running)
        self._file.write(self.held)

    def release(self, ids: set[str]) -> None:
        """They are in force no more. Raises EdgeError if a restart would take them up again."""
        self.held = tuple(one for one in self.held if one.id not in ids)
        for id_ in ids:
            self._ends.pop(id_, None)
        self._file.write(self.held)

    def over(self, now: float, running: float) -> set[str]:
        """The ids of those whose time has come."""
        return {one.id for one in self.held if one.until <= now or self._ends[one.id] <= running}

    def _hold(self, pause: Pause, now: float, running: float) -> None:
        self.held = (*self.held, pause)
        self._ends[pause.id] = running + pause.until - now

    def _free_id(self, since: float) -> str:
        name = datetime.fromtimestamp(since, UTC).strftime("pause-%Y%m%dT%H%M%SZ")
        taken = {one.id for one in self.held}
        return next(id_ for id_ in (name, *(f"{name}-{number}" for number in range(2, MOST + 2))) if id_ not in taken)
