"""`enforcer policy`: each verb of the group is there, tells how to use it, and what its exit codes mean."""

import pytest
from policy_verbs_fixtures import run, told

from enforcer.cli.policy import VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_examples_and_exit_codes_in_its_help(verb: str) -> None:
    page = told(verb, "--help")
    assert f"enforcer policy {verb}" in page
    assert "Exit codes: 0 " in " ".join(page.split())


def test_the_group_lists_its_verbs() -> None:
    page = told("--help")
    assert [verb for verb in VERBS if f"\n  {verb} " not in page] == []


def test_an_unknown_verb_is_a_fault_of_the_command_line() -> None:
    result = run("frobnicate")
    assert result.exit_code == 2
    assert "frobnicate" in result.stderr
