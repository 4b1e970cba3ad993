import click
import pytest
from policy_verbs_fixtures import FILES

from enforcer.cli.named import bans_named
from enforcer.policy.load import load


def test_in_the_order_given() -> None:
    assert [ban.id for ban in bans_named(load(FILES), ["xx-steps", "xx-agency"])] == ["xx-steps", "xx-agency"]


def test_a_misspelt_one_is_told_with_the_right_spelling() -> None:
    with pytest.raises(click.BadParameter, match="did you mean 'xx-agency'"):
        bans_named(load(FILES), ["xx-agenci"])
