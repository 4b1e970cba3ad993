"""The page on the verbs: it has each verb, and its ban from scratch is done as it says."""

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from enforcer.cli.main import main
from enforcer.cli.policy import VERBS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/policy-verbs.md").read_text()
OTHERS = {"validate", "export", "bundle", "verify"}
"""Verbs with pages of their own."""
_BLOCK = re.compile(r"^```(sh|text|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`(mine/[a-z0-9/.-]+\.toml)`")


def test_each_verb_has_its_section_and_its_line_in_the_table() -> None:
    for verb in set(VERBS) - OTHERS:
        assert f"\n## {verb}\n" in PAGE
        assert f"| [`{verb}`](#{verb}) |" in PAGE


def run(line: str) -> str:
    program, *words = line.split()
    if program == "cp":
        shutil.copytree(ROOT / words[1], words[2])
        return ""
    assert program == "enforcer"
    result = CliRunner().invoke(main, words, catch_exceptions=False)
    assert result.exit_code in (0, 3), result.output
    return result.output


def test_the_ban_from_scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are run in order; what stands below them must be in their output, line by line; files are written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policies").symlink_to(ROOT / "policies")
    section = PAGE.partition("\n### A ban from scratch\n")[2]
    told, compared, end = "", 0, 0
    for block in _BLOCK.finditer(section):
        kind, text = block.groups()
        if kind == "sh":
            told = "".join(map(run, text.splitlines()))
        elif kind == "text":
            for line in text.splitlines():
                assert line in told
                compared += 1
        else:
            (file,) = _FILE.findall(section[end : block.start()])[-1:]
            assert (tmp_path / file).exists(), f"no skeleton of {file} was made"
            (tmp_path / file).write_text(text)
        end = block.end()
    assert compared > 10
