"""Endings of names: what the program says of the bits is in test_classifier_dns.py and test_classifier_hello.py."""

import pytest
from classifier_fixtures import classifying, pages_of

from enforcer.plan.endings import PAGE_SIZE, ending_pages

WORDS_A_PAGE = PAGE_SIZE // 8


def bits(names: list[str]) -> int:
    return sum(word.bit_count() for word in pages_of(names))


def test_names_that_end_alike_set_the_same_two_bits() -> None:
    same = ["kaspersky.com", "A.b.Kaspersky.Com", "upd.kaspersky.com"]
    assert [pages_of([name]) == pages_of(same) for name in same] == [True] * 3
    assert bits(same) == 2
    assert bits([*same, "kaspersky.net"]) == 4


def test_names_whose_last_labels_fit_no_slot_need_none() -> None:
    assert bits([f"{'a' * 41}.com", f"a.{'b' * 25}"]) == 0


def test_a_single_label_cannot_be_told_by_two() -> None:
    assert ending_pages(["kaspersky.com", "kaspersky"]) is None


def test_no_names_no_bits() -> None:
    assert (len(pages_of([])), bits([])) == (WORDS_A_PAGE, 0)


def test_pages_grow_with_the_names() -> None:
    assert [len(pages_of(f"n{n}.test" for n in range(count))) // WORDS_A_PAGE for count in (1024, 1025, 5000)] == [
        1,
        2,
        8,
    ]


@pytest.mark.kernel
def test_one_of_hundreds_is_judged_for_nothing_with_many_names() -> None:
    def asks(name: str) -> bytes:
        labels = b"".join(bytes((len(label),)) + label.encode() for label in name.split("."))
        dns = bytes.fromhex("000001000001000000000000") + labels + bytes.fromhex("0000010001")
        length = (8 + len(dns)).to_bytes(2, "big")
        ip = b"\x45\0" + (28 + len(dns)).to_bytes(2, "big") + bytes.fromhex("0000000040110000c0000201c0000202")
        return ip + bytes.fromhex("d4310035") + length + b"\0\0" + dns

    with classifying([f"n{n}.test" for n in range(20_000)]) as many:
        assert all(many.judges(asks(f"www.N{n}.test"))[0] for n in range(0, 20_000, 10))
        judged = sum(many.judges(asks(f"other{n}.test"))[0] for n in range(4000))
    assert judged < 4000 / 100
