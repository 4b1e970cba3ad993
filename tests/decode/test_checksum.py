"""The remainder trick against the plain reading of RFC 1071, the RFC's own example, and scapy."""

from hypothesis import example, given
from hypothesis import strategies as st
from scapy.utils import checksum as scapy_checksum

from enforcer.decode.checksum import checksum, transport_checksum


def by_the_book(data: bytes) -> int:
    data += bytes(len(data) & 1)
    total = sum(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def test_the_example_of_rfc_1071() -> None:
    # Section 3: the words 0001 f203 f4f5 f6f7 sum up to ddf2.
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2


@given(st.binary(max_size=200))
@example(b"")
@example(b"\0\0")
@example(b"\xff\xff")
@example(b"\xff\xfe\0\1")
@example(b"\x80\0\x7f\xff\xff\xff")
@example(b"\xff")
def test_is_the_sum_by_the_book(data: bytes) -> None:
    assert checksum(data) == by_the_book(data)
    if data:
        assert checksum(data) == scapy_checksum(data)


@given(st.binary(max_size=200).filter(any))
def test_data_with_its_checksum_sums_up_to_nothing(data: bytes) -> None:
    data += bytes(len(data) & 1)
    assert checksum(data + checksum(data).to_bytes(2, "big")) == 0


def test_the_pseudo_header_counts() -> None:
    base = transport_checksum(bytes(4), bytes(4), 17, b"")
    assert base == 0xFFFF - 17
    assert transport_checksum(bytes(3) + b"\1", bytes(4), 17, b"ab") == 0xFFFF - 17 - 1 - 2 - 0x6162
    assert transport_checksum(bytes(16), bytes(16), 6, b"") == 0xFFFF - 6
