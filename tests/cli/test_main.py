"""The command itself: every verb it lists can be loaded and says what it is for."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from enforcer.cli.main import VERBS, main


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_loads_and_has_help(verb: str) -> None:
    done = CliRunner().invoke(main, [verb, "--help"])
    assert done.exit_code == 0, done.output
    assert f"Usage: main {verb}" in done.output
    context = click.Context(main)
    command = main.get_command(context, verb)
    assert command is not None
    assert command.get_short_help_str()


def test_an_unknown_verb_is_a_fault_of_the_command_line() -> None:
    done = CliRunner().invoke(main, ["frobnicate"])
    assert done.exit_code == 2
    assert "No such command 'frobnicate'" in done.stderr


@pytest.mark.parametrize("asked", [["-h"], ["--help"]])
def test_help_lists_every_verb(asked: list[str]) -> None:
    told = CliRunner().invoke(main, asked).output
    assert [verb for verb in VERBS if f"  {verb} " not in told] == []


def test_it_runs_as_a_module_and_knows_its_version() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "enforcer", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("enforcer, version 0.")
