import subprocess
from pathlib import Path

from click.testing import CliRunner

from enforcer.cli.main import VERBS, main


def test_it_writes_a_page_for_each_verb_into_a_folder_that_it_makes(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["manual", str(tmp_path / "share/man1")])
    assert done.exit_code == 0, done.output
    written = {file.name for file in (tmp_path / "share/man1").iterdir()}
    assert written >= {"enforcer.1"} | {f"enforcer-{verb}.1" for verb in VERBS}
    assert f"wrote {len(written)} pages" in done.stderr


def test_a_folder_that_cannot_be_written_to_is_told_with_its_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(main, ["manual", str(tmp_path / "file/below")])
    assert done.exit_code == 1
    assert "cure: name a folder" in done.stderr


def test_the_pages_are_the_same_each_time(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        assert CliRunner().invoke(main, ["manual", str(tmp_path / folder)]).exit_code == 0
    assert subprocess.run(["diff", "-r", tmp_path / "one", tmp_path / "two"], check=False).returncode == 0
