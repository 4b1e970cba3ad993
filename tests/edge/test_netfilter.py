"""Talks with the kernel: a refusal is told by its errno, and nothing hangs."""

import socket

import pytest
from namespace_fixtures import apart

from enforcer.edge import netfilter
from enforcer.edge.netfilter import Netfilter, netfilter_socket
from enforcer.model.errors import EdgeError
from enforcer.plan.netlink import number
from enforcer.plan.nf_tables import INET, Step, acknowledged, batch, new_table, table_request

GOOD = batch([new_table(INET, "try")])
BAD = batch([new_table(INET, "try"), Step(10 << 8 | 6, 0x400, INET, number(99, 1))])  # a rule of nothing


@pytest.mark.kernel
def test_a_good_batch_is_acknowledged_and_can_be_read() -> None:
    def work() -> tuple[bool, bool]:
        with Netfilter() as kernel:
            kernel.tell(GOOD, acknowledgements=acknowledged(GOOD))
            return kernel.read(table_request(INET, "try")) is None, kernel.read(table_request(INET, "none")) is None

    assert apart(work) == (False, True)


@pytest.mark.kernel
def test_a_refused_batch_raises_and_leaves_nothing() -> None:
    def work() -> tuple[int | None, bool]:
        with Netfilter() as kernel:
            try:
                kernel.tell(BAD, acknowledgements=acknowledged(BAD))
            except OSError as fault:
                return fault.errno, Netfilter().read(table_request(INET, "try")) is None
        return None, False

    assert apart(work) == (22, True)


@pytest.mark.kernel
def test_no_answer_ends_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netfilter, "_PATIENCE", 0.1)
    with Netfilter() as kernel, pytest.raises(TimeoutError):
        kernel.tell(batch([], commit=False), acknowledgements=1)


def test_a_kernel_without_netfilter_names_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> socket.socket:
        raise OSError(93, "Protocol not supported")

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(EdgeError, match="no netfilter netlink socket: Protocol not supported") as caught:
        netfilter_socket()
    assert caught.value.code == 5
