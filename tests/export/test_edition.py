"""The policy at an instant, as all forms see it."""

import pytest
from export_fixtures import BAN, FILES, FULL, LATER, acme, made, waiver

from enforcer.export.refusal import ExportRefused
from enforcer.model.verdict import Verdict
from enforcer.policy.load import load


def test_valid_until_the_next_boundary() -> None:
    assert made(acme(), at=0.0).until == FULL - 366 * 86400
    assert made(acme(), at=FULL - 1).until == FULL
    assert made(acme(), at=FULL).until is None
    assert (
        made(acme(waiver("W-1", 'services = ["store"]'))).until
        == acme(waiver("W-1", 'services = ["store"]')).boundaries[-1]
    )


def test_on_both_sides_of_the_boundary() -> None:
    assert made(acme(), at=FULL - 1).blocks == ()
    assert made(acme(), at=FULL).blocks != ()


def test_the_regions_to_write_are_the_blocks_unless_logging_is_wished() -> None:
    assert {one.verdict for one in made(acme()).regions} == {Verdict.BLOCK, Verdict.ALLOW}
    assert {one.verdict for one in made(acme(), log_only=True).regions} == set(Verdict)


def test_the_bans_of_the_group_with_their_phases() -> None:
    assert made(acme()).bans == ("xx-acme/full",)
    assert made(acme(), at=0.0).bans == ("xx-acme (not in force)",)


def test_a_group_that_no_ban_binds_has_nothing_blocked() -> None:
    groups = '[[group]]\nname = "guests"\nsubnets = ["10.1.0.0/16"]\nsubjects = ["agency"]\n'
    agency = BAN.replace("xx-acme", "xx-agency").replace("us-person", "agency").replace("block = [", "flag = [", 1)
    policy = load({**FILES, "xx/agency.toml": agency.replace(', flag = ["account"]', "")}, groups)
    assert made(policy, at=FULL - 1, group="guests").bans == ("xx-agency/announced",)
    assert made(policy, group="guests").blocks == ()
    assert made(policy).blocks != ()


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(ExportRefused):
        made(acme(), LATER, group="x")
