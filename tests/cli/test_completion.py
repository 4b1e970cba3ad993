"""Completion: in a real bash, with the script that we print."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from enforcer.cli.completion import SHELLS
from enforcer.cli.main import main


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_its_script(shell: str) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert f"_ENFORCER_COMPLETE={shell}_complete" in done.output


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("enforcer pan", "panic-off"),
        ("enforcer policy time", "timeline"),
        ("enforcer run --mo", "--mode"),
        ("enforcer run --mode t", "tap"),
    ],
)
def test_bash_completes(typed: str, offered: str) -> None:
    script = CliRunner().invoke(main, ["completion", "bash"]).output
    words = typed.split()
    asked = (
        f"PATH={Path(sys.executable).parent}:$PATH\n{script}\nCOMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}\n"
        '_enforcer_completion enforcer; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [offered], done.stderr
