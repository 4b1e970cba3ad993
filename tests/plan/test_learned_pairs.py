"""Lessons as messages; that the kernel takes them is in tests/edge/test_teaching.py."""

from enforcer.model.command import Forget, Learn
from enforcer.plan.learned_pairs import lessons_batch, one_by_one, pair_name
from enforcer.plan.netlink import Message, messages

NEW, DELETE, BEGIN, END = 10 << 8 | 12, 10 << 8 | 14, 16, 17
LEARN = Learn(client=bytes(4), address=bytes(4), lane=0, lifetime=1.5, name="a.test")
RENEW = Learn(client=bytes(16), address=bytes(16), lane=0, lifetime=0.0, name="", renews=True)
FORGET = Forget(client=bytes(4), address=bytes(4))


def kinds(batch: bytes) -> list[int]:
    return [one.kind for one in messages(batch)]


def test_one_transaction_of_all_and_a_renewal_is_away_and_anew() -> None:
    assert kinds(lessons_batch([LEARN, RENEW, FORGET])) == [BEGIN, NEW, DELETE, NEW, DELETE, END]


def test_only_the_last_is_acknowledged() -> None:
    batch = lessons_batch([LEARN, RENEW])
    flags, at = [], 0
    while at < len(batch):
        size = int.from_bytes(batch[at : at + 4], "little")
        flags.append(bool(int.from_bytes(batch[at + 6 : at + 8], "little") & 4))
        at += size + 3 & ~3
    assert flags == [False, False, False, True, False]


def test_one_by_one_is_away_then_anew() -> None:
    assert [kinds(batch) for batch in one_by_one(LEARN)] == [[BEGIN, DELETE, END], [BEGIN, NEW, END]]
    assert [kinds(batch) for batch in one_by_one(FORGET)] == [[BEGIN, DELETE, END]]


def test_a_name_beyond_what_nft_shows_and_one_in_odd_bytes_is_left_out() -> None:
    assert b"a.test" in lessons_batch([LEARN])
    for name in ("b" * 128, "bü"):
        odd = Learn(client=bytes(4), address=bytes(4), lane=0, lifetime=1.0, name=name)
        assert b"b" not in lessons_batch([odd]).replace(b"by", b"").split(b"enforcer_learned")[1]


def test_another_answer_has_no_name() -> None:
    assert pair_name(Message(NEW, 1, b"")) == ""
    assert pair_name(Message(NEW, 1, bytes(40))) == ""
