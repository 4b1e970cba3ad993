"""`enforcer policy schema`: prints one, writes all."""

import json
from pathlib import Path

import pytest
from policy_verbs_fixtures import run, told

from enforcer.policy.schemas import NOUNS, file_name, schema, schema_text


@pytest.mark.parametrize("noun", NOUNS)
def test_it_prints_one(noun: str) -> None:
    assert json.loads(told("schema", noun)) == schema(noun)


def test_it_writes_all_and_makes_the_folder(tmp_path: Path) -> None:
    assert run("schema", "--output", str(tmp_path / "a/b")).exit_code == 0
    written = {path.name: path.read_text() for path in (tmp_path / "a/b").iterdir()}
    assert written == {file_name(noun): schema_text(noun) for noun in NOUNS}


def test_it_writes_one_over_an_older(tmp_path: Path) -> None:
    (tmp_path / "ban.schema.json").write_text("{}")
    assert run("schema", "ban", "--output", str(tmp_path)).exit_code == 0
    assert [path.read_text() for path in tmp_path.iterdir()] == [schema_text("ban")]


def test_faults_are_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert run("schema").exit_code == run("schema", "bans").exit_code == 2
    result = run("schema", "ban", "--output", str(tmp_path / "file"))
    assert (result.exit_code, "cure: " in result.stderr) == (1, True)
