"""The queue tables in the real kernel."""

import pytest
from namespace_fixtures import apart, nft

from enforcer.edge import xtables
from enforcer.model.settings import Settings
from enforcer.plan.queue_tables import queue_target

pytestmark = pytest.mark.kernel

OPEN, CLOSED = queue_target(Settings()), queue_target(Settings(fail="closed", inspectors=2))


def test_applied_replaced_read_back_and_removed() -> None:
    def work() -> list[object]:
        told: list[object] = [xtables.installed(), xtables.remove()]
        for target in (OPEN, CLOSED):
            xtables.apply(target)
            told.append(xtables.installed())
        return [*told, xtables.remove(), xtables.remove(), xtables.installed(), nft("list", "ruleset")]

    assert apart(work) == [None, False, OPEN, CLOSED, True, False, None, ""]


def test_a_check_changes_nothing() -> None:
    def work() -> str:
        xtables.check(OPEN)
        return nft("list", "ruleset")

    assert apart(work) == ""


def test_half_of_it_or_something_else_of_the_name_is_not_installed() -> None:
    def work() -> list[object]:
        xtables.apply(OPEN)
        nft("delete", "table", "ip6", "enforcer_queue")
        half = xtables.installed()
        nft("add", "table", "ip6", "enforcer_queue")
        return [half, xtables.installed(), xtables.remove(), nft("list", "ruleset")]

    assert apart(work) == [None, None, True, ""]
