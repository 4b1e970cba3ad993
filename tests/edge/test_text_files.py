"""Files appear whole or not at all, readable, and by a rename."""

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from enforcer.edge.text_files import made_folder, remove, write_chunks, write_text
from enforcer.model.errors import EdgeError


def test_what_was_written_is_told(tmp_path: Path) -> None:
    written = write_text(tmp_path, "enforcer.rpz", "text ü\n")
    assert written.path == tmp_path / "enforcer.rpz"
    assert written.path.read_bytes() == b"text \xc3\xbc\n"
    assert written.size == 8
    assert written.sha256 == hashlib.sha256(b"text \xc3\xbc\n").hexdigest()
    assert [path.name for path in tmp_path.iterdir()] == ["enforcer.rpz"]


def test_chunks_that_break_off_leave_the_old_file(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"new"
        raise EdgeError("changed", cure="again")

    write_text(tmp_path, "a", "old")
    with pytest.raises(EdgeError, match="changed"):
        write_chunks(tmp_path / "a", broken())
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "old")]
    written = write_chunks(tmp_path / "a", [b"n", b"ew"])
    assert (written.size, written.sha256) == (3, hashlib.sha256(b"new").hexdigest())


def test_readable_by_all_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        path = write_text(tmp_path, "a", "").path
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_reader_sees_the_old_or_the_new_file(tmp_path: Path) -> None:
    texts = {sign * 200_000 for sign in "abcdefgh"}
    path = write_text(tmp_path, "a", "a" * 200_000).path
    ended, seen = threading.Event(), set()

    def read() -> None:
        while not ended.is_set():
            seen.add(path.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    end = time.monotonic() + 60
    while len(seen) < 3 and time.monotonic() < end:  # however seldom the reader has its turn
        for text in sorted(texts):
            write_text(tmp_path, "a", text)
    ended.set()
    reader.join()
    assert seen <= texts
    assert len(seen) > 1


def test_a_link_in_its_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("precious")
    (tmp_path / "a").symlink_to(target)
    (tmp_path / f".a.{os.getpid()}.new").symlink_to(target)
    write_text(tmp_path, "a", "new")
    assert target.read_text() == "precious"
    assert not (tmp_path / "a").is_symlink()


def test_what_cannot_be_written_leaves_all_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()  # a rename onto a folder fails, for root too
    with pytest.raises(EdgeError, match="cannot write") as error:
        write_text(tmp_path, "a", "text")
    assert "space and rights" in error.value.cure
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    """As root it would be: /dev/null then was a file, for all programs."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link, Path()):
        with pytest.raises(EdgeError, match="it is no plain file"):
            write_chunks(path, [b"x"])
    assert (pipe.is_fifo(), link.is_symlink()) == (True, True)
    assert sorted(tmp_path.iterdir()) == [link, pipe]


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    made = made_folder(tmp_path / "x/y/../z")
    assert made == (tmp_path / "x/z").resolve()
    assert made.is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(EdgeError, match="cannot make the folder") as error:
        made_folder(tmp_path / "file/below")
    assert "--output" in error.value.cure


def test_removing(tmp_path: Path) -> None:
    path = write_text(tmp_path, "a", "").path
    assert remove(path)
    assert not remove(path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(EdgeError, match="cannot remove"):
        remove(tmp_path / "folder")
