"""What a person sees of a step: the command, what came, what syslog said, and whether that is right."""

import json
import sys
from dataclasses import replace

from enforcer.lab import show
from enforcer.lab.outcome import Result
from enforcer.lab.story import Scene, Step, Trace

TRACE = Trace(verdict="block", how="dns", name="a.test", action="answered")
STEP = Step(what="it is not resolved", name="a.test", command=("dig", "a.test"), sees="NXDOMAIN", leaves=(TRACE,))
GOOD = Result(scene="after", step=STEP, got="NXDOMAIN", traces=(TRACE,), alerts=("block a.test: why",))


def texts(result: Result) -> list[str]:
    return [text.strip() for text, _ in show.result(result) if text]


def test_a_good_step() -> None:
    assert texts(GOOD) == ["client$ dig a.test", "got: NXDOMAIN", "syslog: block a.test: why", "✔ it is not resolved"]
    assert list(show.result(GOOD))[-1][1] == show.GOOD


def test_a_bad_step_says_all_that_is_wrong() -> None:
    bad = replace(GOOD, got="NOERROR", alerts=(), faults=("expected NXDOMAIN", "no alert"))
    assert texts(bad)[2:] == [
        "record: block a.test (dns, answered)",
        "fault: expected NXDOMAIN",
        "fault: no alert",
        "✘ it is not resolved",
    ]
    assert list(show.result(bad))[-1][1] == show.BAD


def test_a_skipped_step_is_loud() -> None:
    line, colour = list(show.result(replace(GOOD, skipped="no curl_cffi")))[-1]
    assert (line.strip(), colour) == ("SKIPPED it is not resolved: no curl_cffi", show.SKIPPED)


def test_no_record_is_said_too() -> None:
    assert "record: none, it is nobody's business" in texts(replace(GOOD, traces=(), alerts=()))


def test_the_summary_counts() -> None:
    results = [GOOD, replace(GOOD, faults=("x",)), replace(GOOD, skipped="y")]
    assert list(show.summary(results, 3.4))[-1] == ("1 of 2 steps as expected, 1 SKIPPED, in 3 s", show.BAD)
    assert list(show.summary([GOOD], 3.4))[-1] == ("1 of 1 steps as expected, in 3 s", show.GOOD)


def test_commands_are_shown_as_one_types_them() -> None:
    assert (
        show.command((sys.executable, "-P", "-m", "enforcer.lab.chrome", "a b"))
        == "python -m enforcer.lab.chrome 'a b'"
    )


def test_a_scene_has_its_title() -> None:
    scene = Scene(name="x", title="The day", at="2024-01-01", steps=())
    assert [text for text, _ in show.scene(scene)] == ["", "── The day"]


def test_for_programs_it_is_json() -> None:
    told = json.loads(json.dumps(show.as_dict(GOOD)))
    assert told["ok"] is True
    assert told["recorded"] == ["block a.test (dns, answered)"]
    assert show.as_dict(replace(GOOD, skipped="x"))["ok"] is False
