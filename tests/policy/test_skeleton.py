"""Skeletons: nothing unanswered loads, and what is filled does."""

import re
from datetime import date

import pytest
from policy_fixtures import ACME, faults_of

from enforcer.model.verdict import SERVICES
from enforcer.policy.load import load
from enforcer.policy.skeleton import MARK, MAYBE, SERVICE_MEANING, ZONES, ban_skeleton, vendor_skeleton

TODAY = date(2030, 6, 1)
SUBJECTS = {"us-person": "a person", "us-agency": "an agency", "ca-agency": "an agency up north"}
BAN = ban_skeleton("us-acme-2030", "us", TODAY, SUBJECTS)
VENDOR = vendor_skeleton("zeta", TODAY)

ANSWERS = {
    "title": '"A title"',
    "vendors": '["acme"]',
    "effect": '"use-prohibited"',
    "status": '"in-force"',
    "subjects": '["us-person"]',
    "wording": '"required by"',
    "citations": '["1 XX 1"]',
    "verified_on": "2030-06-01",
    "verified_through": "2030-06-01",
    "text": '"the text itself"',
    "clock": '"stated"',
    "confidence": '"high"',
    "summary": '"what holds"',
    "sources": '["text"]',
    "service": '"update"',
    "names": '["a.zeta.example"]',
    "domains": '["upd.zeta.example"]',
    "evidence": '"strong"',
    "statutory": '{ block = ["update"], otherwise = "observe", undecodable = "observe" }',
    "protective": '{ block = ["update"], otherwise = "flag", undecodable = "flag" }',
}


def filled(skeleton: str) -> str:
    """Each marked place with its answer; phases a year apart."""
    years = iter(range(2031, 2040))

    def answer(mark: re.Match[str]) -> str:
        key = mark[1]
        value = f"{next(years)}-01-01T00:00:00-05:00" if key == "starts" else ANSWERS[key]
        return f"{key} = {value}"

    return re.sub(rf"^{MARK}(\w+) =$", answer, skeleton, flags=re.MULTILINE)


def test_a_filled_ban_loads_and_says_what_was_answered() -> None:
    (ban,) = load({"vendors/acme.toml": ACME, "us/acme-2030.toml": filled(BAN)}).bans
    assert (ban.id, ban.title, [phase.id for phase in ban.phases]) == (
        "us-acme-2030",
        "A title",
        ["announced", "in-force"],
    )


def test_a_filled_vendor_loads() -> None:
    (vendor,) = load({"vendors/zeta.toml": filled(VENDOR)}).vendors
    assert (vendor.id, vendor.services) == ("zeta", ("update",))


@pytest.mark.parametrize(("skeleton", "file"), [(BAN, "us/acme-2030.toml"), (VENDOR, "vendors/zeta.toml")])
def test_every_place_is_needed_and_told_by_its_key(skeleton: str, file: str) -> None:
    """A place left as it is makes the fault that its key is missing; but one of names and domains will do."""
    marks = [match.start() for match in re.finditer(rf"^{MARK}", skeleton, re.MULTILINE)]
    assert len(marks) > 8
    for place in marks:
        key = skeleton[place + len(MARK) :].partition(" ")[0]
        left = filled(skeleton[:place] + "@@" + skeleton[place:]).replace("@@", "")
        told = faults_of({"vendors/acme.toml": ACME, file: left})
        if key in ("names", "domains", "evidence"):
            assert told == []
        else:
            assert told, f"{key} may be left out"
            assert any(f"{key}: is missing" in one or "names no source" in one for one in told)


@pytest.mark.parametrize("skeleton", [BAN, VENDOR])
def test_a_mark_taken_off_without_a_value_is_no_toml(skeleton: str) -> None:
    for match in re.finditer(rf"^{MARK}", skeleton, re.MULTILINE):
        bare = skeleton[: match.start()] + skeleton[match.end() :]
        assert "Invalid value" in " ".join(faults_of({"vendors/zeta.toml": bare}))


@pytest.mark.parametrize(("skeleton", "file"), [(BAN, "us/acme-2030.toml"), (VENDOR, "vendors/zeta.toml")])
def test_what_not_every_law_has_loads_too_once_unmarked(skeleton: str, file: str) -> None:
    text = re.sub(rf"^{re.escape(MAYBE)}", "", filled(skeleton), flags=re.MULTILINE)
    assert faults_of({"vendors/acme.toml": ACME.replace("192.0.2.0/24", "203.0.113.0/24"), file: text}) == []


def test_lines_fit_and_the_day_is_told() -> None:
    for skeleton in (BAN, VENDOR):
        assert max(map(len, skeleton.splitlines())) <= 120
        assert "2030-06-01" in skeleton


def test_the_countrys_own_subjects_are_offered_with_its_zone() -> None:
    assert "#   us-agency " in BAN
    assert "ca-agency" not in BAN
    assert ZONES["us"] in BAN
    other = ban_skeleton("zz-x", "zz", TODAY, SUBJECTS)
    assert "ca-agency" in other, "a country without words of its own is offered all"


def test_every_service_is_explained() -> None:
    assert tuple(SERVICE_MEANING) == SERVICES
    assert all(f"#   {service} " in skeleton for service in SERVICES for skeleton in (BAN, VENDOR))
