"""Findings, waivers and days as text; the whole page is in golden/report.txt."""

from dataclasses import replace

import pytest
from event_fixtures import HOSTILE, event
from report_fixtures import DOH, PAUSED, PAYLOAD, WALK, findings, waived

from enforcer.audit.report import MAX_CLIENTS
from enforcer.audit.report_findings import MAX_LINES, date, days_text, findings_text, waivers_text, way_title
from enforcer.audit.report_words import WIDTH
from enforcer.model.event_schema import schema
from enforcer.model.verdict import Verdict


def test_each_way_is_told_once_with_its_clients() -> None:
    said = "\n".join(findings_text(findings(DOH, DOH, replace(DOH, client="10.1.0.7"), WALK, PAYLOAD)))
    assert "DNS over HTTPS (doh), passed: 3 times, 2 clients\n    10.1.0.2  2 times, last" in said
    assert "(walk),\n    kaspersky, passed: 3 times, 1 client\n    fd00::2  3 times, last 2024-09-29T04:01:30Z" in said
    assert "what looks like a vendor's updates, at a host of nobody's" in said


def test_none_is_no_section() -> None:
    assert [*findings_text(()), *waivers_text(()), *days_text({}), *days_text({1: {}})] == []


def test_many_clients_are_shown_in_part_and_counted_and_hide_no_other_finding() -> None:
    many = [replace(DOH, client=f"10.1.{n >> 8}.{n & 255}") for n in range(MAX_CLIENTS + 4)]
    loud, walk = findings(*many, *many, WALK)
    assert (len(loud.of_clients), loud.clients) == (MAX_CLIENTS, MAX_CLIENTS + 4)
    assert loud.count.occurrences == 2 * MAX_CLIENTS + 8
    assert walk.clients == 1
    said = list(findings_text((loud, walk)))
    assert f"    and {MAX_CLIENTS + 4 - MAX_LINES} more clients: --json has more" in said
    assert any("walks the public resolvers" in line for line in said)


def test_every_way_of_the_record_has_a_title() -> None:
    ways = schema()["properties"]["way"]["enum"]
    assert all(way_title(way) != way for way in ways)


def test_waivers_and_a_pause_that_nobody_met() -> None:
    said = list(waivers_text((PAUSED, *waived(event(waiver="W-1"), event(waiver="W-1", at=1727582500.0), event()))))
    assert said[2].startswith("  pause-1: nothing came under it; paused by root until")
    assert said[-1] == "  W-1: 2 times, 2024-09-29T04:00:05Z to 2024-09-29T04:01:40Z"


def test_a_line_for_each_day() -> None:
    days = {19995: {Verdict.BLOCK: 2000, Verdict.OBSERVE: 4}, 19996: {Verdict.FLAG: 1}}
    assert list(days_text(days))[2:] == [
        "  2024-09-29     2,000         0         4         0",
        "  2024-09-30         0         1         0         0",
    ]
    assert date(0) == "1970-01-01"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_hostile_acts(hostile: str) -> None:
    told = findings(replace(DOH, client=hostile, way=hostile, reason=hostile, vendor=hostile))
    said = [*findings_text(told), *waivers_text(waived(event(waiver=hostile)))]
    assert all(line.isprintable() for line in said)
    assert max(map(len, said)) <= WIDTH + 40
