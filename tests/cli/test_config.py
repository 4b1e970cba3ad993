from click.testing import CliRunner

from enforcer.cli.config import VERBS
from enforcer.cli.main import main


def test_its_verbs_are_listed_with_their_help() -> None:
    told = CliRunner().invoke(main, ["config", "--help"]).output
    assert [verb for verb in VERBS if f"enforcer config {verb}" not in told] == []
