import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from enforcer.cli import audit, main, policy

GROUPS = {
    "enforcer": (main.main, main.VERBS),
    "policy": (policy.command, policy.VERBS),
    "audit": (audit.command, audit.VERBS),
}


@pytest.mark.parametrize("name", GROUPS)
def test_every_verb_is_there_with_help_of_its_own(name: str) -> None:
    group, verbs = GROUPS[name]
    assert isinstance(group, click.Group)
    for verb in verbs:
        told = CliRunner().invoke(group, [verb, "--help"])
        assert told.exit_code == 0, told.output
        assert verb in told.output


def test_an_unknown_verb_is_refused() -> None:
    told = CliRunner().invoke(main.main, ["frobnicate"])
    assert told.exit_code == 2
    assert "frobnicate" in told.output
    assert "Did you mean" not in told.output


@pytest.mark.parametrize(
    ("typed", "meant"), [("statu", "status"), ("audit reprot", "report"), ("config chekc", "check")]
)
def test_a_mistyped_verb_is_answered_with_the_one_that_was_meant(typed: str, meant: str) -> None:
    told = CliRunner().invoke(main.main, typed.split())
    assert told.exit_code == 2
    assert f"Did you mean '{meant}'?" in told.output


@pytest.mark.parametrize("name", GROUPS)
def test_what_a_verb_does_is_told_whole_in_the_list(name: str) -> None:
    told = CliRunner().invoke(GROUPS[name][0], ["--help"], terminal_width=80).output
    assert "..." not in told.partition("Commands:")[2]


def test_a_verb_loads_only_what_it_needs() -> None:
    program = "import sys; from enforcer.cli.main import main; main(['check', '--help'], standalone_mode=False); "
    loaded = program + "print(sorted(set(sys.modules) & {'sqlite3', 'cryptography', 'multiprocessing'}))"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
