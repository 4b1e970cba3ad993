"""The container: what other tars read, and nothing but what was expected."""

import hashlib
import io
import re
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enforcer.policy import bundle_tar
from enforcer.policy.bundle_tar import BLOCK, END, Tape, TarFault, header, member

FILES = {"a": b"", "policies/x.toml": b"x" * 512, "b" * 100: b"y" * 700}
ARCHIVE = b"".join(member(name, content) for name, content in FILES.items()) + END


def test_python_reads_it_as_plain_files() -> None:
    with tarfile.open(fileobj=io.BytesIO(ARCHIVE)) as archive:
        found = archive.getmembers()
        assert {one.name: archive.extractfile(one).read() for one in found} == FILES  # type: ignore[union-attr]
    assert {(one.type, one.mode, one.uid, one.gid, one.mtime, one.linkname) for one in found} == {
        (tarfile.REGTYPE, 0o644, 0, 0, 0, "")
    }


def test_gnu_tar_unpacks_it(tmp_path: Path) -> None:
    subprocess.run(["tar", "-x", "-C", tmp_path], input=ARCHIVE, check=True)
    assert {name: (tmp_path / name).read_bytes() for name in FILES} == FILES


@settings(deadline=None)
@given(name=st.text(alphabet="abc./-", min_size=1, max_size=100), size=st.integers(0, 2**33 - 1))
def test_a_header_reads_back_in_python(name: str, size: int) -> None:
    read = tarfile.TarInfo.frombuf(header(name, size), "ascii", "strict")
    assert (read.name, read.size) == (name, size)


def read(data: bytes) -> dict[str, bytes]:
    tape = Tape(data)
    found = {name: tape.take(name, len(content)) for name, content in FILES.items()}
    tape.end()
    return found


def test_a_member_is_hashed_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle_tar, "CHUNK", 300)
    tape = Tape(ARCHIVE)
    for name, content in FILES.items():
        place, sha256 = tape.hash(name, len(content))
        assert ARCHIVE[place : place + len(content)] == content
        assert sha256 == hashlib.sha256(content).hexdigest()
    tape.end()
    with pytest.raises(TarFault, match="the bundle ends within a"):
        Tape(header("a", 9) + b"12345").hash("a", 9)


def test_the_expected_archive_is_read() -> None:
    assert read(ARCHIVE) == FILES
    assert Tape(ARCHIVE).size("a", 10) == 0
    assert Tape(member("a", b"12345")).size("a", 5) == 5


def test_every_other_byte_is_refused_in_a_header_and_behind_a_member() -> None:
    contents = [range(BLOCK * 2, BLOCK * 3), range(BLOCK * 4, BLOCK * 4 + 700)]  # these are the reader's to judge
    for at in range(len(ARCHIVE)):
        if not any(at in content for content in contents):
            with pytest.raises(TarFault):
                read(ARCHIVE[:at] + bytes([ARCHIVE[at] ^ 1]) + ARCHIVE[at + 1 :])


def test_every_cut_is_refused() -> None:
    for at in range(len(ARCHIVE)):
        with pytest.raises(TarFault):
            read(ARCHIVE[:at])


def test_whatever_follows_is_refused() -> None:
    for more in (b"\0", b"x", bytes(BLOCK), member("c", b"")):
        with pytest.raises(TarFault, match=f"byte {len(ARCHIVE)}: {len(more)} bytes more than"):
            read(ARCHIVE + more)


SIZES = {
    "too large": (header("a", 11), "a has 11 bytes, 10 are allowed"),
    "negative": (header("a", 1)[:124] + b"-0000000001" + header("a", 1)[135:], "the header of a should be here"),
    "binary": (header("a", 1)[:124] + b"\x80" + bytes(10) + header("a", 1)[135:], "the header of a should be here"),
    "spaces": (header("a", 1)[:124] + b"          1" + header("a", 1)[135:], "the header of a should be here"),
    "of another": (header("b", 1), "the header of a should be here"),
    "cut": (header("a", 1)[:-1], "the bundle ends before a"),
    "nothing": (b"", "the bundle ends before a"),
}


@pytest.mark.parametrize(("data", "why"), SIZES.values(), ids=SIZES.keys())
def test_a_size_is_believed_only_in_the_header_that_we_would_write(data: bytes, why: str) -> None:
    with pytest.raises(TarFault, match=re.escape(why)):
        Tape(data).size("a", 10)


@settings(deadline=None)
@given(data=st.binary(max_size=2 * BLOCK))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    for act in (lambda tape: tape.size("a", 10), lambda tape: tape.take("a", 3), Tape.end):
        with pytest.raises(TarFault):
            act(Tape(data + b"!"))
