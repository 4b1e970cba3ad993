"""Files that are there whole or not at all."""

import hashlib
import os
from pathlib import Path

import pytest

from enforcer.edge.text_files import made_folder, remove, write_bytes, write_text
from enforcer.model.errors import EdgeError


def test_it_says_what_it_wrote(tmp_path: Path) -> None:
    done = write_text(tmp_path, "a.zone", "ä\n")
    assert (tmp_path / "a.zone").read_bytes() == "ä\n".encode()
    assert (done.path, done.size) == (tmp_path / "a.zone", 3)
    assert done.sha256 == hashlib.sha256("ä\n".encode()).hexdigest()


def test_any_bytes_and_any_name(tmp_path: Path) -> None:
    write_bytes(tmp_path / ".hidden", b"\xff\0")
    assert (tmp_path / ".hidden").read_bytes() == b"\xff\0"


def test_all_may_read_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_bytes(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


def test_who_has_the_old_file_open_keeps_it_whole(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"old")
    with (tmp_path / "a").open("rb") as old:
        write_bytes(tmp_path / "a", b"new")
        assert old.read() == b"old"
    assert (tmp_path / "a").read_bytes() == b"new"


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    write_bytes(tmp_path / "a", b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EdgeError, match="No space left on device"):
        write_bytes(tmp_path / "a", b"new")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("a", b"old")]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("other")
    (tmp_path / "a").symlink_to(tmp_path / "other")
    write_bytes(tmp_path / "a", b"new")
    assert (tmp_path / "other").read_text() == "other"
    assert not (tmp_path / "a").is_symlink()


def test_what_a_killed_run_left_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / f".a.{os.getpid()}.new").write_text("half")
    write_bytes(tmp_path / "a", b"whole")
    assert [one.name for one in tmp_path.iterdir()] == ["a"]


def test_a_folder_that_takes_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "none/a", tmp_path / "file/a", tmp_path):
        with pytest.raises(EdgeError, match="cannot write"):
            write_bytes(path, b"")
    with pytest.raises(EdgeError, match="cannot make the folder"):
        made_folder(tmp_path / "file/sub")


def test_folders_are_made_as_deep_as_asked(tmp_path: Path) -> None:
    assert made_folder(tmp_path / "a/b") == (tmp_path / "a/b").resolve()
    assert (tmp_path / "a/b").is_dir()


def test_removing_says_whether_there_was_anything(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"")
    assert remove(tmp_path / "a")
    assert not remove(tmp_path / "a")
    with pytest.raises(EdgeError, match="cannot remove"):
        remove(tmp_path)
