"""The list of subjects that stands beside the policies: `[subject.WORD]` with a title, and maybe a note."""

from __future__ import annotations

from enforcer.model.acting import acting
from enforcer.policy.faults import Faults
from enforcer.policy.load import read_file
from enforcer.policy.table import ACTS, Table

SUBJECTS = "subjects.toml"


def read_subjects(text: str, name: str = SUBJECTS) -> dict[str, str]:
    """The titles by word, in the order of the file; none for an empty text. Raises PolicyError."""
    faults = Faults()
    titles = read_file(name, text, _titles, faults) or {}
    faults.refuse()
    return titles


def _titles(table: Table) -> dict[str, str]:
    inner = table.table("subject", required=False) or table.empty("subject")
    titles = {word: _title(one) for word in inner.values if (one := inner.table(word))}
    for word in titles:
        if odd := acting(word):
            inner.fault(word, f"has the character {odd!r}, {ACTS}")
    table.done()
    return titles


def _title(table: Table) -> str:
    title = table.text("title")
    table.text("note", "")
    table.done()
    return title
