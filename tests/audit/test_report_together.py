"""Two gateways as one: nothing is lost, nothing counts twice, and whose a gap was is told."""

import csv
import io
from dataclasses import replace

import pytest
from event_fixtures import CUT_OFF, HOSTILE, event
from report_fixtures import DAY, DOH, PAUSED, WALK, findings, report, usual, waived

from enforcer.audit.count import tally
from enforcer.audit.gap import Cause, Coverage, Gap
from enforcer.audit.report import MAX_ROWS, ROW, WHY, Happened, Report, Rows, Why, bounded
from enforcer.audit.report_csv import as_csv
from enforcer.audit.report_html import as_html
from enforcer.audit.report_json import members
from enforcer.audit.report_text import text
from enforcer.audit.report_together import together
from enforcer.audit.report_words import WIDTH
from enforcer.model.event import Event
from enforcer.model.verdict import Verdict


def of(*events: Event, gateway: str = "gw", gaps: tuple[Gap, ...] = ()) -> Happened:
    told = report(events).happened
    assert told is not None
    days = {19995: {Verdict.BLOCK: len(events)}}
    covered = Coverage(gaps=gaps)
    return replace(told, gateway=gateway, coverage=covered, findings=(), waived=(), days=days, revision="r")


def stopped(starts: float, ends: float) -> Gap:
    return Gap(cause=Cause.STOPPED, starts=CUT_OFF + starts, ends=CUT_OFF + ends, fail="open")


def shown(told: Happened) -> Report:
    return replace(report(), store="/a, /b", happened=told)


def test_it_is_what_one_store_with_all_their_records_would_say() -> None:
    events = [*usual(), event(at=CUT_OFF + 5 * DAY, reason="the latest", verdict="flag", action="passed")]
    told = together([("/a", of(*events[::2])), ("/b", of(*events[1::2]))])
    strip = [(row.key, row.occurrences, row.records, row.first, row.last) for row in told.rows.rows]
    assert strip == [(row.key, row.occurrences, row.records, row.first, row.last) for row in tally(events, ROW)]
    assert told.rows.occurrences == len(events)
    assert [(why.count.key, why.count.occurrences) for why in told.why] == [
        (count.key, count.occurrences) for count in tally(events, WHY)
    ]
    assert told.days == {19995: {Verdict.BLOCK: len(events)}}


def test_the_latest_reason_is_told_wherever_it_stands() -> None:
    late = of(event(at=CUT_OFF + 9, reason="late"))
    early = of(event(at=CUT_OFF, reason="early"))
    for both in ([late, early], [early, late]):
        (why,) = together([("/a", both[0]), ("/b", both[1])]).why
        assert (why.reason, why.count.occurrences) == ("late", 2)


def test_a_client_of_both_is_one_and_those_that_are_not_named_are_counted() -> None:
    one, other = findings(DOH, WALK), findings(DOH, replace(DOH, client="10.1.0.9", count=5))
    hidden = replace(one[1], clients=one[1].clients + 3)
    assert hidden.count.key[0] == "doh"
    told = together([("/a", replace(of(), findings=(one[0], hidden))), ("/b", replace(of(), findings=other))])
    doh, walk = told.findings
    assert (doh.count.occurrences, doh.clients) == (7, 5)
    assert [(count.key, count.occurrences) for count in doh.of_clients] == [(("10.1.0.9",), 5), (("10.1.0.2",), 2)]
    assert (walk.count.occurrences, walk.clients) == (3, 1)


def test_a_pause_is_its_gateways_and_a_waiver_is_everybodys() -> None:
    softened = waived(event(waiver="W-1"))
    both = [(f"/{name}", replace(of(gateway=name), waived=(PAUSED, *softened))) for name in ("gw-1", "gw-2")]
    told = together(both).waived
    assert [(one.waiver, one.pause[:5]) for one in told[:2]] == [("pause-1", "gw-1:"), ("pause-1", "gw-2:")]
    (rest,) = told[2:]
    assert rest.count is not None
    assert (rest.waiver, rest.count.occurrences) == ("W-1", 2)


def test_gaps_stay_their_gateways_and_what_all_of_them_missed_is_told() -> None:
    one = of(event(), gateway="gw-1", gaps=(stopped(0, 3600),))
    other = of(event(), event(), gateway="gw-2", gaps=(stopped(1800, 7200), stopped(9000, 9060)))
    told = together([("/a", one), ("/b", other)])
    assert told.coverage is not None
    assert [gap.gateway for gap in told.coverage.gaps] == ["gw-1", "gw-2", "gw-2"]
    lines = list(text(shown(told)))
    assert "gw-2: 2 contacts on record" in lines
    assert "None of them was in force for 30 min, 0.21 % of the time." in lines
    assert max(map(len, lines)) <= WIDTH
    page = as_html(shown(told), {}, ())
    assert "gw-1: 1 contact on record" in page
    assert "None of them was in force for 30 min" in page
    data = members(shown(told))
    assert data["happened"]["none_in_force"] == 1800
    assert [(part["gateway"], part["path"], part["occurrences"]) for part in data["stores"]] == [
        ("gw-1", "/a", 1),
        ("gw-2", "/b", 2),
    ]
    rows = csv.DictReader(io.StringIO(as_csv(shown(told)), newline=""))
    assert [row["gateway"] for row in rows if row["kind"] == "gap"] == ["gw-1", "gw-2", "gw-2"]


def test_where_one_was_always_in_force_that_is_said() -> None:
    told = together([("/a", of(gateway="a", gaps=(stopped(0, 60),))), ("/b", of(gateway="b"))])
    assert any(line.startswith("At every instant one of them was in force") for line in text(shown(told)))


@pytest.mark.parametrize(
    ("ends", "said"),
    [(0.0, "Too many gaps to tell"), (60.0, "None of them was in force for 1 min at least, ")],
)
def test_where_gaps_are_left_out_no_more_is_claimed_than_is_known(ends: float, said: str) -> None:
    full = replace(of(gateway="a"), coverage=Coverage(gaps=(stopped(0, 60),), more=9))
    told = together([("/a", full), ("/b", of(gateway="b", gaps=(stopped(0, ends),)))])
    assert any(line.startswith(said) for line in text(shown(told)))


def test_two_stores_of_one_gateway_are_told_apart_and_so_are_those_without_a_name() -> None:
    told = together(
        [("/a", of(gateway="gw")), ("/b", of(gateway="gw")), ("/c", of(gateway="")), ("/d", of(gateway="x"))]
    )
    assert [part.gateway for part in told.parts] == ["gw /a", "gw /b", "/c", "x"]


def test_what_they_disagree_in_is_not_said_of_all() -> None:
    one, other = replace(of(), last_error="full", mode="tap"), replace(of(gateway="b"), revision="s", last_error="")
    told = together([("/a", one), ("/b", other)])
    assert (told.revision, told.mode, told.last_error) == ("", "", "gw: full")


def test_what_was_left_out_stays_counted() -> None:
    events = [event(client=f"10.{n >> 8}.{n & 255}.1") for n in range(MAX_ROWS)]
    full = replace(of(), rows=replace(bounded(tally(events, ROW)), omitted=3, occurrences=MAX_ROWS + 50))
    more = replace(of(), rows=Rows(rows=tuple(tally([event(client="fd00::1")], ROW)), occurrences=1))
    told = together([("/a", full), ("/b", more)]).rows
    assert (len(told.rows), told.omitted, told.occurrences) == (MAX_ROWS, 4, MAX_ROWS + 51)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_name_of_a_gateway_acts(hostile: str) -> None:
    told = together([("/a", of(gateway=hostile, gaps=(stopped(0, 60),))), ("/b", of(gateway=f"<b>{hostile}"))])
    assert all(line.isprintable() for line in text(shown(told)))
    assert "<b>" not in as_html(shown(told), {}, ()).partition("When less was enforced")[2].partition("</section>")[0]


def test_trials_cover_nothing() -> None:
    one = replace(of(), coverage=None)
    told = together([("/a", one), ("/b", one)])
    assert told.coverage is None
    assert members(replace(shown(told), simulated=True))["happened"]["none_in_force"] is None


def test_a_why_of_both_is_one() -> None:
    (why,) = together([("/a", of(event())), ("/b", of(event()))]).why
    assert isinstance(why, Why)
    assert why.count.occurrences == 2
