"""What a run of the case files tells."""

import json

import click
from policy_verbs_fixtures import FILES

from enforcer.cli.policy_test_told import MAX_HOLES, as_json, as_text
from enforcer.policy.case_coverage import Coverage, coverage
from enforcer.policy.case_file import CaseFile, read_cases
from enforcer.policy.cases import Answer, ask
from enforcer.policy.load import load

CASES = """
[defaults]
ban = "xx-steps"
bans = ["xx-steps"]
profile = "statutory"
[[case]]
at = 2020-07-01T00:00:00-04:00
names = ["geo.acme.example", "a.upd.acme.example"]
verdict = "flag"
phase = "announced"
reason = "no such words"
[[case]]
at = 2020-06-30T23:59:59-04:00
names = ["geo.acme.example"]
verdict = "observe"
"""


def ran() -> tuple[tuple[CaseFile, ...], list[Answer], Coverage]:
    policy, files = load(FILES), read_cases({"t.toml": CASES})
    answers = list(ask(policy, files))
    return files, answers, coverage(policy.vendors, [ban for ban in policy.bans if ban.id == "xx-steps"], answers)


def test_a_failure_tells_asked_expected_got_and_why_once_for_names_alike() -> None:
    lines = [click.unstyle(line) for line in as_text(*ran())]
    assert lines[:9] == [
        "t.toml: case[0]: at 2020-07-01T00:00:00-04:00",
        "    asked geo.acme.example, a.upd.acme.example",
        "    for us-person, statutory profile, adopting xx-steps",
        "    verdict  expected flag       got block",
        "    phase    expected announced  got full",
        "    reason does not hold 'no such words'",
        "    said: update host of Acme: block from 2020-07-01T04:00:00Z (phase full of xx-steps, aligned with",
        "      1 XX 1)",
        "",
    ]
    assert lines[-2:] == [
        "1 files, 2 cases, 3 questions: 2 not as expected",
        "coverage: 2 of 24 points at boundaries, 2 of 2 phases",
    ]


def test_holes_are_listed_by_ban() -> None:
    lines = list(as_text(*ran()))
    assert "xx-steps: not asked" in lines
    assert "    at 2019-12-31T23:59:59-05:00 (in no phase), statutory: every service" in lines
    assert "    at 2020-07-01T00:00:00-04:00 (in full), statutory: acme/store, acme/threat-intel" in lines


def test_many_holes_are_cut_and_counted() -> None:
    files, answers, covered = ran()
    many = Coverage(needed=1, asked=0, holes=covered.holes * 20, phases=1, unasked=())
    lines = list(as_text(files, answers, many))
    assert f"    and {1 + len(many.holes) - MAX_HOLES} lines more; --json has them all" in lines


def test_json_has_it_all() -> None:
    answer = json.loads(as_json("r", *ran()))
    assert (answer["cases"], answer["questions"], len(answer["failures"])) == (2, 3, 2)
    first = answer["failures"][0]
    assert (first["case"], first["asked"], first["at"]) == ("case[0]", "geo.acme.example", "2020-07-01T04:00:00Z")
    assert first["differences"][0] == {"what": "verdict", "expected": "flag", "got": "block"}
    assert answer["coverage"]["needed"] == 24
    assert answer["coverage"]["holes"][0]["at"] == "2019-12-31T23:59:59-05:00"
