"""docs/bundles.md is true: its commands run in a shell, one after the other, and print what the page shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from enforcer.policy.trust import Trust

PAGE = (Path(__file__).parents[2] / "docs/bundles.md").read_text(encoding="utf-8")
ENFORCER = f'#!/bin/sh\nexec {sys.executable} -m enforcer "$@"\n'
VARYING = (
    (r"\b[0-9a-f]{64}\b", "HASH"),
    (r"\b[0-9a-f]{16}\b", "SHORT"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "INSTANT"),
    (r"\b\d+ (bans|vendors|files|bytes)\b", r"N \1"),
    (r"\b(bans|vendors|files): \d+", r"\1: N"),
)


def transcript() -> list[tuple[str, str]]:
    """Each command of the page with what it prints, in order."""
    blocks = re.findall(r"^```console\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    parts = [part for block in blocks for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    return [(command, printed) for command, _, printed in (part.partition("\n") for part in parts)]


def steady(text: str) -> str:
    for pattern, word in VARYING:
        text = re.sub(pattern, word, text)
    return text


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder whose `etc` stands for /etc, with the page's site file, and `enforcer` on the path."""
    for folder in ("bin", "etc/enforcer", "desk"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "bin/enforcer").write_text(ENFORCER)
    (tmp_path / "bin/enforcer").chmod(0o755)
    [site] = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "etc/enforcer/enforcer.toml").write_text(site.replace("/etc/", f"{tmp_path}/etc/"))
    return tmp_path


def test_the_commands_print_what_the_page_shows(machine: Path) -> None:
    commands = [command.replace("/etc/", f"{machine}/etc/") for command, _ in transcript()]
    script = "\n".join(f"{{ {command}\n}} 2>&1; printf '\\036'" for command in commands)
    environment = {**os.environ, "PATH": f"{machine}/bin:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", script], cwd=machine / "desk", env=environment, capture_output=True, text=True, check=True
    )
    printed = done.stdout.replace(f"{machine}/etc/", "/etc/").split("\036")[:-1]
    told = [(command, steady(output)) for (command, _), output in zip(transcript(), printed, strict=True)]
    assert told == [(command, steady(output)) for command, output in transcript()]


def test_every_key_of_the_table_is_on_the_page() -> None:
    assert [key for key in Trust.__slots__ if f"| `{key}` |" not in PAGE] == []
    assert f"`{Trust().state}`" in PAGE
