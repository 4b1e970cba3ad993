"""Clients as elements of sets, read back from the real kernel."""

import re

import pytest
from namespace_fixtures import apart, nft

from enforcer.edge.netfilter import Netfilter
from enforcer.model.settings import Settings
from enforcer.plan.held_clients import held_in, hold
from enforcer.plan.netlink import Message, attribute, nested
from enforcer.plan.ruleset import TABLE, ruleset

FOUR, SIX = b"\x0a\0\0\1", bytes.fromhex("20010db800010002") + bytes(8)


@pytest.mark.kernel
def test_the_kernel_holds_them_for_their_time_and_takes_one_twice() -> None:
    def work() -> list[str]:
        nft("-f", "-", text=ruleset([], Settings(), shift=0.0, native_queue=False, generation="0"))
        with Netfilter() as kernel:
            for clients in ([(FOUR, 2.5), (SIX, 60.0)], [(FOUR, 90.0)]):
                kernel.tell(hold(clients), acknowledgements=1)
        return [nft("list", "set", "inet", TABLE, name) for name in ("held4", "held6")]

    four, six = apart(work)
    assert re.search(r"10\.0\.0\.1 timeout (2s500ms|1m30s) expires", four)
    assert "2001:db8:1:2:: timeout 1m expires" in six


def test_what_is_no_such_element_is_passed_over() -> None:
    """A dump is read as far as it makes sense; the kernel's own answers are read in tests/edge."""

    def told(*members: bytes) -> Message:
        return Message(0, 1, bytes(4) + nested(3, nested(1, *members)))

    key, left = nested(1, attribute(1, FOUR)), attribute(5, (2500).to_bytes(8, "big"))
    assert list(held_in([told(key, left)])) == [(FOUR, 2.5)]
    assert list(held_in([told(key)])) == [(FOUR, 0.0)]
    assert list(held_in([told(left), told(nested(1, attribute(1, b"abc")), left), Message(0, 1, b"")])) == []
