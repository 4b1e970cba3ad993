"""Header blocks against another implementation of HPACK, as encoder and as decoder."""

import hpack
import pytest
from decode_fixtures import refusal, work
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hypothesis import given
from hypothesis import strategies as st

from enforcer.decode.hpack import MAX_FIELDS_SIZE, MAX_TABLE, HpackDecoder, unpacked
from enforcer.decode.hpack_tables import STATIC
from enforcer.model.errors import DecodeError

TOKENS = st.text("abcdefghijklmnopqrstuvwxyz-:", min_size=1, max_size=20).map(str.encode)
FIELDS = st.lists(st.tuples(TOKENS | st.sampled_from([name for name, _ in STATIC]), st.binary(max_size=60)), max_size=8)
HUFFMAN = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)


@given(st.lists(st.tuples(FIELDS, st.booleans()), max_size=6), st.lists(st.integers(0, 9000), max_size=6))
def test_reads_what_another_writes(blocks: list[tuple[list[tuple[bytes, bytes]], bool]], sizes: list[int]) -> None:
    """One connection: what is remembered of a block is used in the next, in tables of changing size."""
    theirs, ours = hpack.Encoder(), HpackDecoder()
    for number, (fields, huffman) in enumerate(blocks):
        if number < len(sizes):
            theirs.header_table_size = sizes[number]
        assert ours.decode(theirs.encode(fields, huffman=huffman)) == fields
        assert 0 <= ours.size <= MAX_TABLE


@given(st.lists(st.binary(max_size=60), max_size=3))
def test_agrees_with_another_on_any_bytes(blocks: list[bytes]) -> None:
    theirs, ours = hpack.Decoder(), HpackDecoder()
    for block in blocks:
        try:
            want = [(bytes(name), bytes(value)) for name, value in theirs.decode(block, raw=True)]
        except hpack.HPACKError:
            # Ours allows larger tables, and sizes that come twice: those it may read, nothing else.
            return
        except Exception as other:  # noqa: BLE001 (hpack lets some of its own escape)
            assert isinstance(other, (IndexError, ValueError, UnicodeDecodeError))
            return
        try:
            assert ours.decode(block) == want
        except DecodeError as refused:
            assert "28 bits" in refused.why or "behind a field" in refused.why
            return


@given(st.binary(max_size=300))
def test_huffman_both_ways(data: bytes) -> None:
    assert unpacked(HUFFMAN.encode(data), 0) == data


REFUSED = {
    "no such entry": (b"\xc0", "entry 64 of 61"),
    "entry 0": (b"\x80", "entry 0 of 61"),
    "a string that breaks off": (b"\x40\x05abc", "announced"),
    "a number without end": (b"\xff\xff\xff\xff\xff\xff\xff", "28 bits"),
    "EOS within": (b"\x40\x84\xff\xff\xff\xff\x00", "EOS"),
    "filled up with zeros": (b"\x40\x81\x00\x00", "other bits"),
    "filled up with a whole byte": (b"\x40\x82\x1f\xff\x00", "other bits"),
    "a size behind a field": (b"\x82\x20", "behind a field"),
    "a huge table": (b"\x3f\xe2\xff\x03", "table of"),
}


@pytest.mark.parametrize(("block", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(block: bytes, why: str) -> None:
    assert why in refusal(HpackDecoder().decode, block)


def test_a_bomb_is_stopped_by_its_size() -> None:
    decoder = HpackDecoder()
    decoder.decode(b"\x40\x01a\x7f\xd0\x1e" + b"x" * (0x7F + 0xF50 - 0))
    bomb = b"\xbe" * 16_000
    assert work(lambda: decoder.decode(bomb)) < 1000
    assert "more than" in refusal(decoder.decode, bomb)
    assert MAX_FIELDS_SIZE == 65_536


def test_work_is_bounded_by_the_bytes() -> None:
    data = HUFFMAN.encode(b"0" * 25_000)
    assert work(lambda: unpacked(data, 0)) < 12 * 25_000
