"""The kernel's own notifications: who changed what, and what is lost when too much is told."""

import socket

import pytest
from namespace_fixtures import apart, nft

from enforcer.edge.change_listener import ChangeListener

pytestmark = pytest.mark.kernel


def test_the_kernel_names_who_changed_our_table() -> None:
    def work() -> object:
        listener = ChangeListener(["enforcer"])
        nft("add", "table", "inet", "theirs")
        nft("add table inet enforcer; add chain inet enforcer c; add rule inet enforcer c accept")
        nft("delete", "table", "inet", "enforcer")
        heard = [change.name for change in listener.heard()], listener.heard(), listener.overrun
        listener.close()
        return heard

    assert apart(work) == (["nft", "nft"], [], False)


def test_an_overrun_is_known_and_forgotten_when_it_was_looked_after() -> None:
    def work() -> object:
        listener = ChangeListener(["enforcer"])
        listener._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)
        for _ in range(20):
            nft("add table inet enforcer; add chain inet enforcer c; delete table inet enforcer")
        listener.heard()
        before = listener.overrun
        listener.listen_for([])
        return before, listener.overrun

    assert apart(work) == (True, False)
