"""Puts the queue tables of plan/queue_tables.py into the kernel, and takes them out."""

from __future__ import annotations

from enforcer.edge import tables
from enforcer.plan.queue_tables import FAMILIES, TABLE, Programs, QueueTarget, from_words, installation, trial


def apply(
    target: QueueTarget, classifier: Programs | None = None, *, stand: bool = False, until: int | None = None
) -> None:
    """Replaces both tables in one transaction. Raises EdgeError, and then nothing has changed.

    `classifier` has descriptors of edge/bpf.py; once the tables stand they hold the programs, and these can be closed.
    Where they `stand` for the same target, packets that wait in the queue stay there. `until`: see `installation`.
    """
    tables.tell(installation(target, classifier, stand=stand, until=until))


def check(target: QueueTarget, classifier: Programs | None = None) -> None:
    """Asks the kernel whether it would take the tables. Raises EdgeError; changes nothing either way."""
    tables.tell(trial(target, classifier))


def installed() -> QueueTarget | None:
    """What stands in both tables, None if one is missing or not ours to read."""
    found = {tables.comment(family, TABLE) for family in FAMILIES}
    return from_words(found.pop() or "") if len(found) == 1 else None


def remove() -> bool:
    """Removes both tables; False if there was none."""
    return bool(tables.remove((family, TABLE) for family in FAMILIES))
