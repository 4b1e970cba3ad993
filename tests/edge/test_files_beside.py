"""Parts of a policy set that are no policies."""

from pathlib import Path

import pytest

from enforcer.edge.files import read_beside
from enforcer.model.errors import EdgeError


def test_the_text_or_nothing(tmp_path: Path) -> None:
    (tmp_path / "subjects.toml").write_text("x = 1\n")
    assert read_beside(tmp_path, "subjects.toml") == "x = 1\n"
    assert read_beside(tmp_path, "other.toml") == ""


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "subjects.toml").mkdir()
    with pytest.raises(EdgeError, match="no plain file"):
        read_beside(tmp_path, "subjects.toml")
