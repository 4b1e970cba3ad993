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


def test_a_verb_loads_only_what_it_needs() -> None:
    program = "import sys; from enforcer.cli.main import main; main(['check', '--help'], standalone_mode=False); "
    loaded = program + "print(sorted(set(sys.modules) & {'sqlite3', 'cryptography', 'multiprocessing'}))"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
