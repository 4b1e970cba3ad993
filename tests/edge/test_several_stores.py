"""Real stores put together: read at one time, and none twice."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from event_fixtures import CUT_OFF, event, plain

from enforcer.audit.report import Happened
from enforcer.edge.several_stores import happened_at
from enforcer.edge.store import Store
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event

PERIOD = CUT_OFF - 60, CUT_OFF + 3600


def store(path: Path, *events: Event) -> Path:
    path.parent.mkdir(exist_ok=True)
    with Store(path) as made:
        made.append([(one, one.at) for one in events])
    return path


@pytest.fixture
def both(tmp_path: Path) -> list[Path]:
    return [
        store(
            tmp_path / name / "events.sqlite",
            plain(CUT_OFF - 90, "start", gateway=name, reason="in force", fail="open", mode="inline", revision="r"),
            *(event(at=CUT_OFF + n, gateway=name, client=f"10.1.0.{n}") for n in range(contacts)),
        )
        for name, contacts in (("gw-1", 2), ("gw-2", 3))
    ]


def ask(stores: Sequence[Path], period: tuple[float, float] | None, *, simulated: bool, now: float) -> Happened:
    told = happened_at(stores, period, simulated=simulated, now=now)
    assert told is not None
    return told


def test_what_both_recorded_is_added_up(both: list[Path]) -> None:
    told = ask(both, PERIOD, simulated=False, now=CUT_OFF + 7200)
    assert [(row.key[3], row.occurrences) for row in told.rows.rows] == [
        ("10.1.0.0", 2),
        ("10.1.0.1", 2),
        ("10.1.0.2", 1),
    ]
    assert [(part.gateway, part.mode, part.occurrences) for part in told.parts] == [
        ("gw-1", "inline", 2),
        ("gw-2", "inline", 3),
    ]


def test_of_all_time_is_from_the_first_of_any_to_the_last_of_any(both: list[Path], tmp_path: Path) -> None:
    trials = [
        store(tmp_path / "gw-1" / "trial.sqlite", event(at=CUT_OFF - 9, simulated=True)),
        store(tmp_path / "gw-2" / "trial.sqlite", event(at=CUT_OFF + 9, simulated=True)),
    ]
    told = ask(trials, None, simulated=True, now=CUT_OFF)
    assert (told.since, told.rows.occurrences) == (CUT_OFF - 9, 2)
    assert told.until > CUT_OFF + 9
    none = ask(both, None, simulated=True, now=CUT_OFF)
    assert (none.since, none.until, none.rows.occurrences) == (CUT_OFF - 86_400, CUT_OFF, 0)


def test_the_same_record_twice_is_refused_a_longer_copy_too(both: list[Path], tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    shutil.copy(both[0], copy)
    with pytest.raises(EdgeError, match="hold the same record"):
        happened_at((both[0], copy), (CUT_OFF + 9000, CUT_OFF + 9001), simulated=False, now=CUT_OFF)
    for pair in ((both[0], both[0]), (both[0], copy)):
        with pytest.raises(EdgeError, match="hold the same record"):
            happened_at(pair, PERIOD, simulated=False, now=CUT_OFF)
    store(both[0], event(at=CUT_OFF + 99))
    with pytest.raises(EdgeError, match="hold the same record"):
        happened_at((copy, both[1], both[0]), PERIOD, simulated=False, now=CUT_OFF)


def test_one_that_holds_nothing_is_refused(both: list[Path], tmp_path: Path) -> None:
    with pytest.raises(EdgeError, match=r"nothing was ever recorded in .*none"):
        happened_at((both[0], tmp_path / "none"), PERIOD, simulated=False, now=CUT_OFF)


def test_of_one_that_holds_nothing_there_is_nothing_to_tell(tmp_path: Path) -> None:
    assert happened_at((tmp_path / "none",), PERIOD, simulated=False, now=CUT_OFF) is None


def test_gateways_made_from_one_image_count_what_they_have_in_common_never_twice(both: list[Path]) -> None:
    """Its records, with a file that was closed, are in both; then each goes on by itself."""
    image, copy = both[0], both[1].parent.with_name("copy")
    with Store(image) as made:
        assert made.rotate(CUT_OFF + 100) is not None
        made.append([(event(at=CUT_OFF + 200), CUT_OFF + 200)])
    shutil.copytree(image.parent, copy)
    pair = store(image, event(at=CUT_OFF + 300)), store(copy / image.name, event(at=CUT_OFF + 301))
    with pytest.raises(EdgeError, match="hold the same record, up to number 4") as refused:
        happened_at(pair, PERIOD, simulated=False, now=CUT_OFF)
    assert refused.value.cure.endswith("ask for --since 2024-09-29T04:03:20Z")
    with pytest.raises(EdgeError, match="hold the same record"):
        happened_at(pair, (CUT_OFF + 200, CUT_OFF + 3600), simulated=False, now=CUT_OFF)
    told = ask(pair, (CUT_OFF + 201, CUT_OFF + 3600), simulated=False, now=CUT_OFF)
    assert told.rows.occurrences == 2
