"""All inspectors together: started, given another policy, listened to, replaced when they die, stopped."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Mapping
from dataclasses import replace

from enforcer.edge import parcels, reports
from enforcer.edge.orders import Reteach, Work
from enforcer.edge.pulse import Settled
from enforcer.edge.queue_rows import waiting
from enforcer.edge.workers import Worker
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event
from enforcer.model.state import InspectorState
from enforcer.policy.compiled import Policy

RESTARTS = 5
"""Deaths within WINDOW seconds after which we say that this does not work, instead of spinning."""
WINDOW = 60.0
HUNG = 2.0
"""Seconds without a sign of life after which an inspector is taken for hung: it gives one at least twice a second."""
AGAIN = 0.5
"""Seconds that it has then to show that it was the whole machine that stood still, or we."""


class Crew:
    """The inspectors of one supervisor; inspector n listens on the n-th queue."""

    def __init__(self) -> None:
        self._workers: list[Worker] = []
        self._deaths: deque[float] = deque(maxlen=RESTARTS)
        self._again = 0.0
        self._gone = 0
        """Packets that those had seen who are gone."""
        self._last: list[Event] = []
        """What inspectors that are gone had told before their end."""
        self.restarts = 0
        """How many were started anew since the start."""

    def start(self, work: Work, count: int) -> None:
        """Starts `count` inspectors from queue `work.queue` on. Raises EdgeError if one cannot; `stop` then."""
        for number in range(count):
            self._workers.append(Worker(replace(work, queue=work.queue + number)))
        for worker in self._workers:
            worker.await_ready()

    def replace_policy(self, policy: Policy, lane_numbers: Mapping[str, int]) -> None:
        """Returns when every inspector judges by the new policy. One that does not answer is ended, to start anew."""
        for worker in self._workers:
            worker.work = replace(worker.work, policy=policy, lane_numbers=lane_numbers)
            try:
                worker.replace(policy, lane_numbers)
            except (EdgeError, OSError):
                worker.kill()  # `restart_dead` starts it with the new policy and puts its death on record

    def reteach(self) -> None:
        """After a repair: every inspector tells the kernel what it has learned, if that is lost."""
        for worker in self._workers:
            with contextlib.suppress(OSError):  # it is dead, and what it had learned is gone with it
                parcels.send(worker.control, Reteach())

    def states(self, now: float) -> tuple[InspectorState, ...]:
        """How each one does; `now` is monotonic."""
        return tuple(
            InspectorState(
                queue=worker.work.queue,
                pid=worker.pid or 0,
                alive=worker.is_alive(),
                silent=round(max(worker.pulse.age(now), 0.0), 3),
                depth=waiting(worker.work.queue),
                **worker.pulse.told._asdict(),
            )
            for worker in self._workers
        )

    @property
    def seen(self) -> int:
        """Packets that all have decided, or found missing, since the start."""
        return self._gone + sum(worker.pulse.seen for worker in self._workers)

    @property
    def settled(self) -> Settled:
        """How far all have come with their queues since they were asked, and what all had seen by then."""
        each = [worker.pulse.settled for worker in self._workers]
        return Settled(min((one.until for one in each), default=0.0), self._gone + sum(one.seen for one in each))

    def ask_to_settle(self) -> None:
        for worker in self._workers:
            worker.ask_to_settle()

    def collect(self) -> list[Event]:
        """The events that arrived since the last call."""
        last, self._last = self._last, []
        return last + [event for worker in self._workers for event in reports.receive(worker.reader)]

    def restart_dead(self, now: float) -> list[tuple[str, float]]:
        """Replaces inspectors that hang or have died: a sentence for each, and for how many seconds nothing was heard
        of it. Raises EdgeError when they keep dying.
        """
        told = []
        for place, worker in enumerate(self._workers):
            how = _ended(worker, now)
            if how and now >= self._again:
                silent = max(worker.pulse.age(now), 0.0)
                told += [(sentence, silent) for sentence in self._replace(place, how, now)]
        return told

    def _replace(self, place: int, how: str, now: float) -> list[str]:
        old = self._workers[place]
        what = f"inspector of queue {old.work.queue} {how}"
        try:
            fresh = Worker(old.work)
        except OSError as fault:
            self._again = now + 1.0
            untold, old.mourned = not old.mourned, True
            return [f"{what}; no other can be started: {fault}; it is tried again every second"] if untold else []
        self._workers[place] = fresh
        self._gone += old.pulse.seen
        self._last += reports.receive(old.reader)
        old.stop()
        old.close()
        self.restarts += 1
        told = f"{what}; {_began(fresh)}"
        self._count_death(now)
        return [told]

    def _count_death(self, now: float) -> None:
        self._deaths.append(now)
        if len(self._deaths) == RESTARTS and now - self._deaths[0] < WINDOW:
            raise EdgeError(
                f"inspectors died {RESTARTS} times within {WINDOW:.0f} s",
                cure="their messages stand above; report them, and until then start again with an older policy",
                code=70,
            )

    def hand_over(self) -> dict[int, int]:
        """Ends the judging; gives the queues by number, as descriptors that are the caller's. `stop` must follow."""
        given = ((worker.work.queue, worker.hand_over()) for worker in self._workers)
        return {number: descriptor for number, descriptor in given if descriptor is not None}

    def stop(self) -> list[Event]:
        """Ends all; gives the events that were still under way."""
        for worker in self._workers:
            worker.stop()
        last = self.collect()
        for worker in self._workers:
            worker.close()
        self._workers.clear()
        return last


def _ended(worker: Worker, now: float) -> str:
    """How it came to its end, empty while it works. One that hangs is ended here."""
    if worker.is_alive() and _hangs(worker, now):
        worker.kill()
        worker.hung = True
    if worker.is_alive():
        return ""
    return f"hung for {HUNG:.0f} s and was killed" if worker.hung else f"ended ({worker.obituary})"


def _hangs(worker: Worker, now: float) -> bool:
    if worker.pulse.age(now) <= HUNG:
        worker.suspected = None
        return False
    if worker.suspected is None:
        worker.suspected = now
    return now - worker.suspected >= AGAIN


def _began(worker: Worker) -> str:
    """What is to be told of a fresh inspector. One that does not begin counts as one more that died."""
    try:
        worker.await_ready()
    except EdgeError as error:
        worker.kill()
        return f"another did not begin: {error.why}"
    return "it was started again"
