"""What somebody else does to our tables is noticed; what we do, and what is learned, is not looked at."""

from collections.abc import Callable
from typing import Any

import pytest
from namespace_fixtures import apart, nft

from enforcer.edge import portraits
from enforcer.edge.guard import EVERY, Guard

pytestmark = pytest.mark.kernel

TABLE = """table inet enforcer {
 set static {
  type ipv4_addr
  elements = { 192.0.2.1 }
 }
 set learned {
  type ipv4_addr
  flags timeout
 }
 chain c {
  counter
 }
}
"""


def guarded(work: Callable[[Guard], Any]) -> Any:
    """What `work` gives, in a namespace where our table stands and a guard watches it."""

    def inside() -> Any:
        guard = Guard()
        nft("-f", "-", text=TABLE)
        assert guard.settle(1, 0.0)
        try:
            return work(guard)
        finally:
            guard.close()

    return apart(inside)


def test_an_element_of_a_set_with_timeouts_costs_no_look(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(guard: Guard) -> object:
        looks: list[object] = []
        monkeypatch.setattr(portraits, "taken", lambda tables: looks.append(tables))
        for octet in range(1, 50):
            nft("add", "element", "inet", "enforcer", "learned", f"{{ 192.0.2.{octet} timeout 1s }}")
        nft("flush", "set", "inet", "enforcer", "learned")
        return guard.wrong(1.0), looks

    assert guarded(work) == ("", [])


def test_an_element_of_another_set_is_noticed() -> None:
    def work(guard: Guard) -> object:
        nft("delete", "element", "inet", "enforcer", "static", "{ 192.0.2.1 }")
        return guard.wrong(1.0)

    told = str(guarded(work))
    assert told.startswith("elements of set static in inet enforcer is changed, by nft (process "), told


def test_what_is_wrong_is_wrong_until_it_is_settled() -> None:
    def work(guard: Guard) -> object:
        nft("add", "chain", "inet", "enforcer", "d")
        first = guard.wrong(1.0)
        again = guard.wrong(1.2)
        nft("delete", "chain", "inet", "enforcer", "d")
        return first, again, guard.wrong(1.4)

    first, again, then = guarded(work)
    assert first == again != ""
    assert then == ""


def test_a_change_that_was_not_told_is_found_at_the_periodic_look() -> None:
    def work(guard: Guard) -> object:
        nft("add", "chain", "inet", "enforcer", "d")
        guard._listener.heard()  # as if the kernel had not said it
        return guard.wrong(EVERY - 0.1), guard.wrong(EVERY)

    assert guarded(work) == ("", "chain d in inet enforcer was added")


def test_notifications_that_were_lost_are_a_reason_to_look() -> None:
    def work(guard: Guard) -> object:
        nft("add", "chain", "inet", "enforcer", "d")
        guard._listener.heard()
        guard._listener.overrun = True
        return guard.wrong(0.1)

    assert guarded(work) == "chain d in inet enforcer was added"


def test_a_hand_of_somebody_else_while_we_install_is_noticed() -> None:
    def work(guard: Guard) -> object:
        nft("flush", "table", "inet", "enforcer")  # ours, say
        nft("add", "chain", "inet", "enforcer", "d")  # theirs
        return guard.settle(1, 1.0)

    assert guarded(work) is False
