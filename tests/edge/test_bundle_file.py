"""A bundle's file is read by slices, and stays the one that was opened."""

import os
from pathlib import Path

import pytest

from enforcer.edge.bundle_file import BundleFile
from enforcer.model.errors import EdgeError


def test_it_is_read_as_bytes_are(tmp_path: Path) -> None:
    data = bytes(range(100))
    (tmp_path / "x").write_bytes(data)
    file = BundleFile(tmp_path / "x")
    assert len(file) == 100
    for part in (slice(0, 10), slice(90, 120), slice(200, 210), slice(50, 40), slice(None, 7)):
        assert file[part] == data[part]


def test_another_in_its_place_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"old")
    file = BundleFile(tmp_path / "x")
    (tmp_path / "y").write_bytes(b"new")
    (tmp_path / "y").replace(tmp_path / "x")
    assert file[0:3] == b"old"


def test_one_that_is_cut_short_ends_earlier(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"12345678")
    file = BundleFile(tmp_path / "x")
    os.truncate(tmp_path / "x", 4)
    assert file[2:8] == b"34"


def test_only_plain_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "fifo"):
        with pytest.raises(EdgeError, match="is no plain file"):
            BundleFile(path)
    with pytest.raises(EdgeError, match="cannot read"):
        BundleFile(tmp_path / "none")


def opened(path: Path) -> int:
    """How often we have it open."""
    return sum(one.exists() and one.samefile(path) for one in Path("/proc/self/fd").iterdir())


def test_it_is_closed_when_nobody_needs_it(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"1")
    file = BundleFile(tmp_path / "x")
    assert opened(tmp_path / "x") == 1
    del file
    assert opened(tmp_path / "x") == 0
