"""Lessons to the kernel: told in one transaction, confirmed before the answers that taught them go on.

The kernel does a transaction while we send it, and another's (a reload) may be in its way: so a thread of our own
sends, and whoever waits for it does so for a bounded time (`hold_ms` of the site file).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from enforcer.edge.netfilter import Netfilter
from enforcer.model.command import Lesson
from enforcer.model.errors import EdgeError
from enforcer.plan.learned_pairs import lessons_batch, one_by_one, pair_name, pair_request

SAMPLES = 8
"""Pairs that tell whether all are there."""
MOST = 1000
"""Lessons in one transaction, which the socket must take at once: 300 KB at most."""


@dataclass(slots=True)
class Held:
    """How it went since the start; latency is that of `tell`, in seconds."""

    confirmed: int = 0
    """Lessons that the kernel took."""
    refused: int = 0
    late: int = 0
    """Times that answers went on unconfirmed, because the kernel took longer than one waits."""
    waits: int = 0
    seconds: float = 0.0
    longest: float = 0.0


class Teacher:
    """`tell` it lessons in order. Not thread-safe: one for each inspector."""

    def __init__(self, monotonic: Callable[[], float], patience: float) -> None:
        """Raises EdgeError where the kernel has no netfilter netlink."""
        self._monotonic = monotonic
        self.patience = patience
        """Seconds that whoever tells waits for the kernel's word, at the most."""
        self.held = Held()
        self._kernel = Netfilter()
        self._orders: SimpleQueue[Sequence[Lesson]] = SimpleQueue()
        self._answers: SimpleQueue[list[Lesson]] = SimpleQueue()
        self._open = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def tell(self, lessons: Sequence[Lesson]) -> list[Lesson]:
        """Returns when the kernel has them, or after `patience`; gives those that it refused, of earlier calls too."""
        if not lessons and not self._open:
            return []
        started = self._monotonic()
        refused = self._collect(0.0)
        behind = self._open > 0  # what is under way takes too long already: nobody waits for two
        for at in range(0, len(lessons), MOST):
            self._orders.put(lessons[at : at + MOST])
            self._open += 1
        refused += self._collect(0.0 if behind else self.patience)
        self.held.refused += len(refused)
        if self._open:
            self.held.late += 1
        self._count(self._monotonic() - started)
        return refused

    def _collect(self, patience: float) -> list[Lesson]:
        refused: list[Lesson] = []
        until = self._monotonic() + patience
        while self._open:
            try:
                refused += self._answers.get(timeout=max(until - self._monotonic(), 0.0))
            except Empty:
                break
            self._open -= 1
        return refused

    def _count(self, seconds: float) -> None:
        held = self.held
        held.waits += 1
        held.seconds += seconds
        held.longest = max(held.longest, seconds)

    def _serve(self) -> None:
        while True:
            lessons = self._orders.get()
            refused = [] if self._takes(lessons_batch(lessons)) else [one for one in lessons if not self._forced(one)]
            self.held.confirmed += len(lessons) - len(refused)
            self._answers.put(refused)

    def _forced(self, lesson: Lesson) -> bool:
        """One lesson by itself, where the kernel's state was not the one we thought: it ran out, or another told it."""
        taken = [self._takes(step) for step in one_by_one(lesson)]
        return len(taken) == 1 or taken[-1]

    def _takes(self, changes: bytes) -> bool:
        try:
            self._kernel.tell(changes, acknowledgements=1)
        except OSError:
            self._kernel.renew()
            return False
        return True


def is_lost(lessons: Sequence[Lesson]) -> bool:
    """Whether the kernel has lost what it was taught. Not every pair is asked for: a table is lost as a whole."""
    some = lessons[:: max(len(lessons) // SAMPLES, 1)]
    return any(learned_name(one.client, one.address) is None for one in some)


def learned_name(client: bytes, address: bytes) -> str | None:
    """The name that taught the kernel this pair; None if the pair is not known.

    Empty where the name is not kept, or the kernel does not say: then the record tells the lane alone.
    """
    try:
        with Netfilter() as kernel:
            answer = kernel.read(pair_request(client, address))
    except (OSError, EdgeError):
        return ""
    return None if answer is None else pair_name(answer)
