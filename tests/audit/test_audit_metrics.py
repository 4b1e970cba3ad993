"""A state as measurements: all of it, by the conventions for names, and nothing of anybody."""

import json
from dataclasses import replace

import pytest
from state_fixtures import NOW, STATE, state

from enforcer.audit.metrics import COUNTER, GAUGE, Family, families, without_people
from enforcer.model.members import Instant
from enforcer.model.state import BoundaryState, CountState, LatencyState, Standing, State

FAMILIES = {family.name: family for family in families(STATE)}


def value(of: State, name: str, *labels: str) -> float | LatencyState | None:
    return next((dict(one.samples).get(labels) for one in families(of) if one.name == f"enforcer_{name}"), None)


def test_what_stands_in_the_state_is_measured() -> None:
    assert value(STATE, "in_force") == 1
    assert value(STATE, "mode", "inline") == 1
    assert value(STATE, "mode", "tap") == 0
    assert value(STATE, "decisions", "block", "answered", "dns") == 7
    assert value(STATE, "events", "decision") == 7
    assert value(STATE, "phase_in_force", "us-acme-2024", "full") == 1
    assert value(STATE, "next_boundary_timestamp_seconds") == NOW + 86_400
    assert value(STATE, "next_boundary_seconds") == 86_400
    assert value(STATE, "waivers_in_force") == 1
    assert value(STATE, "queue_waiting", "4010") == 0
    assert value(STATE, "learned_entries", "4010") == 5
    assert value(STATE, "hold_seconds", "4010") == STATE.inspectors[0].holds
    assert value(STATE, "collector_up", "/dev/log") == 1


def test_what_is_unknown_is_not_measured() -> None:
    [inspector] = STATE.inspectors
    [family] = [
        one
        for one in families(state(inspectors=(replace(inspector, depth=None),)))
        if one.name.endswith("queue_waiting")
    ]
    assert family.samples == ()


@pytest.mark.parametrize("standing", list(Standing))
def test_one_standing_is_one(standing: Standing) -> None:
    told = state(standing=standing.value)
    assert [value(told, "standing", word.value) for word in Standing] == [int(word == standing) for word in Standing]
    assert value(told, "in_force") == int(standing is Standing.IN_FORCE)


def test_a_pause_is_no_waiver_and_has_an_end() -> None:
    (waiver,) = STATE.waivers
    paused = state(waivers=(waiver, replace(waiver, pause=True, until=Instant(NOW + 60))))
    assert value(paused, "waivers_in_force") == 1
    assert value(paused, "pauses_in_force") == 1
    assert value(paused, "pause_end_timestamp_seconds") == NOW + 60
    assert value(STATE, "pause_end_timestamp_seconds") is None


def test_without_a_boundary_none_is_measured() -> None:
    assert value(state(boundary=None), "next_boundary_seconds") is None


def test_a_boundary_at_the_start_of_time_is_one() -> None:
    assert value(state(boundary=BoundaryState(at=Instant(0.0), what="")), "next_boundary_timestamp_seconds") == 0


def test_kinds_are_added_up() -> None:
    counts = tuple(CountState(kind="decision", verdict=verdict, action="a", how="dns", count=2) for verdict in "xy")
    assert value(state(counts=counts), "events", "decision") == 4


def test_the_same_families_are_there_whatever_happened() -> None:
    empty = state(boundary=None, phases=(), waivers=(), inspectors=(), counts=(), collectors=())
    assert [one.name for one in families(empty)] == list(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_names_follow_the_conventions(family: Family) -> None:
    """prometheus.io/docs/practices/naming: the unit is in the name, `_total` is a counter's (and added to it)."""
    assert family.name.startswith("enforcer_")
    assert not family.name.endswith(("_total", "_bucket", "_count", "_sum", "_milliseconds"))
    assert family.told.endswith(".")
    assert family.kind != GAUGE or "timestamp" not in family.name or family.name.endswith("_timestamp_seconds")
    assert family.kind != COUNTER or not family.name.endswith("_info")


def test_nobody_is_in_what_the_server_is_told() -> None:
    many = state(phases=(STATE.phases[0], replace(STATE.phases[0], group="guests")), doubts=("10.1.0.9 did it",))
    bare = without_people(many)
    assert families(bare) == families(many)
    text = json.dumps(bare.as_dict())
    assert State.from_dict(json.loads(text)) == bare
    for word in ("10.1.0", "update.acme.test", "CISO", "T-1", "guests", "group lab", "events.sqlite"):
        assert word not in text, word
    assert len(bare.phases) == 1
