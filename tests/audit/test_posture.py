"""What the witnesses of a posture say together: the grave first, and the exit code that follows."""

from dataclasses import replace
from typing import Any

import pytest
from state_fixtures import NOW, STATE, state

from enforcer.audit.gap import Cause, Gap
from enforcer.audit.posture import (
    DOUBTS,
    NOT_ENFORCING,
    WELL,
    CoverageView,
    KernelView,
    Outcome,
    Posture,
    Probe,
    coverage_view,
    posture,
)
from enforcer.audit.posture_text import WIDTH, posture_text
from enforcer.model.members import from_members, to_members
from enforcer.model.state import Standing

KERNEL = KernelView(tables=("table inet enforcer",), revision=STATE.revision, taken_out=False)
COVERED = coverage_view((), 0, NOW - 86_400, NOW)
STOPPED = Probe(
    kind="dns", vendor="acme", service="update", name="update.acme.test", outcome=Outcome.OURS, told="Acme: full"
)
[WAIVER] = STATE.waivers
PAUSE = replace(WAIVER, id="pause-1", pause=True)


def found(**changes: Any) -> Posture:
    usual: dict[str, Any] = {
        "at": NOW,
        "written_revision": STATE.revision,
        "state": STATE,
        "unasked": "",
        "kernel": KERNEL,
        "coverage": COVERED,
        "probes": (STOPPED,),
    }
    return posture(**(usual | changes))


def test_all_is_well() -> None:
    well = found()
    assert (well.grave, well.doubts, well.exit_code) == ((), (), WELL)
    assert to_members(from_members(Posture, to_members(well))) == to_members(well)


GRAVE = {
    "nobody answers": ({"state": None, "unasked": "no service listens"}, "no service listens"),
    "paused": ({"state": state(standing=Standing.PAUSED)}, "the service says that it is paused"),
    "taken out": ({"kernel": replace(KERNEL, tables=(), taken_out=True)}, "a person took the rules out"),
    "no rules": ({"kernel": replace(KERNEL, tables=(), revision="")}, "no rule of ours is in the kernel"),
    "rules of another policy": (
        {"kernel": replace(KERNEL, revision="feed")},
        "the kernel's rules are of policy feed, the service judges by 0123456789abcdef",
    ),
    "a probe passed": (
        {"probes": (replace(STOPPED, outcome=Outcome.PASSED, told="answered"),)},
        "update.acme.test is to be blocked, and its dns probe passed: answered",
    ),
}


@pytest.mark.parametrize(("changes", "why"), GRAVE.values(), ids=GRAVE.keys())
def test_what_is_grave_is_told_and_is_not_in_force(changes: dict[str, Any], why: str) -> None:
    told = found(**changes)
    assert why in told.grave[0]
    assert told.exit_code == NOT_ENFORCING
    assert next(posture_text(told)).startswith("NOT IN FORCE as it should be")


DOUBTFUL = {
    "the service's own": ({"state": state(doubts=("something was lost",))}, "something was lost"),
    "a pause": ({"state": state(waivers=(PAUSE,), revision="p")}, "pause-1 is in force"),
    "files that are newer": ({"written_revision": "new"}, "the files say new: enforcer reload"),
    "a trial": ({"state": state(simulated=True), "coverage": None}, "this is a trial"),
    "a kernel that is not shown": ({"kernel": None}, "we may not look into the kernel"),
    "no record": ({"coverage": None}, "there is no record of facts"),
    "a probe without a word": (
        {"probes": (replace(STOPPED, outcome=Outcome.UNCLEAR),)},
        "1 of 1 probes prove nothing: update.acme.test",
    ),
}


@pytest.mark.parametrize(("changes", "why"), DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_what_is_doubtful_is_told(changes: dict[str, Any], why: str) -> None:
    told = found(**({"kernel": None if "revision" in str(changes) and "pause" in str(changes) else KERNEL} | changes))
    assert any(why in doubt for doubt in told.doubts)
    assert told.exit_code == DOUBTS


def test_coverage_is_the_time_in_which_it_was_in_force() -> None:
    gaps = [
        Gap(cause=Cause.STOPPED, starts=100.0, ends=150.0),
        Gap(cause=Cause.OFF, starts=140.0, ends=160.0),
        Gap(cause=Cause.LOST, starts=300.0, ends=400.0, lost=3),
        Gap(cause=Cause.KILLED, starts=980.0, ends=None),
    ]
    a_moment = [Gap(cause=Cause.STOPPED, starts=0.0, ends=0.1)]
    assert coverage_view(a_moment, 0, 0.0, 30 * 86_400.0).enforced < 1
    covered = coverage_view(gaps, 0, 0.0, 1000.0)
    assert covered.enforced == pytest.approx(1 - (60 + 20) / 1000)
    assert [gap.cause for gap in covered.gaps] == ["stopped", "taken-out", "lost", "killed"]
    assert covered.gaps[-1].ends is None
    assert found(coverage=covered).doubts == ("4 gaps in coverage since 1970-01-01T00:00:00Z",)


def test_the_text_fits_and_nothing_in_it_can_act() -> None:
    hostile = replace(STOPPED, name="a\x1b[31m.test", told="x\n" + "long " * 60, outcome=Outcome.STOPPED)
    gaps = coverage_view([Gap(cause=Cause.STOPPED, starts=NOW - 50, ends=NOW, reason="told\x07")], 3, NOW - 100, NOW)
    lines = list(posture_text(found(probes=(hostile,), coverage=gaps)))
    assert all(line.isprintable() and len(line) <= WIDTH for line in lines)
    assert "in force at most 50.00 % of the time" in "\n".join(lines)
    assert "  stopped: proves that it was stopped while a free name passed; not by whom" in lines
    assert "a\\x1b[31m.test" in "\n".join(lines)


def test_each_part_says_when_it_was_not_looked_at() -> None:
    text = "\n".join(posture_text(found(state=None, unasked="nobody", kernel=None, coverage=None, probes=())))
    for part in ("Service: none answers", "Kernel: not looked at", "Record: none of facts", "Probes: none were asked"):
        assert part in text


def test_coverage_is_of_a_type_that_json_has() -> None:
    assert from_members(CoverageView, to_members(COVERED)) == COVERED
