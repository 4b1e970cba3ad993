"""Which notifications are of a change to our tables."""

from hypothesis import given
from hypothesis import strategies as st

from enforcer.plan.netlink import message, number, text
from enforcer.plan.nf_tables import SUBSYSTEM
from enforcer.plan.nft_changes import Change, Changes

NEW_RULE, NEW_ELEMENTS, DELETED_ELEMENTS, GENERATION = (SUBSYSTEM << 8 | n for n in (6, 12, 14, 15))
END = message(GENERATION, 0, 0, number(1, 9), number(2, 4711), text(3, "nft"))
NFT = Change(4711, "nft")


def touched(kind: int, table: str = "ours", *more: bytes) -> bytes:
    return message(kind, 0, 0, text(1, table), *more)


def test_one_transaction_is_one_change_whoever_made_it() -> None:
    changes = Changes(["ours"])
    assert changes.feed(touched(NEW_RULE) + touched(NEW_RULE) + END + END) == [NFT]
    assert str(NFT) == "nft (process 4711)"


def test_it_may_be_told_in_pieces() -> None:
    changes = Changes(["ours"])
    assert changes.feed(touched(NEW_RULE)) == []
    assert changes.feed(touched(NEW_RULE, "theirs")) == []
    assert changes.feed(END) == [NFT]
    assert changes.feed(END) == []


def test_other_tables_are_not_ours() -> None:
    assert Changes(["ours"]).feed(touched(NEW_RULE, "theirs") + touched(NEW_RULE, "ours2") + END) == []


def test_elements_count_in_watched_sets_only() -> None:
    changes = Changes(["ours"])
    learned, static = text(2, "learned"), text(2, "static")
    changes.sets = [b"static\0"]
    assert changes.feed(touched(NEW_ELEMENTS, "ours", learned) + touched(DELETED_ELEMENTS, "ours", learned) + END) == []
    assert changes.feed(touched(DELETED_ELEMENTS, "ours", static) + END) == [NFT]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_a_fault(datagram: bytes) -> None:
    Changes(["ours"]).feed(datagram)
