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
    rows = [row for row in cells([event(client=hostile, service=hostile)]) if row["kind"] == "contact"]
    assert len(rows) == 1
    assert not rows[0]["client"].startswith(("=", "+", "-", "@", "\t"))


def test_no_store_is_a_head_alone() -> None:
    assert as_csv(replace(report(), happened=None)) == ",".join(HEAD) + "\r\n"


def test_findings_waivers_and_gaps_have_lines_of_their_own_kind() -> None:
    told = {(row["kind"], row["what"]): row for row in cells(usual())}
    assert {kind for kind, _ in told} == {"contact", "finding", "waiver", "gap"}
    walk = told["finding", "walk"]
    assert (walk["client"], walk["vendor"], walk["count"], walk["action"]) == ("fd00::2", "kaspersky", "3", "passed")
    assert (told["waiver", "W-1"]["count"], told["waiver", "pause-1"]["count"]) == ("2", "0")
    assert told["waiver", "pause-1"]["reason"].startswith("paused by root")
    assert told["gap", "lost"]["count"] == "29"
    assert told["gap", "lost"]["last"] == "2024-09-29T04:01:00Z"


def test_clients_beyond_those_kept_are_a_line_too() -> None:
    told = report()
    assert told.happened is not None
    walk = next(one for one in told.happened.findings if one.count.key[0] == "walk")
    more = replace(walk, clients=4, count=replace(walk.count, occurrences=13))
    text = as_csv(replace(told, happened=replace(told.happened, findings=(more,))))
    lines = [row for row in csv.DictReader(io.StringIO(text, newline="")) if row["kind"] == "finding"]
    assert [(row["client"], row["count"]) for row in lines] == [("fd00::2", "3"), ("", "10")]
    assert lines[1]["reason"] == "of 3 more clients"
