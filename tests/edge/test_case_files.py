from pathlib import Path

import pytest

from enforcer.edge.case_files import read_case_files
from enforcer.model.errors import EdgeError


def test_those_of_the_policy_set_by_their_paths(tmp_path: Path) -> None:
    (tmp_path / "tests/xx").mkdir(parents=True)
    (tmp_path / "tests/a.toml").write_text("a")
    (tmp_path / "tests/xx/b.toml").write_text("b")
    (tmp_path / "tests/README.md").write_text("no case")
    assert read_case_files(tmp_path) == {
        str(tmp_path / "tests/a.toml"): "a",
        str(tmp_path / "tests/xx/b.toml"): "b",
    }


def test_or_the_files_and_folders_named(tmp_path: Path) -> None:
    (tmp_path / "xx").mkdir()
    (tmp_path / "a.toml").write_text("a")
    (tmp_path / "xx/b.toml").write_text("b")
    found = read_case_files(tmp_path, [tmp_path / "a.toml", tmp_path / "xx"])
    assert list(found.values()) == ["a", "b"]


def test_none_at_all_is_refused_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(EdgeError, match="there is no ") as refused:
        read_case_files(tmp_path)
    assert "`tests` of the policy set" in refused.value.cure
