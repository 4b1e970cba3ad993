from pathlib import Path

from event_fixtures import CUT_OFF, event, plain

from enforcer.edge.store import Store
from enforcer.edge.unended import unended

DAY = 86_400.0


def test_what_has_a_pause_and_no_end_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    records = [
        plain(CUT_OFF - 8 * DAY, "pause", waiver="longer-ago-than-any-lasts"),
        plain(CUT_OFF + 1, "pause", waiver="ended"),
        plain(CUT_OFF + 2, "pause", waiver="open", until=CUT_OFF + 60),
        plain(CUT_OFF + 3, "resume", waiver="ended"),
        plain(CUT_OFF + 4, "pause", waiver="in-a-trial", simulated=True),
        event(at=CUT_OFF + 5, waiver="of-the-site-file"),
    ]
    with Store(path) as store:
        store.append([(one, one.at) for one in records])
    assert [one.waiver for one in unended(path, CUT_OFF + 6)] == ["open"]


def test_without_a_store_there_is_none(tmp_path: Path) -> None:
    assert unended(tmp_path / "none.sqlite", CUT_OFF) == ()
