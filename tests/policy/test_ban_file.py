"""Ban files, each broken in one place, and what is said of it."""

import pytest
from policy_fixtures import ANNOUNCED, FULL, SALES, USE, USE_ENDS, faults, small

from enforcer.model.calendar import Interval
from enforcer.model.verdict import SERVICES, Effect, Profile, Verdict

FULL_LINE = 'statutory = { block = ["update", "store"]'
BROKEN = {
    "unknown effect": (
        '"vendor-prohibited"',
        '"vendor-prohibitted"',
        "effect: 'vendor-prohibitted' is none of vendor-",
    ),
    "unknown status": (
        '"in-force"',
        '"inforce"',
        "status: 'inforce' is none of in-force, proposed, unconfirmed, ended; ",
    ),
    "wording that the text does not bear": (
        '"aligned with"',
        '"required by"',
        "wording: a vendor-prohibited text does not bind the user of a network; write 'aligned with'",
    ),
    "no subjects": ('["us-person"]', "[]", "subjects: must not be empty"),
    "no citations": ('["1 XX 1", "Doc 1"]', "[]", "citations: must not be empty"),
    "no vendors": ('["acme"]', "[]", "vendors: must not be empty"),
    "odd id": ('"xx-steps"', '"xx steps"', "ban: 'xx steps' is no id"),
    "missing verified_through": ("verified_through = 2026-06-30\n", "", "verified_through: is missing"),
    "unknown exempt service": ('["threat-intel"]', '["threat"]', "exemption[0].services: 'threat' is none of update"),
    "exemption without text": ('text = "intelligence"\n', "", "exemption[0].text: is missing"),
    "start without offset": ("00:00:00-05:00", "00:00:00", "phase[0].starts: wanted a date-time with offset"),
    "start as text": (
        "2020-01-01T00:00:00-05:00",
        '"2020-01-01T00:00:00-05:00"',
        "phase[0].starts: wanted a date-time with offset like 2024-07-20T00:00:00-04:00, this is a string",
    ),
    "phases in the wrong order": (
        "2020-07-01T00:00:00-04:00",
        "2019-07-01T00:00:00-04:00",
        "phase[1].starts: does not come after the phase before it, 2020-01-01T05:00:00Z",
    ),
    "phases at the same instant": (
        "2020-07-01T00:00:00-04:00",
        "2020-01-01T05:00:00Z",
        "phase[1].starts: does not come after the phase before it",
    ),
    "overlap": (
        "starts = 2020-01-01T00:00:00-05:00",
        "starts = 2020-01-01T00:00:00-05:00\nends = 2020-07-01T00:00:01-04:00",
        "phase[0].ends: 2020-07-01T04:00:01Z overlaps the next phase, which starts 2020-07-01T04:00:00Z",
    ),
    "end before start": (
        "starts = 2021-01-01T00:00:00-05:00",
        "starts = 2021-01-01T00:00:00-05:00\nends = 2021-01-01T05:00:00Z",
        "phase[2].ends: 2021-01-01T05:00:00Z is not after `starts`, 2021-01-01T05:00:00Z",
    ),
    "ended without an end": ('"in-force"', '"ended"', "status: an ended ban says when: give phase[2] an `ends`"),
    "phase id twice": ('phase = "full"', 'phase = "sales"', "phase[2].phase: 'sales' stands here twice"),
    "unknown clock": ('"assumed"', '"guessed"', "phase[0].clock: 'guessed' is none of stated, assumed"),
    "no summary": ('summary = "no sales"\n', "", "phase[1].summary: is missing"),
    "unknown service": (
        FULL_LINE,
        'statutory = { block = ["updates"]',
        "phase[2].statutory.block: 'updates' is none of",
    ),
    "service in two lists": (
        FULL_LINE,
        'statutory = { flag = ["store"], block = ["store"]',
        "phase[2].statutory.block: 'store' stands under `flag` already",
    ),
    "unknown action": (FULL_LINE, 'statutory = { drop = ["store"]', "phase[2].statutory.drop: unknown key"),
    "empty profile": (
        'statutory = { otherwise = "observe", undecodable = "allow" }',
        "statutory = {}",
        "phase[0].statutory: is empty; to watch only, write {",
    ),
    "otherwise missing": ('{ otherwise = "observe", ', "{ ", "phase[0].statutory.otherwise: is missing"),
    "undecodable missing": (', undecodable = "allow" }', " }", "phase[0].statutory.undecodable: is missing"),
    "odd otherwise": (
        'otherwise = "observe"',
        'otherwise = "obsreve"',
        "phase[0].statutory.otherwise: 'obsreve' is none",
    ),
    "profile missing": (
        'statutory = { otherwise = "observe", undecodable = "allow" }\n',
        "",
        "phase[0].statutory: is missing",
    ),
    "misspelt profile": ("protective =", "protectiv =", "phase[0].protectiv: unknown key; did you mean 'protective'?"),
}


@pytest.mark.parametrize(("old", "new", "why"), BROKEN.values(), ids=BROKEN.keys())
def test_tells_the_fault(old: str, new: str, why: str) -> None:
    told = faults(steps=(old, new))
    assert any(line.startswith("xx/steps.toml: ") and why in line for line in told), told


def test_a_phase_may_end_as_the_next_starts() -> None:
    start = "starts = 2020-01-01T00:00:00-05:00"
    assert faults(steps=(start, f"{start}\nends = 2020-07-01T00:00:00-04:00")) == []


ALONE = (
    "start without offset",
    "start as text",
    "unknown clock",
    "no summary",
    "empty profile",
    "otherwise missing",
    "odd otherwise",
)


@pytest.mark.parametrize("case", ALONE)
def test_one_fault_is_told_once_and_draws_no_others(case: str) -> None:
    old, new, _ = BROKEN[case]
    assert len(faults(steps=(old, new))) == 1


def test_a_ban_without_phases_is_refused() -> None:
    phases = small_text_from("[[phase]]")
    assert "xx/agency.toml: phase: a ban has at least one `[[phase]]`" in faults(agency=(phases, ""))


def small_text_from(mark: str) -> str:
    from policy_fixtures import AGENCY

    return AGENCY[AGENCY.index(mark) :]


def test_reads_all_keys() -> None:
    agency, steps = small().bans
    assert (steps.id, steps.effect, steps.status, steps.wording) == (
        "xx-steps",
        Effect.VENDOR_PROHIBITED,
        "in-force",
        "aligned with",
    )
    assert steps.citations == ("1 XX 1", "Doc 1")
    exemption = steps.exemption("threat-intel")
    assert exemption is not None
    assert exemption.text == "intelligence"
    assert steps.exemption("update") is None
    assert [(phase.id, phase.clock) for phase in steps.phases] == [
        ("announced", "assumed"),
        ("sales", "stated"),
        ("full", "stated"),
    ]
    assert agency.phases[0].interval == Interval(USE, USE_ENDS)


def test_a_phase_without_end_ends_with_the_next_and_the_last_is_open() -> None:
    steps = small().bans[1]
    assert [phase.interval for phase in steps.phases] == [
        Interval(ANNOUNCED, SALES),
        Interval(SALES, FULL),
        Interval(FULL, None),
    ]


def test_the_offsets_are_kept_as_the_law_counts_its_days() -> None:
    agency, steps = small().bans
    hour = 3600
    assert [phase.offsets for phase in steps.phases] == [
        (-5 * hour, -4 * hour),
        (-4 * hour, -5 * hour),
        (-5 * hour, -5 * hour),
    ]
    assert agency.phases[0].offsets == (-4 * hour, -4 * hour)


def test_every_service_has_its_action() -> None:
    actions = small().bans[1].phases[2].profiles[Profile.STATUTORY]
    told = {service: actions.of(service) for service in SERVICES}
    assert {service for service, verdict in told.items() if verdict is Verdict.BLOCK} == {"update", "store"}
    assert set(told.values()) == {Verdict.BLOCK, Verdict.OBSERVE}
    assert actions.undecodable is Verdict.OBSERVE
