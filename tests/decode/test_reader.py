import pytest
from decode_fixtures import refusal

from enforcer.decode.reader import Reader
from enforcer.model.errors import DecodeError


def test_reads_forward() -> None:
    reader = Reader(b"\x01\x02\x03\x04\x05")
    assert (reader.uint(1), reader.take(2), len(reader), reader.at) == (1, b"\x02\x03", 2, 3)
    assert reader.rest() == b"\x04\x05"
    assert not reader
    reader.done()


def test_a_block_ends_where_it_says() -> None:
    outer = Reader(b"\x02ab\x99")
    inner = outer.block(1)
    assert outer.at == 3
    assert inner.rest() == b"ab"
    assert refusal(inner.take, 1) == "1 bytes announced, 0 left"


def test_a_block_cannot_leave_the_one_around_it() -> None:
    outer = Reader(b"\x03\x05abcdef")
    assert refusal(outer.block(1).block, 1) == "5 bytes announced, 2 left"


def test_errors_count_from_the_outermost_buffer() -> None:
    inner = Reader(b"xx\x02ab", 2).block(1)
    inner.take(1)
    with pytest.raises(DecodeError) as caught:
        inner.done()
    assert (caught.value.why, caught.value.at) == ("1 bytes left over", 4)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_a_number_cut_short_is_refused(size: int) -> None:
    assert "announced" in refusal(Reader(bytes(size - 1)).uint, size)
