"""What a pair is by the names under which a client knows the address, and how many are kept."""

from enforcer.model.names import HostName
from enforcer.model.verdict import Verdict
from enforcer.pipeline import pairs
from enforcer.pipeline.pairs import (
    GRACE,
    LEAST_LIFETIME,
    MOST_LIFETIME,
    MOST_NAMES,
    MOST_OF_A_CLIENT,
    Meaning,
    Pair,
    Pairs,
    Use,
    lifetime,
)

NEVER = float("-inf")
UPDATE = Meaning(vendor="acme", lane=1, mildness=(Verdict.BLOCK, NEVER))
STORE = Meaning(vendor="acme", lane=2, mildness=(Verdict.OBSERVE, -5000.0))
WEBSITE = Meaning(vendor="acme", lane=3, mildness=(Verdict.OBSERVE, NEVER))
OTHERS = Meaning(vendor="other", lane=4, mildness=(Verdict.FLAG, NEVER))


def pair(*uses: tuple[str, float, Meaning | None]) -> Pair:
    made = Pair()
    for name, until, meaning in uses:
        made.use(HostName(name), Use(until, meaning))
    return made


def test_the_lane_of_the_one_name_for_as_long_as_it_holds() -> None:
    assert pair(("a", 100.0, UPDATE)).wanted(99.0) == (1, 100.0)
    assert pair(("a", 100.0, UPDATE)).wanted(100.0) is None


def test_of_several_services_the_mildest_and_when_its_name_has_gone_the_other_again() -> None:
    known = pair(("a", 300.0, UPDATE), ("b", 200.0, STORE), ("c", 100.0, WEBSITE))
    assert [known.wanted(at) for at in (50.0, 150.0, 250.0)] == [(3, 300.0), (2, 300.0), (1, 300.0)]


def test_another_vendors_name_or_nobodys_makes_it_nobodys_as_long_as_that_holds() -> None:
    assert pair(("a", 300.0, UPDATE), ("b", 200.0, OTHERS)).wanted(50.0) is None
    shared = pair(("a", 300.0, UPDATE), ("b", 200.0, None))
    assert shared.wanted(50.0) is None
    assert shared.wanted(200.0) == (1, 300.0)


def test_names_are_bounded_and_the_first_to_end_goes() -> None:
    many = pair(*((f"n{number}", 100.0 + number, UPDATE) for number in range(MOST_NAMES + 1)))
    assert len(many.uses) == MOST_NAMES
    assert "n0" not in many.uses


def test_a_lifetime_is_the_ttl_and_grace_within_bounds() -> None:
    assert lifetime(0) == LEAST_LIFETIME
    assert lifetime(3600) == 3600 + GRACE
    assert lifetime(2**31 - 1) == MOST_LIFETIME


def test_a_client_has_its_share_and_its_oldest_makes_room() -> None:
    table = Pairs()
    for number in range(MOST_OF_A_CLIENT):
        assert table.make(b"me", number.to_bytes(4, "big"))[1] is None
    assert table.make(b"me", b"next")[1] == bytes(4)
    assert len(table) == MOST_OF_A_CLIENT
    assert table.find(b"me", bytes(4)) is None


def test_the_table_is_bounded_counted_and_empties() -> None:
    table = Pairs(most=2)
    made = [table.make(client, b"addr")[0] for client in (b"a", b"b", b"c")]
    assert [one is None for one in made] == [False, False, True]
    assert (len(table), table.full) == (2, 1)
    assert not table.knows(b"c")
    table.drop(b"a", b"addr")
    table.drop(b"a", b"addr")
    assert not table.knows(b"a")
    assert table.make(b"c", b"addr")[0] is not None


def test_what_has_ended_goes_by_itself() -> None:
    table = Pairs()
    for client, until in ((b"a", 10.0), (b"b", 20.0)):
        made, _ = table.make(client, b"addr")
        assert made is not None
        made.use(HostName("n"), Use(until, UPDATE))
    table.expire(10.0)
    assert (table.knows(b"a"), table.knows(b"b"), len(table)) == (False, True, 1)
    assert pairs.MOST == 65_536
