"""A record of several files answers as one file with the same records does."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from event_fixtures import CUT_OFF
from rotation_fixtures import HOUR, add, in_three_files

from enforcer.edge.all_records import AllRecords, find_records
from enforcer.edge.newcomers import newest, recorded
from enforcer.edge.records import Records
from enforcer.edge.store import Store


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Records, Records]]:
    folder = tmp_path_factory.mktemp("stores")
    with Store(folder / "one.sqlite") as store:
        add(store, 1, 50)
    one, three = find_records(folder / "one.sqlite"), find_records(in_three_files(folder / "three.sqlite"))
    assert one is not None
    assert three is not None
    assert type(three) is AllRecords
    with one, three:
        yield one, three


SINCE, UNTIL = CUT_OFF + 5 * HOUR, CUT_OFF + 45 * HOUR
ASKED: dict[str, Callable[[Records], Any]] = {
    "events": lambda records: list(records.events(SINCE, UNTIL)),
    "counts": lambda records: list(records.counts(SINCE, UNTIL, ("client", "verdict"))),
    "all counted": lambda records: list(records.counts(0, 2.0**42, ())),
    "days": lambda records: list(records.days(SINCE, UNTIL)),
    "one event": lambda records: [records.event(number) for number in (1, 20, 21, 50, 51)],
    "what came after": lambda records: list(records.recorded_after(18)),
    "the newest": lambda records: records.newest(),
    "before": lambda records: [records.before(CUT_OFF + hours * HOUR) for hours in (0.5, 20.5, 21.5, 99)],
    "as it lies": lambda records: [records.one(number) for number in (1, 20, 21, 40, 41)],
    "a span": lambda records: [records.span(SINCE, UNTIL), records.span(0, 1)],
    "a part": lambda records: list(records.kept(15, 45)),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED.keys())
def test_it_answers_as_one_file_does(both: tuple[Records, Records], ask: Callable[[Records], Any]) -> None:
    one, three = both
    assert ask(three) == ask(one)


def test_heads_and_keys_are_told_once(both: tuple[Records, Records]) -> None:
    _, three = both
    assert [(head.serial, head.number) for head in three.heads()] == [(1, 20), (2, 40), (3, 50)]
    assert len(three.keys()) == 1


def test_tail_goes_over_the_seam(tmp_path: Path) -> None:
    path = in_three_files(tmp_path / "events.sqlite")
    assert newest(path) == 50
    assert [number for number, *_ in recorded(path, 38)] == list(range(39, 51))


def test_where_nothing_was_recorded(tmp_path: Path) -> None:
    assert find_records(tmp_path / "none") is None
