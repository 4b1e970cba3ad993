import csv
import io
from dataclasses import replace

import pytest
from event_fixtures import HOSTILE, event
from report_fixtures import report, usual

from enforcer.audit.report_csv import HEAD, as_csv
from enforcer.model.event import Event


def cells(events: list[Event]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(report(events)), newline="")))


def test_a_line_for_each_row() -> None:
    rows = cells(usual())
    assert [(row["client"], row["service"], row["count"]) for row in rows[:2]] == [
        ("10.1.0.2", "update", "7"),
        ("10.1.0.3", "update", "7"),
    ]
    assert tuple(rows[0]) == HEAD
    assert rows[0]["first"] == "2024-09-29T04:00:00Z"


@pytest.mark.parametrize("hostile", [*HOSTILE, "=1+1", "+1", "-1", "@a", "\t=1", "a,b;c"])
def test_no_cell_is_a_formula_or_breaks_the_line(hostile: str) -> None:
    rows = cells([event(client=hostile, service=hostile)])
    assert len(rows) == 1
    assert not rows[0]["client"].startswith(("=", "+", "-", "@", "\t"))


def test_no_store_is_a_head_alone() -> None:
    assert as_csv(replace(report(), happened=None)) == ",".join(HEAD) + "\r\n"
