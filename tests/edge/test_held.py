"""Who is held, read back from the real kernel."""

import pytest
from namespace_fixtures import apart, nft

from enforcer.edge.held import MOST, NOBODY, share_state
from enforcer.edge.netfilter import Netfilter
from enforcer.model.settings import HOST, TAP, Settings
from enforcer.model.state import ShareState
from enforcer.plan.held_clients import hold
from enforcer.plan.ruleset import ruleset

NETWORK, HOST6 = bytes.fromhex("20010db800010002") + bytes(8), bytes.fromhex("20010db800010002") + bytes(7) + b"\1"


def rules() -> None:
    nft("-f", "-", text=ruleset([], Settings(), shift=0.0, native_queue=False, generation="0"))


@pytest.mark.kernel
def test_the_clients_that_are_held_for_longest_are_named() -> None:
    def work() -> tuple[ShareState, ShareState]:
        rules()
        with Netfilter() as kernel:
            kernel.tell(hold([(b"\x0a\0\0\1", 50.0), (NETWORK, 90.0), (HOST6, 20.0)]), acknowledgements=1)
            few = share_state(Settings())
            kernel.tell(hold([(bytes((10, 1, 0, n)), 200.0) for n in range(40)]), acknowledgements=1)
        return few, share_state(Settings())

    few, many = apart(work)
    assert few == ShareState(
        percent=20, held=3, clients=("2001:db8:1:2::/64", "10.0.0.1", "2001:db8:1:2::1"), dropped=0, unasked=0
    )
    assert (many.held, len(many.clients)) == (43, MOST)
    assert all(client.startswith("10.1.0.") for client in many.clients)


@pytest.mark.kernel
def test_without_our_table_nobody_is_held() -> None:
    assert apart(lambda: share_state(Settings())) == ShareState(percent=20, held=0, clients=(), dropped=0, unasked=0)


@pytest.mark.parametrize("settings", [Settings(mode=HOST), Settings(mode=TAP), Settings(client_share=100)])
def test_where_there_are_no_shares_the_kernel_is_not_asked(settings: Settings) -> None:
    assert share_state(settings) is NOBODY
