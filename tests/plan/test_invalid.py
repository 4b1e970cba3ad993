"""What conntrack calls INVALID; tests/lab/test_two_gateways.py has two gateways that see one direction each."""

import pytest
from namespace_fixtures import apart, nft

from enforcer.model.settings import Settings
from enforcer.plan.invalid import DROPPED
from enforcer.plan.ruleset import ruleset

RULE = "meta l4proto tcp ct state invalid tcp flags & rst != rst counter name invalid_dropped drop"


def told(settings: Settings) -> list[str]:
    text = ruleset([], settings, shift=0.0, native_queue=False, generation="0")
    return [line.strip() for line in text.splitlines() if DROPPED in line]


def test_it_passes_unless_told_otherwise() -> None:
    assert told(Settings()) == []


def test_it_is_dropped_where_it_is_forwarded() -> None:
    assert told(Settings(invalid="drop")) == [f"counter {DROPPED} {{", RULE]


def test_both_ways_of_the_clients_that_are_judged() -> None:
    sides = [f'{side} {{ "lan0", "guests" }} {RULE}' for side in ("iifname", "oifname")]
    assert told(Settings(invalid="drop", interfaces=("lan0", "guests")))[1:] == sides


def test_a_machine_on_its_own_forwards_nothing() -> None:
    assert RULE not in told(Settings(mode="host", invalid="drop"))


@pytest.mark.kernel
@pytest.mark.parametrize("invalid", ["drop", "pass"])
def test_the_kernel_takes_it(invalid: str) -> None:
    settings = Settings(invalid=invalid, interfaces=("lo",))
    text = ruleset([], settings, shift=0.0, native_queue=False, generation="0")
    assert apart(lambda: nft("--check", "-f", "-", text=text)) == ""
