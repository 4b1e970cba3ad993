from pathlib import Path

import pytest

from enforcer.cli.written import write
from enforcer.model.errors import EdgeError


def test_writes_the_file_and_says_so_aside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "a", "é\n")
    assert (tmp_path / "a").read_bytes() == "é\n".encode()
    assert capsys.readouterr() == ("", f"wrote {tmp_path / 'a'}\n")


def test_a_dash_prints(capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("-"), "text\n")
    assert capsys.readouterr() == ("text\n", "")


def test_a_refusal_has_its_cure(tmp_path: Path) -> None:
    with pytest.raises(EdgeError, match="No such file") as refused:
        write(tmp_path / "a/b", "")
    assert "may write to" in refused.value.cure
