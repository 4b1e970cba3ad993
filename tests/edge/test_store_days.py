"""Whole days from the table of days, the ends from the events: no event counted twice, none left out."""

from pathlib import Path

import pytest
from event_fixtures import event

from enforcer.edge.records import Records
from enforcer.edge.store import Store
from enforcer.edge.store_days import DAY, KEYS, counts_query

SECONDS = 86400.0
AT_THE_EDGES = [0.0, 1.0, SECONDS - 1, SECONDS, SECONDS + 1, 2 * SECONDS - 1, 2 * SECONDS, 3 * SECONDS]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("days") / "events.sqlite"
    with Store(path) as store:
        store.append([(event(at=at), at) for at in AT_THE_EDGES])
    return path


@pytest.mark.parametrize("since", AT_THE_EDGES)
@pytest.mark.parametrize("length", [1.0, SECONDS - 1, SECONDS, SECONDS + 1, 2 * SECONDS, 5 * SECONDS])
@pytest.mark.parametrize("by", [(), ("client",), ("client", "name")])
def test_counts_at_every_edge(path: Path, since: float, length: float, by: tuple[str, ...]) -> None:
    inside = [at for at in AT_THE_EDGES if since <= at < since + length]
    with Records(path) as records:
        counts = list(records.counts(since, since + length, by))
    assert [(count.occurrences, count.first, count.last) for count in counts] == [(len(inside), inside[0], inside[-1])]


def uses_days(by: tuple[str, ...], since: int, until: int) -> bool:
    query, _ = counts_query(by, since, until, simulated=False, kinds=("decision",))
    return " FROM days " in query


def test_days_are_used_where_they_can_be() -> None:
    assert uses_days(KEYS, 0, DAY)
    assert uses_days((), 1, 2 * DAY)
    assert not uses_days((), 1, 2 * DAY - 1)
    assert not uses_days((), 0, DAY - 1)
    assert not uses_days(("name",), 0, 9 * DAY)
