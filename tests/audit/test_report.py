"""The report as text and as JSON: golden at one date, and safe with whatever a name says."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from event_fixtures import CUT_OFF, HOSTILE, event
from hypothesis import given
from hypothesis import strategies as st
from report_fixtures import DOH, PAUSED, PAYLOAD, WALK, findings, waived

from enforcer.audit.count import Count, tally
from enforcer.audit.gap import Cause, Coverage, Gap, Traffic
from enforcer.audit.in_force import in_force
from enforcer.audit.report import MAX_ROWS, OWN_KINDS, ROW, WHY, Happened, Report, Why, bounded
from enforcer.audit.report_json import members
from enforcer.audit.report_text import text
from enforcer.audit.report_words import WIDTH
from enforcer.model.calendar import iso
from enforcer.model.event import KINDS, Event
from enforcer.model.verdict import Verdict
from enforcer.policy.load import load

GOLDEN = Path(__file__).parent / "golden"
POLICY = {
    "vendors/kaspersky.toml": """
vendor = "kaspersky"
title = "Kaspersky"
verified_on = 2026-06-30
[sources]
a = "a test"
""",
    "us/us-commerce-kaspersky-2024.toml": """
ban = "us-commerce-kaspersky-2024"
title = "Final Determination"
vendors = ["kaspersky"]
effect = "vendor-prohibited"
status = "in-force"
subjects = ["us-person"]
wording = "aligned with"
citations = ["89 FR 52434", "FR Doc 2024-13532", "Case ICTS-2021-002", "15 CFR 791.109"]
verified_on = 2026-06-30
verified_through = 2026-06-30
[sources]
a = "a test"
[[phase]]
phase = "full"
starts = 2024-09-29T00:00:00-04:00
clock = "stated"
confidence = "high"
summary = "no updates"
sources = ["a"]
statutory = { block = ["update", "reputation", "telemetry", "download", "activation"], flag = ["account"], otherwise = "observe", undecodable = "observe" }
protective = { block = ["update"], otherwise = "flag", undecodable = "flag" }
[[phase]]
phase = "later"
starts = 2030-01-01T00:00:00-05:00
clock = "stated"
confidence = "high"
summary = "no website"
sources = ["a"]
statutory = { block = ["website"], otherwise = "observe", undecodable = "observe" }
protective = { block = ["website"], otherwise = "observe", undecodable = "observe" }
""",  # noqa: E501 (TOML's inline tables stand on one line)
}
for _service in ("update", "reputation", "telemetry", "download", "activation", "account", "website"):
    POLICY["vendors/kaspersky.toml"] += f"""
[[hosts]]
service = "{_service}"
domains = ["{_service}.kaspersky.example"]
evidence = "strong"
confidence = "high"
sources = ["a"]
"""
AT = CUT_OFF + 86400

OBSERVED = event(
    service="website",
    verdict="observe",
    action="passed",
    client="2001:db8:1:0:a1b2:c3d4:e5f6:1234",
    reason="website host of Kaspersky: observe from 2024-09-29T04:00:00Z (phase full of us-commerce-kaspersky-2024)",
)


def report_on(events: list[Event], *, simulated: bool = False, **more: Any) -> Report:
    """As happened() puts it together, without a store."""
    why = [Why(count=count, reason=events[count.number - 1].reason) for count in tally(events, WHY)]
    told = Happened(
        since=CUT_OFF,
        until=AT,
        rows=bounded(tally(events, ROW)),
        why=tuple(why),
        own=tuple(tally([replace(event(), kind=kind) for kind in ("start", "stop", "start")], ["kind"])),
        last_error="",
        coverage=None if simulated else Coverage(gaps=()),
        others=0,
        writing=True,
        revision="0123456789abcdef",
    )
    policy = load(POLICY)
    now = replace(in_force(policy, AT), revision="0123456789abcdef")
    return Report(
        in_force=now, store="/var/lib/enforcer/events.sqlite", simulated=simulated, happened=replace(told, **more)
    )


def usual() -> Report:
    events = [event(at=CUT_OFF + n, client=f"10.1.0.{2 + n % 3}") for n in range(200)]
    events += [replace(OBSERVED, at=CUT_OFF + n) for n in range(40)]
    events += [event(at=CUT_OFF + 7, waiver="W-1", verdict="flag", action="passed", reason="softened by waiver")]
    return report_on(
        events,
        coverage=Coverage(
            gaps=(
                Gap(cause=Cause.BEFORE, starts=CUT_OFF, ends=CUT_OFF + 60),
                Gap(cause=Cause.STOPPED, starts=CUT_OFF + 600, ends=CUT_OFF + 7800, reason="told to", fail="open"),
                Gap(cause=Cause.LOST, starts=CUT_OFF + 9000, ends=CUT_OFF + 9060, lost=29, reason="29 events lost"),
                Gap(
                    cause=Cause.CLOCK,
                    starts=CUT_OFF + 9100,
                    ends=CUT_OFF + 9100,
                    reason="clock was set back by 2.0 s",
                ),
                Gap(cause=Cause.INSPECTOR, starts=CUT_OFF + 30000, ends=CUT_OFF + 30003, reason="hung", fail="open"),
                Gap(cause=Cause.PAUSED, starts=CUT_OFF + 40000, ends=CUT_OFF + 40060, reason="by root", id="pause-1"),
                Gap(cause=Cause.CEILING, starts=CUT_OFF + 50000, ends=CUT_OFF + 60000, reason="`ceiling` is flag"),
                Gap(cause=Cause.KILLED, starts=CUT_OFF + 80000, ends=None, fail="closed"),
            ),
            more=2,
        ),
        last_error="the disk is full; free some space",
        others=12,
        days={19995: {Verdict.BLOCK: 200, Verdict.OBSERVE: 40}, 19996: {Verdict.FLAG: 1}},
        findings=findings(DOH, replace(DOH, client="10.1.0.7"), WALK, PAYLOAD),
        waived=(PAUSED, *waived(*events)),
    )


def lines(report: Report) -> str:
    return "\n".join(text(report)) + "\n"


def golden(name: str, content: str) -> None:
    """Compares with the kept text; on a difference the new one lies beside it, for `diff` and, if right, `mv`."""
    kept, new = GOLDEN / name, GOLDEN / f"{name}.new"
    if not kept.exists() or kept.read_text() != content:
        new.write_text(content)
        assert kept.exists(), f"look at {new}"
        assert kept.read_text() == content


def test_the_usual_report() -> None:
    golden("report.txt", lines(usual()))


def test_the_usual_report_as_json() -> None:
    told = members(usual())
    assert json.loads(json.dumps(told)) == told
    golden("report.json", json.dumps(told, indent=2) + "\n")


def test_every_line_fits() -> None:
    assert max(map(len, lines(usual()).split("\n"))) <= WIDTH


def test_no_store_yet() -> None:
    report = replace(usual(), happened=None)
    said = lines(report)
    assert "there is no store at" in said
    assert "us-commerce-kaspersky-2024: phase full" in said
    assert members(report)["store"] == {
        "path": "/var/lib/enforcer/events.sqlite",
        "found": False,
        "writing": False,
        "revision": None,
        "mode": None,
    }
    assert members(report)["happened"] is None


def test_a_trial_says_so_and_covers_nothing() -> None:
    said = lines(report_on([event(simulated=True)], simulated=True, others=3))
    assert "SIMULATED, what trials did and never a fact" in said
    assert "3 facts of this time stand apart" in said
    assert "overage" not in said


def test_says_whether_a_daemon_judges_and_by_what() -> None:
    assert "\n  the daemon is running\n" in lines(usual())
    assert "no daemon writes to /var/lib" in lines(report_on([], writing=False))
    assert "judges by another revision, beef" in lines(report_on([], revision="beef"))


def test_nothing_happened() -> None:
    said = lines(report_on([]))
    assert "nothing of a restricted vendor was seen" in said
    assert "Coverage: no gap is known in this time." in said


def test_a_block_that_passed_stands_under_passed() -> None:
    said = lines(report_on([event(action="passed", reason="could not be stopped")]))
    assert "Stopped, and why" not in said
    assert "Passed, and why\n      1  could not be stopped" in said


def test_a_reason_stands_once_however_it_was_stopped() -> None:
    kept = [event(action="reset", reason="why")] * 3 + [
        event(action="answered", reason="why"),
        event(service="store", reason="other"),
    ]
    assert "Stopped, and why\n      4  why\n      1  other" in lines(report_on(kept))


def test_what_a_mirror_saw_is_neither_stopped_nor_merely_passed() -> None:
    seen = Gap(cause=Cause.SEEN, starts=CUT_OFF, ends=None, reason="mode tap")
    report = report_on([event(action="seen", reason="why")], mode="tap", coverage=Coverage(gaps=(seen,)))
    said = lines(report)
    assert "\n  the daemon is running in mode tap: traffic is seen and flagged, nothing is\n  enforced\n" in said
    assert "To be stopped and only seen (mode tap), and why\n      1  why" in said
    assert "topped, and why\n" not in said.replace("To be stopped", "")
    assert "Passed, and why" not in said
    assert f"{iso(CUT_OFF)} to now: seen, not enforced (mode tap)" in said
    told = members(report)
    assert told["store"]["mode"] == "tap"
    assert [row["passed"] for row in told["happened"]["why"]] == [True]
    assert [gap["cause"] for gap in told["happened"]["gaps"]] == ["seen-only"]


def test_many_clients_are_shown_in_part_and_counted_whole() -> None:
    said = lines(report_on([event(client=f"10.1.{n // 256}.{n % 256}") for n in range(1000)]))
    assert "1,000 times, 1,000 clients" in said
    assert "and 960 more rows, 960 times: --json has them" in said


def test_what_exceeds_the_memory_is_counted() -> None:
    counts = [Count(key=(str(n),), occurrences=2, records=1, first=0, last=0, number=n) for n in range(MAX_ROWS + 5)]
    rows = bounded(iter(counts))
    assert (len(rows.rows), rows.omitted, rows.occurrences) == (MAX_ROWS, 5, 2 * MAX_ROWS + 10)


@given(st.sampled_from([*HOSTILE]) | st.text(max_size=80), st.sampled_from(["client", "waiver", "reason", "ban"]))
def test_no_name_acts_on_the_terminal(hostile: str, field: str) -> None:
    said = lines(report_on([event(**{field: hostile})], last_error=hostile))
    said.encode()
    assert not set(said) & {chr(c) for c in (*range(10), *range(11, 32), 127, *range(128, 160))}
    assert "\u202e" not in said


def test_own_kinds_are_all_but_decisions_and_findings() -> None:
    assert set(OWN_KINDS) == set(KINDS) - {"decision", "finding"}


def keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


def test_the_page_names_every_member_of_the_json() -> None:
    page = (Path(__file__).parents[2] / "docs/audit.md").read_text()
    named = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]+)`", page.split("## JSON")[1]))))
    told = members(usual())
    told["happened"]["service"] = {}  # by kind, which docs/events.md lists
    assert keys(told) <= named


def test_the_page_names_every_cause_of_a_gap_and_what_becomes_of_traffic() -> None:
    page = (Path(__file__).parents[2] / "docs/audit.md").read_text()
    assert set(re.findall(r"^\| `([a-z-]+)` \|", page.split("## JSON")[0], re.MULTILINE)) == {*Cause, *Traffic}
