"""Each verb that looks at a policy set reads its lists too."""

import shutil
from pathlib import Path

import pytest
from policy_verbs_fixtures import as_json, changed, run, told, written

KEY = 'names = ["store.acme.example"]'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = written(tmp_path / "set", changed("acme.toml", KEY, f'{KEY}\ndomains_list = "lists/a.txt"'))
    (folder / "lists").mkdir()
    (folder / "lists/a.txt").write_text("one.example\ntwo.example\n")
    return folder


@pytest.mark.parametrize("verb", ["validate", "lint", "show", "test", "timeline"])
def test_a_set_with_a_list_is_read(verb: str, folder: Path) -> None:
    assert run(verb, "--policies", folder).exit_code in (0, 1)


def test_its_patterns_are_counted(folder: Path) -> None:
    (vendor,) = as_json("list", "--vendors", "--policies", folder)["vendors"]
    assert (vendor["names"], vendor["domains"], vendor["traps"]) == (3, 3, 1)


def test_a_change_of_a_list_is_a_difference(folder: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    (other / "lists/a.txt").write_text("one.example\nthree.example\n")
    said = told("diff", folder, other)
    assert "two.example" in said
    assert "three.example" in said
    assert "one.example" not in said


def test_an_empty_list_may_be_looked_at_and_is_no_valid_policy(folder: Path) -> None:
    (folder / "lists/a.txt").write_text("")
    assert run("lint", "--policies", folder).exit_code in (0, 1)
    refused = run("validate", "--policies", folder)
    assert refused.exit_code == 3
    assert "lists/a.txt: is empty" in refused.stderr
