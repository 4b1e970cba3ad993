"""One file of recorded traffic, read and judged: a capture, a log of another program, or Pi-hole's database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from itertools import chain, islice
from pathlib import Path

from enforcer.audit import log_forms
from enforcer.audit.contact import Contact, LogFault
from enforcer.audit.log_dnstap import Dnstap
from enforcer.audit.log_forms import Log
from enforcer.audit.log_time import Dating
from enforcer.audit.replayed import Replayed, judged
from enforcer.edge import pihole
from enforcer.edge.recordings import BROKEN, Kind, Recording, cut, lines, opened
from enforcer.model.errors import DecodeError, EdgeError
from enforcer.model.event import Event
from enforcer.model.settings import REPLAY
from enforcer.pipeline.recorded import Recorded
from enforcer.pipeline.stamp import Stamp
from enforcer.policy.compiled import Policy

EMPTY = "empty"
"""Stands for the form of a log without a line, as the newest of those that are rotated often is."""
STEP = 2_000
"""Records between two words about the progress."""
Keep = Callable[[Event], None]
Progress = Callable[[int], None]
"""Told how many bytes of the file more have been read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is done with every file."""

    policy: Policy
    zone: tzinfo
    """Of times without an offset."""
    now: float
    """Stands for the last change of what has none, the standard input."""
    at: float | None = None
    """Judge at this instant instead of each record's own."""
    form: str = ""
    """The form of log that the files are in; empty to look."""


def replay(path: Path, task: Task, keep: Keep, progress: Progress) -> Replayed:
    """Reads the file to its end; `keep` is given each event. Raises EdgeError: not to be opened, or of no known form.

    A file that is cut or damaged is read as far as it goes, and `broken` says so. A capture is read as a mirror port is
    watched (pipeline/mirror.py), each packet at its own time.
    """
    with opened(path) as recording:
        run = _Run(path, task, recording, keep, progress)
        if recording.kind is Kind.SQLITE:
            return run.database()
        if recording.kind is Kind.DNSTAP:
            return run.dnstap()
        return run.text() if recording.kind is Kind.TEXT else run.capture()


class _Run:
    def __init__(self, path: Path, task: Task, recording: Recording, keep: Keep, progress: Progress) -> None:
        self._path, self._task, self._recording = path, task, recording
        self._keep, self._progress = keep, progress
        self._told = 0
        self._policy = task.policy if task.at is None else task.policy.standing(task.at)
        self._stamp = Stamp(gateway=task.policy.settings.gateway, mode=REPLAY, simulated=task.at is not None)
        self.result = Replayed(path=str(path), form="")

    def text(self) -> Replayed:
        rest = lines(self._recording.stream)
        first = self._beginning(rest)
        if not any(line.strip() for line in first) and len(first) < log_forms.LOOK:
            self.result.form = EMPTY
            return self.result
        form = log_forms.named(self._task.form) if self._task.form else log_forms.form_of(first)
        if form is None:
            raise EdgeError(
                f"{self._path} is in no form that is known here",
                cure=f"name it with --form: {', '.join(log_forms.NAMES)}",
            )
        self.result.form = form.name
        log = form.reader(Dating(newest=self._recording.changed or self._task.now, zone=self._task.zone))
        self._all(_read(log, line) for line in chain(first, rest))
        return self.result

    def _beginning(self, rest: Iterator[str]) -> list[str]:
        """The lines by which the form is told. Where the file is cut amid them, those before it are read as ever."""
        first: list[str] = []
        try:
            first.extend(islice(rest, log_forms.LOOK))
        except BROKEN as fault:
            if not first:
                raise cut(self._path, fault) from fault
            self.result.broken = f"the file is cut or damaged behind record {len(first)}: {fault}"
        return first

    def database(self) -> Replayed:
        self.result.form = pihole.NAME
        self._all(question.contact for question in pihole.questions(self._path))
        return self.result

    def dnstap(self) -> Replayed:
        log = Dnstap()
        self.result.form = log.name
        self._all(partial(log.read, frame) for frame in log.frames(self._recording.stream.read))
        for contact in log.rest():
            self._judge(contact)
        return self.result

    def capture(self) -> Replayed:
        result = self.result
        result.form = self._recording.kind.value
        recorded = Recorded(self._policy, self._stamp, self._recording.stream.read)
        try:
            for at, events in recorded.packets():
                result.saw(at)
                for event in events:
                    result.keep(event)
                    self._keep(event)
                if result.contacts % STEP == 0:
                    self._tell()
        except (DecodeError, *BROKEN) as fault:
            result.broken = f"the file is cut or damaged behind packet {recorded.records}: {fault}"
        result.records, result.unread = recorded.records, recorded.unreadable
        self._tell()
        return result

    def _all(self, records: Iterable[Callable[[], Contact | Iterator[Contact] | None]]) -> None:
        """Each record is a function, so that its faults are its own."""
        try:
            for number, read in enumerate(records, 1):
                self.result.records = number
                self._one(read)
                if number % STEP == 0:
                    self._tell()
        except (DecodeError, *BROKEN) as fault:
            self.result.broken = f"the file is cut or damaged behind record {self.result.records}: {fault}"
        self._tell()

    def _one(self, read: Callable[[], Contact | Iterator[Contact] | None]) -> None:
        try:
            found = read()
            for contact in (found,) if isinstance(found, Contact) else found or ():
                self._judge(contact)
        except LogFault as fault:
            self.result.fault(str(fault))

    def _judge(self, contact: Contact) -> None:
        self.result.saw(contact.at)
        event = judged(self._policy, contact, self._stamp.gateway, simulated=self._stamp.simulated)
        if event is not None:
            self.result.keep(event)
            self._keep(event)

    def _tell(self) -> None:
        position = self._recording.position()
        self._progress(position - self._told)
        self._told = position


def _read(log: Log, line: str) -> Callable[[], Iterator[Contact] | None]:
    return lambda: log.read(line) if line else None
