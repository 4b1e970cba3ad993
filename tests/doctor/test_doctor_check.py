"""A check's promise: it always says something, and rather that it could not look than that all is well."""

from typing import Any

import pytest

from enforcer.doctor.check import Check
from enforcer.doctor.checks import BY_ID, CHECKS, needed
from enforcer.doctor.facts import FACTS, Facts, Unseen
from enforcer.model.settings import Settings

UNSEEN = Unseen(why="missing CAP_NET_ADMIN", cure="run it as root")
LOOKING = [check for check in CHECKS if check.needs]


@pytest.mark.parametrize("check", LOOKING, ids=lambda check: check.id)
def test_what_could_not_be_looked_at_is_never_fine(check: Check) -> None:
    unseen: dict[str, Any] = dict.fromkeys(check.needs, UNSEEN)
    facts = Facts(now=0.0, settings=Settings(), **unseen)
    [finding] = check.findings(facts)
    assert (finding.check, finding.level, finding.told) == (check.id, "not-looked-at", "missing CAP_NET_ADMIN")
    assert [cure.text for cure in finding.cures] == ["run it as root"]


def test_checks_need_facts_that_there_are() -> None:
    assert needed(CHECKS) == frozenset(FACTS)
    assert len(BY_ID) == len(CHECKS)
