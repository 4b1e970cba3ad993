"""What a report is put together from, read from a real store."""

from dataclasses import replace
from pathlib import Path

import pytest
from event_fixtures import CUT_OFF, event, plain
from report_fixtures import DOH, PAYLOAD, WALK

from enforcer.audit.gap import Cause
from enforcer.audit.report import Happened
from enforcer.edge.all_records import find_records
from enforcer.edge.happenings import extent, happened
from enforcer.edge.records import Records
from enforcer.edge.store import Store
from enforcer.model.event import Event
from enforcer.model.verdict import Verdict

KEPT = [
    plain(CUT_OFF - 1000, "start", revision="old"),
    plain(CUT_OFF - 900, "error", reason="an error before"),
    plain(CUT_OFF + 10, "reload", revision="new"),
    event(at=CUT_OFF + 11, client="10.1.0.2"),
    event(at=CUT_OFF + 12, client="10.1.0.2", reason="the latest reason"),
    event(at=CUT_OFF + 13, client="10.1.0.3", service="website", verdict="observe", action="passed", reason="why"),
    event(at=CUT_OFF + 14, simulated=True),
    plain(CUT_OFF + 15, "error", reason="the disk is full"),
    plain(CUT_OFF + 16, "start", simulated=True, revision="trial"),
    plain(CUT_OFF + 500, "start", revision="new"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Store(tmp_path / "events.sqlite") as store:
        store.append([(one, one.at) for one in KEPT])
    return tmp_path / "events.sqlite"


def ask(path: Path, since: float, until: float, *, simulated: bool = False) -> Happened:
    with Records(path) as records:
        return happened(records, since, until, simulated=simulated, now=CUT_OFF + 1000)


def test_counts_reasons_and_what_the_service_did(path: Path) -> None:
    told = ask(path, CUT_OFF, CUT_OFF + 1000)
    assert [(row.key[3:5], row.occurrences) for row in told.rows.rows] == [
        (("10.1.0.2", "update"), 2),
        (("10.1.0.3", "website"), 1),
    ]
    assert [(why.reason, why.count.occurrences, why.passed) for why in told.why] == [
        ("the latest reason", 2, False),
        ("why", 1, True),
    ]
    assert {count.key[0]: count.records for count in told.own} == {"reload": 1, "error": 1, "start": 1}
    assert (told.last_error, told.revision, told.others, told.writing) == ("the disk is full", "new", 1, False)


def test_tells_gaps_from_the_last_sign_of_life(path: Path) -> None:
    told = ask(path, CUT_OFF, CUT_OFF + 1000)
    assert told.coverage is not None
    assert [(gap.cause, gap.starts, gap.ends) for gap in told.coverage.gaps] == [
        (Cause.KILLED, CUT_OFF + 15, CUT_OFF + 500),
        (Cause.KILLED, CUT_OFF + 500, None),
    ]


def test_a_time_in_the_past_says_nothing_of_now(path: Path) -> None:
    told = ask(path, CUT_OFF, CUT_OFF + 100)
    assert told.coverage is not None
    assert told.coverage.gaps == ()
    assert ask(path, CUT_OFF + 20, CUT_OFF + 100).last_error == ""


def test_a_loss_and_altered_rules_that_began_before_are_gaps_still(tmp_path: Path) -> None:
    kept = [
        plain(CUT_OFF, "start"),
        plain(CUT_OFF + 10, "loss", last=CUT_OFF + 30, count=4),
        plain(CUT_OFF + 11, "loss", last=CUT_OFF + 15),
        plain(CUT_OFF + 12, "error", fail="open", reason="the table is gone"),
        plain(CUT_OFF + 13, "error", reason="a collector is gone"),
        plain(CUT_OFF + 14, "repair", reason="the collector is back"),
        plain(CUT_OFF + 40, "repair", fail="open"),
        plain(CUT_OFF + 50, "error", fail="open"),
        plain(CUT_OFF + 60, "reload"),
        plain(CUT_OFF + 99, "stop"),
    ]
    with Store(tmp_path / "events.sqlite") as store:
        store.append([(one, one.at) for one in kept])

    def gaps(since: float) -> list[tuple[Cause, float, float | None]]:
        covered = ask(tmp_path / "events.sqlite", CUT_OFF + since, CUT_OFF + 90).coverage
        assert covered is not None
        return [(gap.cause, gap.starts - CUT_OFF, gap.ends and gap.ends - CUT_OFF) for gap in covered.gaps]

    altered = Cause.ALTERED
    assert gaps(20) == [(altered, 20, 40), (Cause.LOST, 20, 30), (altered, 50, 60)]
    assert gaps(30) == [(altered, 30, 40), (altered, 50, 60)]
    assert gaps(45) == [(altered, 50, 60)]
    assert gaps(55) == [(altered, 55, 60)]
    assert gaps(70) == [], "a reload puts them anew"


def test_a_loss_that_lasted_for_weeks_is_a_gap_of_its_last_day(tmp_path: Path) -> None:
    """A collector was away: its loss is put on record when it is over, as of the instant when it began."""
    day, path = 86_400.0, tmp_path / "events.sqlite"
    with Store(path) as store:
        store.append([(plain(CUT_OFF - 90 * day, "start"), CUT_OFF - 90 * day)])
        for begun, over in ((80, 70), (60, -1), (50, 40), (40, -2), (3, -3)):
            told = plain(CUT_OFF - begun * day, "loss", last=CUT_OFF - over * day, count=begun)
            store.append([(told, CUT_OFF - over * day)])
            if over == -1:
                assert store.rotate(CUT_OFF + day) is not None
        store.append([(plain(CUT_OFF + 5 * day, "stop"), CUT_OFF + 5 * day)])
    records = find_records(path)
    assert records is not None
    with records:
        covered = happened(records, CUT_OFF, CUT_OFF + 4 * day, simulated=False, now=CUT_OFF + 9 * day).coverage
    assert covered is not None
    lost = [(gap.lost, gap.ends and (gap.ends - CUT_OFF) / day) for gap in covered.gaps if gap.cause is Cause.LOST]
    assert sorted(lost) == [(3, 3.0), (40, 2.0), (60, 1.0)]


def test_findings_waivers_pauses_and_days(tmp_path: Path) -> None:
    day = 86400
    kept = [
        event(at=CUT_OFF + 1),
        event(at=CUT_OFF + day, waiver="W-1", verdict="flag", action="passed"),
        event(at=CUT_OFF + day + 1, waiver="p-1", verdict="flag", action="passed"),
        plain(CUT_OFF + day, "pause", waiver="p-1", reason="paused by root"),
        plain(CUT_OFF + day + 2, "pause", waiver="p-2", reason="paused by anna"),
        DOH,
        replace(DOH, at=CUT_OFF + 72, reason="the latest"),
        WALK,
        replace(WALK, at=CUT_OFF + 1e7),
        replace(PAYLOAD, simulated=True),
    ]
    with Store(tmp_path / "events.sqlite") as store:
        store.append([(one, one.at) for one in kept])
    told = ask(tmp_path / "events.sqlite", CUT_OFF, CUT_OFF + 3 * day)
    assert [(one.count.key[0], one.count.occurrences, one.reason) for one in told.findings] == [
        ("walk", 3, WALK.reason),
        ("doh", 2, "the latest"),
    ]
    assert [[row.key for row in one.of_clients] for one in told.findings] == [[("fd00::2",)], [("10.1.0.2",)]]
    assert [(one.waiver, one.count.occurrences if one.count else 0, one.pause) for one in told.waived] == [
        ("p-1", 1, "paused by root"),
        ("p-2", 0, "paused by anna"),
        ("W-1", 1, ""),
    ]
    assert told.days == {19995: {Verdict.BLOCK: 1}, 19996: {Verdict.FLAG: 2}}
    trial = ask(tmp_path / "events.sqlite", CUT_OFF, CUT_OFF + 3 * day, simulated=True)
    assert [one.count.key[0] for one in trial.findings] == ["update-payload"]


def test_pauses_that_were_begun_before_are_told_while_they_last(tmp_path: Path) -> None:
    def pause(at: float, id_: str, until: float | None) -> Event:
        end = None if until is None else CUT_OFF + until
        return plain(CUT_OFF + at, "pause", waiver=id_, until=end, reason=f"why {id_}")

    kept = [
        pause(-9 * 86400, "of-long-ago", None),
        plain(CUT_OFF - 600, "start"),
        pause(-500, "over", -1),
        pause(-400, "ended", 500),
        plain(CUT_OFF - 300, "resume", waiver="ended"),
        pause(-200, "held", 100),
        pause(-100, "of-unknown-end", None),
        pause(10, "begun", 60),
    ]
    with Store(tmp_path / "events.sqlite") as store:
        store.append([(one, one.at) for one in kept])
    told = ask(tmp_path / "events.sqlite", CUT_OFF, CUT_OFF + 500)
    assert [(one.waiver, one.pause) for one in told.waived] == [
        ("held", "why held"),
        ("of-unknown-end", "why of-unknown-end"),
        ("begun", "why begun"),
    ]
    assert told.coverage is not None
    assert [(gap.id, gap.starts - CUT_OFF, gap.ends) for gap in told.coverage.gaps] == [
        ("of-unknown-end", 0, CUT_OFF + 500),
        ("held", 0, CUT_OFF + 100),
        ("begun", 10, CUT_OFF + 60),
    ]


def test_trials_are_told_alone(path: Path) -> None:
    told = ask(path, CUT_OFF, CUT_OFF + 1000, simulated=True)
    assert told.rows.occurrences == 1
    assert told.coverage is None
    assert {count.key[0] for count in told.own} == {"start"}
    assert (told.revision, told.others, told.last_error) == ("trial", 3, "")


def test_the_extent_of_trials_and_facts(path: Path) -> None:
    with Records(path) as records:
        for simulated, first, last in ((True, CUT_OFF + 14, CUT_OFF + 16), (False, CUT_OFF - 1000, CUT_OFF + 500)):
            found = extent(records, simulated=simulated)
            assert found is not None
            assert found == pytest.approx((first, last))
            kept = sum(one.simulated == simulated for one in KEPT)
            assert len(list(records.events(*found, simulated=simulated))) == kept


def test_no_trials_no_extent(tmp_path: Path) -> None:
    Store(tmp_path / "empty.sqlite").close()
    with Records(tmp_path / "empty.sqlite") as records:
        assert extent(records, simulated=True) is None
