import sys
from pathlib import Path

import pytest

from enforcer.cli.written import file_or_output, write
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


def test_what_is_no_text_is_not_for_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen:
        def isatty(self) -> bool:
            return True

    class Output:
        buffer = Screen()

    monkeypatch.setattr(sys, "stdout", Output())
    with (
        pytest.raises(EdgeError, match="an archive is nothing for a terminal"),
        file_or_output(Path("-"), "an archive"),
    ):
        pytest.fail("it was to be written")


def test_a_temporary_folder_that_cannot_be_made_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> object:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.TemporaryDirectory", refuse)
    with pytest.raises(EdgeError, match="No usable temporary") as refused, file_or_output(Path("-"), "an archive"):
        pytest.fail("it was to be written")
    assert "TMPDIR" in refused.value.cure
