"""Whole days from the table of days, the ends from the events: no event counted twice, none left out."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from event_fixtures import event

from enforcer.edge.records import MOST_GATHERED, Records
from enforcer.edge.store import Store
from enforcer.edge.store_agreement import miscounted
from enforcer.edge.store_days import BEHIND, DAY, KEYS, counts_query

SECONDS = 86400.0
AT_THE_EDGES = [0.0, 1.0, SECONDS - 1, SECONDS, SECONDS + 1, 2 * SECONDS - 1, 2 * SECONDS, 3 * SECONDS]


@pytest.fixture(scope="module", params=["counted", "waiting", "both"])
def path(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Path]:
    """Its days were counted when the store was closed; or nothing was yet; or some were, and some wait."""
    path = tmp_path_factory.mktemp("days") / "events.sqlite"
    entries = [(event(at=at), at) for at in AT_THE_EDGES]
    counted = {"counted": len(entries), "waiting": 0, "both": len(entries) // 2}[request.param]
    with Store(path) as store:
        store.append(entries[:counted])
    with Store(path) as store:
        store.append(entries[counted:])
        assert query(path, "SELECT number FROM counted") == [(counted,)]
        yield path


def query(path: Path, text: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(text).fetchall()


@pytest.mark.parametrize("since", AT_THE_EDGES)
@pytest.mark.parametrize("length", [1.0, SECONDS - 1, SECONDS, SECONDS + 1, 2 * SECONDS, 5 * SECONDS])
@pytest.mark.parametrize("by", [(), ("client",), ("client", "name")])
def test_counts_at_every_edge(path: Path, since: float, length: float, by: tuple[str, ...]) -> None:
    inside = [at for at in AT_THE_EDGES if since <= at < since + length]
    with Records(path) as records:
        counts = list(records.counts(since, since + length, by))
    assert [(count.occurrences, count.first, count.last) for count in counts] == [(len(inside), inside[0], inside[-1])]


def test_days_are_those_of_the_records(path: Path) -> None:
    with Records(path) as records:
        days = [(day, verdict, count) for day, verdict, count in records.days(0.0, 9 * SECONDS)]
        assert days == [(0, "block", 3), (1, "block", 3), (2, "block", 1), (3, "block", 1)]
        assert miscounted(records) is None


def test_they_are_counted_together_when_enough_wait(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    with Store(path) as store:
        store.append([(event(at=5.0), 5.0)] * (BEHIND - 1))
        assert query(path, "SELECT number FROM counted") == [(0,)]
        store.append([(event(at=6.0), 6.0)])
        assert query(path, "SELECT number FROM counted") == [(BEHIND,)]
        assert query(path, "SELECT records FROM days") == [(BEHIND,)]


@pytest.mark.parametrize("claimed", [1, 3])
def test_a_wrong_claim_of_what_is_counted_is_found(tmp_path: Path, claimed: int) -> None:
    path = tmp_path / "events.sqlite"
    with Store(path) as store:
        store.append([(event(at=5.0), 5.0)] * 2)
    with Store(path) as store:
        store.append([(event(at=SECONDS), SECONDS)] * 2)
        with closing(sqlite3.connect(path, isolation_level=None)) as forger:
            forger.execute("UPDATE counted SET number = ?", (claimed,))
        with Records(path) as records:
            assert miscounted(records) == (0 if claimed == 1 else 1)


def uses_days(by: tuple[str, ...], since: int, until: int) -> bool:
    query, _ = counts_query(by, since, until, simulated=False, kinds=("decision",))
    return " FROM days " in query


def test_days_are_used_where_they_can_be() -> None:
    assert uses_days(KEYS, 0, DAY)
    assert uses_days((), 1, 2 * DAY)
    assert not uses_days((), 1, 2 * DAY - 1)
    assert not uses_days((), 0, DAY - 1)
    assert not uses_days(("name",), 0, 9 * DAY)


def listened(records: Records, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queries that go to the file from here on."""
    asked: list[str] = []
    plain = records._rows

    def rows(query: str, values: tuple[object, ...]) -> Iterator[tuple[Any, ...]]:
        asked.append(query)
        return plain(query, values)

    monkeypatch.setattr(records, "_rows", rows)
    return asked


def test_what_is_asked_in_turn_of_one_time_is_read_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole days, parts of days, and another time after it."""
    with Records(path) as records:
        asked = listened(records, monkeypatch)
        for since, until, count in ((1.0, 2 * SECONDS, 5), (0.0, 3 * SECONDS, 7)):
            for by in (("client",), ("client", "verdict"), KEYS):
                assert [one.occurrences for one in records.counts(since, until, by)] == [count]
        assert sum(" FROM events " in query for query in asked) == 2


def test_decisions_and_findings_asked_in_turn_are_read_once_each(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And more times than are kept are told rightly as well."""
    with Records(path) as records:
        asked = listened(records, monkeypatch)
        for kinds in (("decision",), ("finding",), ("decision",), ("finding",)):
            list(records.counts(1.0, 2 * SECONDS, ("client",), kinds=kinds))
        assert sum("CREATE TABLE" in query for query in asked) == 2
        for turn in range(3 * MOST_GATHERED):
            until = (2 + turn % (MOST_GATHERED + 1)) * SECONDS
            found = sum(one.occurrences for one in records.counts(1.0, until, ("client",)))
            assert found == sum(one.occurrences for one in records.counts(1.0, until, ()))
