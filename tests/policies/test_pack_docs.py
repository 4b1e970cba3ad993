"""docs/packs.md is what a compliance officer reads: its tables say what the files say."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pack_fixtures import bans

from enforcer.model.verdict import SERVICES, Profile, Verdict
from enforcer.policy.ban import Ban

PAGE = (Path(__file__).parents[2] / "docs" / "packs.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-z0-9-]+)` \| (.*?) \| (.*?) \| (aligned with|required by) \| (.*?) \|$", re.MULTILINE)
ROWS = {match[1]: match.groups()[1:] for match in ROW.finditer(PAGE)}
DAY = re.compile(r"\d{4}-\d\d-\d\d")


def ids(ban: Ban) -> str:
    return ban.id


def days(ban: Ban) -> list[str]:
    """Where each phase begins, in the day's own zone: none lies more than 14 hours from Greenwich."""
    local = []
    for phase in ban.phases:
        utc = datetime.fromtimestamp(phase.interval.starts, UTC)
        local.append((utc if utc.hour <= 12 else utc + timedelta(hours=24 - utc.hour)).date().isoformat())
    return local


def test_the_tables_name_every_ban_once() -> None:
    assert sorted(ROWS) == sorted(ban.id for ban in bans())
    assert len(ROW.findall(PAGE)) == len(ROWS)


@pytest.mark.parametrize("ban", bans(), ids=ids)
def test_a_row_names_the_subjects_the_wording_and_the_confidence(ban: Ban) -> None:
    whom, _, wording, sure = ROWS[ban.id]
    assert re.findall(r"`([a-z-]+)`", whom) == list(ban.subjects)
    assert wording == ban.wording
    assert sure.split(", then ") == list(dict.fromkeys(phase.confidence for phase in ban.phases))


@pytest.mark.parametrize("ban", bans(), ids=ids)
def test_a_row_names_each_phase_by_its_day(ban: Ban) -> None:
    said = DAY.findall(ROWS[ban.id][1])
    assert [day for day in said if day in days(ban)] == days(ban)


@pytest.mark.parametrize("ban", bans(), ids=ids)
def test_a_day_is_bold_where_something_begins_to_be_blocked(ban: Ban) -> None:
    """What the reader's eye should find: the days on which the statutory profile blocks more than before."""
    bold, before = [], set[str]()
    for phase, day in zip(ban.phases, days(ban), strict=True):
        now = {one for one in SERVICES if phase.profiles[Profile.STATUTORY].of(one) is Verdict.BLOCK}
        if now - before:
            bold.append(day)
        before = now
    said = re.findall(r"\*\*(\d{4}-\d\d-\d\d)\*\*", ROWS[ban.id][1])
    if ban.id == "us-commerce-kaspersky-2024":  # both of its dates are what everybody asks for
        assert said == ["2024-07-20", "2024-09-29"]
    elif ban.id == "us-fascsa-acronis-2025":  # would block, and has nothing to block
        assert said == []
    else:
        assert said == bold


@pytest.mark.parametrize("ban", [ban for ban in bans() if ban.status in ("proposed", "unconfirmed")], ids=ids)
def test_a_row_says_what_is_only_proposed_or_unconfirmed(ban: Ban) -> None:
    assert ban.status in ROWS[ban.id][1]


def test_every_ban_that_the_page_speaks_of_exists() -> None:
    known = {ban.id for ban in bans()}
    spoken = set(re.findall(r"`([a-z]{2}-[a-z0-9-]+-\d{2,4}[a-z0-9-]*)`", PAGE))
    assert spoken <= known
