import gzip
import io
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from enforcer.edge.recordings import BROKEN, MAX_LINE, Kind, lines, opened
from enforcer.model.errors import EdgeError

TEXT = b"one\ntwo\r\n\nb\xff\n"
PACK: dict[str, Callable[[bytes], bytes]] = {"plain": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}


@pytest.mark.parametrize("how", PACK)
def test_lines_whatever_the_compression(tmp_path: Path, how: str) -> None:
    path = tmp_path / "log"
    path.write_bytes(PACK[how](TEXT))
    with opened(path) as recording:
        assert recording.kind is Kind.TEXT
        assert list(lines(recording.stream)) == ["one", "two", "", "b\udcff"]
        assert recording.position() == path.stat().st_size
        assert recording.changed == path.stat().st_mtime


def test_two_compressed_files_put_together_are_one(tmp_path: Path) -> None:
    for pack in (gzip.compress, zstandard.compress):
        path = tmp_path / "log"
        path.write_bytes(pack(b"one\n") + pack(b"two\n"))
        with opened(path) as recording:
            assert list(lines(recording.stream)) == ["one", "two"]


@pytest.mark.parametrize(
    ("magic", "kind"),
    [
        (b"\xd4\xc3\xb2\xa1", Kind.PCAP),
        (b"\xa1\xb2\x3c\x4d", Kind.PCAP),
        (b"\x0a\x0d\x0d\x0a", Kind.PCAPNG),
        (b"SQLite format 3\0", Kind.SQLITE),
        (b"", Kind.TEXT),
        (b"S", Kind.TEXT),
    ],
)
def test_what_is_in_it(tmp_path: Path, magic: bytes, kind: Kind) -> None:
    for pack in PACK.values():
        path = tmp_path / "file"
        path.write_bytes(pack(magic + bytes(40) * bool(magic)))
        with opened(path) as recording:
            assert recording.kind is kind


@pytest.mark.parametrize("how", ["gzip", "zstd"])
@pytest.mark.parametrize("left", [4, 6, 12])
def test_a_file_that_is_cut_at_its_beginning_is_refused(tmp_path: Path, how: str, left: int) -> None:
    path = tmp_path / "log"
    path.write_bytes(PACK[how](TEXT * 10)[:left])
    with pytest.raises(EdgeError, match="is cut or damaged at its beginning"), opened(path):
        pytest.fail("it was opened")


def test_zstd_that_is_cut_or_damaged_is_told_from_its_end(tmp_path: Path) -> None:
    path = tmp_path / "log.zst"
    whole = zstandard.ZstdCompressor(write_checksum=True).compress(b"".join(b"line %d\n" % n for n in range(100_000)))
    for broken in (whole[:-1000], whole[:-1], whole[: len(whole) // 2] + b"\xff\xff" + whole[len(whole) // 2 + 2 :]):
        path.write_bytes(broken)
        with opened(path) as recording:
            rest = lines(recording.stream)
            assert next(rest) == "line 0"
            with pytest.raises(BROKEN):
                list(rest)


def test_zstd_that_swells_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "log.zst"
    path.write_bytes(zstandard.compress(bytes(1 << 26)))
    assert path.stat().st_size < 1 << 14
    with opened(path) as recording:
        tracemalloc.start()
        assert len(recording.stream.read(1 << 20)) == 1 << 20
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 1 << 26


def test_a_cut_file_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "log.gz"
    path.write_bytes(gzip.compress(b"".join(b"line %d\n" % n for n in range(100_000)))[:-1000])
    with opened(path) as recording:
        rest = lines(recording.stream)
        assert next(rest) == "line 0"
        with pytest.raises(BROKEN):
            list(rest)


def test_a_line_without_end_is_bounded() -> None:
    stream = io.BytesIO(b"x" * (3 * MAX_LINE) + b"\nnext\n")
    assert [len(line) for line in lines(stream)] == [MAX_LINE, 4]


def test_no_file_and_no_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EdgeError, match="No such file"), opened(tmp_path / "none"):
        pass
    path = tmp_path / "log.zst"
    path.write_bytes(zstandard.compress(TEXT))
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(EdgeError) as refused, opened(path):
        pass
    assert "zstd -dc" in refused.value.cure
