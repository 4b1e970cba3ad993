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


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("xx", r"no ban 'xx' is loaded; did you mean 'xx-agency', 'xx-steps'\?"),
        ("step", r"did you mean 'xx-steps'\?"),
        ("us-comerce", r"did you mean 'us-commerce-acme-2027'\?"),
        ("acme", r"did you mean 'us-commerce-acme-2027', 'us-other-acme-1', 'us-other-acme-2', …\?"),
        ("zzz", "no ban 'zzz' is loaded$"),
        ("", "no ban '' is loaded$"),
        ("x" * 100_000, "is loaded$"),
    ],
)
def test_a_part_of_one_is_told_with_those_that_have_it(typed: str, said: str) -> None:
    ids = ["us-commerce-acme-2027"] + [f"us-other-acme-{number}" for number in (1, 2, 3)]
    more = {f"us/{id_[3:]}.toml": FILES["xx/steps.toml"].replace("xx-steps", id_) for id_ in ids}
    with pytest.raises(click.BadParameter, match=said):
        bans_named(load(FILES | more), [typed])
