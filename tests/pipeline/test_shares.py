"""Shares by hand-made costs: who is held, for how long, and who is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6

from enforcer.pipeline.shares import BURST, CLIENTS, TELL_EVERY, Shares, is_answer, network, receiver, sender

A, B = b"\x0a\0\0\1", b"\x0a\0\0\2"


def test_a_burst_is_free_and_what_follows_is_held_until_half_of_it_is_saved() -> None:
    shares = Shares(0.25)
    assert shares.charge(A, BURST, 0.0) == 0.0
    pause = shares.charge(A, 0.05, 0.0)
    assert pause == pytest.approx((BURST / 2 + 0.05) / 0.25)
    assert shares.is_held(A, pause - 0.01)
    assert not shares.is_held(A, pause)
    assert not shares.is_held(B, 0.0)
    assert shares.charge(A, BURST / 2, pause) == 0.0, "half a burst is there again"
    assert shares.charge(A, 0.01, pause) > 0.0


def test_who_stays_below_the_share_is_never_held() -> None:
    shares = Shares(0.25)
    assert [shares.charge(A, 0.0249, at / 10) for at in range(1000)] == [0.0] * 1000


def test_what_a_held_client_still_sends_is_charged_when_it_is_back() -> None:
    shares = Shares(0.25)
    pause = shares.charge(A, 2 * BURST, 0.0)
    assert shares.charge(A, 1.0, pause / 2) == 0.0, "it is held as it is"
    assert shares.charge(A, 0.0, pause) > 0.0


@given(st.lists(st.tuples(st.floats(0, 0.5), st.floats(0, 0.2)), max_size=200))
def test_nobody_gets_more_than_the_share_and_a_burst(steps: list[tuple[float, float]]) -> None:
    """Judged is what is charged while not held; the last packet before a hold may be dear."""
    shares, at, judged = Shares(0.25), 0.0, 0.0
    for wait, cost in steps:
        at += wait
        if not shares.is_held(A, at):
            judged += cost
            shares.charge(A, cost, at)
    assert judged <= 0.25 * at + BURST + 0.2 + 1e-6


def test_a_client_is_news_once_in_a_while() -> None:
    shares = Shares(0.25)
    assert [shares.is_news(A, at) for at in (0.0, 1.0, TELL_EVERY, TELL_EVERY + 1)] == [True, False, True, False]
    assert shares.is_news(B, 1.0)


def test_the_clients_that_were_not_heard_of_for_longest_are_forgotten() -> None:
    shares = Shares(0.25)
    shares.charge(A, 2 * BURST, 0.0)
    for number in range(CLIENTS - 1):
        shares.charge(number.to_bytes(4, "big"), 0.0, 0.0)
        shares.charge(A, 0.0, 0.0)
    assert shares.is_held(A, 0.1)
    for number in range(CLIENTS):
        shares.charge(b"x" + number.to_bytes(4, "big"), 0.0, 0.0)
    assert not shares.is_held(A, 0.1)


def test_a_client_is_an_address_and_its_network_has_64_bits() -> None:
    four = bytes(IP(src="10.0.0.1", dst="192.0.2.1") / UDP(sport=53, dport=4000))
    assert (sender(four), receiver(four)) == (A, b"\xc0\0\2\1")
    six = bytes(IPv6(src="2001:db8:1:2:3::4", dst="fd00:1:2:3::4") / UDP(sport=4000, dport=53))
    assert sender(six).hex() == "20010db8000100020003000000000004"
    assert receiver(six).hex() == "fd000001000200030000000000000004"
    assert network(sender(six)).hex() == "20010db800010002" + "00" * 8


def test_an_answer_comes_from_port_53() -> None:
    assert is_answer(bytes(IP() / UDP(sport=53, dport=4000)))
    assert is_answer(bytes(IP(options=b"\1\1\1\1") / TCP(sport=53)))
    assert is_answer(bytes(IPv6() / UDP(sport=53)))
    assert not is_answer(bytes(IP() / UDP(sport=4000, dport=53)))
    assert not is_answer(bytes(IPv6() / TCP(sport=4000, dport=53)))
