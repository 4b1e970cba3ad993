"""Who pays, and that the kernel is told, with costs from a clock of the test's own."""

import time
from dataclasses import dataclass

import pytest
from namespace_fixtures import apart, nft
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6

from enforcer.edge import meter as meters
from enforcer.edge.meter import AIR, SWAMPED, Meter, payer
from enforcer.edge.queue import QueuedPacket
from enforcer.model.settings import Settings
from enforcer.plan.ruleset import TABLE, ruleset

A, B = "10.0.0.1", "10.0.0.2"


@dataclass
class Ticking:
    """Both clocks go on by hand."""

    passed: float = 0.0
    used: float = 0.0

    def monotonic(self) -> float:
        return self.passed

    def spent(self) -> float:
        return self.used

    def go(self, passed: float, used: float) -> None:
        self.passed += passed
        self.used += used


def packet(source: str, to: str = "192.0.2.1", *, hook: int = 0, port: int = 4000) -> QueuedPacket:
    ends = IPv6(src=source, dst="2001:db8:ff::1") if ":" in source else IP(src=source, dst=to)
    wire = bytes(ends / UDP(sport=port, dport=53))
    return QueuedPacket(0, 1, hook, 0, 0, 0, None, wire, len(wire))


def judge(meter: Meter, clock: Ticking, *costs: tuple[str, float, float], filled: float = 0.0) -> list[str]:
    """A round of packets, each with what passes and what is used for it."""
    meter.begin()
    for source, passed, used in costs:
        if not meter.refuses(packet(source)):
            clock.go(passed, used)
            meter.done(packet(source))
    return [*meter.settle(len(costs), filled=filled)]


def listed(word: str, held: str) -> str:
    """A listing of that set with the word in it: the kernel is told by a thread."""
    end = time.monotonic() + 20
    while word not in (told := nft("list", "set", "inet", TABLE, held)) and time.monotonic() < end:
        time.sleep(0.01)
    return told


def test_who_pays() -> None:
    asked = packet(A)
    assert payer(asked) == b"\x0a\0\0\1"
    assert payer(packet("192.0.2.1", A, hook=2, port=53)) == b"\x0a\0\0\1", "an answer is paid by who asked"
    assert payer(packet("192.0.2.1", A, hook=3, port=53)) == b"\x0a\0\0\1", "the gateway's own resolver's too"
    assert payer(packet(A, hook=3)) is None, "the gateway asks for everybody"
    assert payer(packet("192.0.2.1", A, hook=1, port=53)) is None
    assert payer(QueuedPacket(0, 1, 0, 0, 0, 0, None, b"", 0)) is None


@pytest.mark.kernel
def test_the_processors_time_is_charged_and_the_dear_client_is_held_in_the_kernel() -> None:
    def work() -> tuple[list[list[str]], bool, bool, str, int]:
        nft("-f", "-", text=ruleset([], Settings(), shift=0.0, native_queue=False, generation="0"))
        clock = Ticking()
        meter = Meter(clock, 25, sieve=True)
        rounds = [
            judge(meter, clock, (A, 0.015, 0.0001), (B, 0.001, 0.0)),  # the machine did other things: nobody's fault
            judge(meter, clock, *[(A, 0.02, 0.02)] * 300, (B, 0.01, 0.01)),  # so dear that it is held for long
        ]
        meter.begin()
        held, free = meter.refuses(packet(A)), meter.refuses(packet(B))
        return rounds, held, free, listed(A, "held4"), meter.dropped

    rounds, held, free, told, dropped = apart(work)
    assert rounds == [[], [A]]
    assert (held, free, dropped) == (True, False, 1)
    assert f"{A} timeout" in told
    assert B not in told


@pytest.mark.kernel
def test_while_more_waits_the_time_that_passes_is_charged() -> None:
    def work() -> list[list[str]]:
        clock = Ticking()
        meter = Meter(clock, 25, sieve=True)
        many = [(A, 0.015, 0.0001)] * 20
        return [judge(meter, clock, *many), judge(meter, clock, *many, filled=0.2)]

    assert apart(work) == [[], [A]]


@pytest.mark.kernel
def test_what_the_machine_stood_still_is_nobodys() -> None:
    def work() -> list[str]:
        clock = Ticking()
        return judge(Meter(clock, 25, sieve=True), clock, (A, 5.0, 0.0001), (B, 0.001, 0.0001), filled=0.2)

    assert apart(work) == []


@pytest.mark.kernel
def test_what_is_done_between_rounds_for_another_policy_or_by_the_clock_is_nobodys() -> None:
    def work() -> list[list[str]]:
        clock = Ticking()
        meter = Meter(clock, 25, sieve=True)
        judge(meter, clock, (A, 0.001, 0.001))
        clock.go(1.0, 1.0)
        meter.skip()
        rounds = [judge(meter, clock, (A, 0.001, 0.001))]
        clock.go(1.0, 1.0)
        meter.allow(25)
        rounds.append(judge(meter, clock, (A, 0.001, 0.001)))
        return rounds

    assert apart(work) == [[], []]


@pytest.mark.kernel
def test_at_a_hundred_percent_nobody_is_held() -> None:
    def work() -> list[str]:
        clock = Ticking()
        return judge(Meter(clock, 100, sieve=True), clock, *[(A, 0.02, 0.02)] * 20, filled=0.2)

    assert apart(work) == []


@pytest.mark.kernel
def test_another_share_is_in_use_from_the_next_round_on() -> None:
    def work() -> list[list[str]]:
        clock = Ticking()
        meter = Meter(clock, 100, sieve=True)
        rounds = [judge(meter, clock, *[(A, 0.02, 0.02)] * 20)]
        meter.allow(25)
        rounds.append(judge(meter, clock, *[(A, 0.02, 0.02)] * 20))
        meter.allow(100)
        meter.begin()
        assert not meter.refuses(packet(A))
        return rounds

    assert apart(work) == [[], [A]]


@pytest.mark.kernel
def test_hosts_of_a_network_have_shares_of_their_own_and_all_of_its_addresses_three_together() -> None:
    def work() -> tuple[list[str], bool, bool, bool]:
        clock = Ticking()
        meter = Meter(clock, 20, sieve=True)
        told = judge(meter, clock, *[(f"2001:db8::{n:x}", 0.02, 0.02) for n in range(9)])
        told += judge(meter, clock, *[("2001:db8::1", 0.02, 0.02)] * 11)
        alone = meter.refuses(packet("2001:db8::2"))
        told += judge(meter, clock, *[(f"2001:db8::f{n:x}", 0.02, 0.02) for n in range(40)])
        return told, alone, meter.refuses(packet("2001:db8::2")), meter.refuses(packet("2001:db8:0:1::2"))

    told, alone, together, another = apart(work)
    assert told[0] == "2001:db8::1"
    assert told[-1] == "2001:db8::/64"
    assert (alone, together, another) == (False, True, False)


def test_the_share_that_is_told_is_the_clients_or_its_networks() -> None:
    meter = Meter(Ticking(), 20, sieve=True)
    assert (meter.share_of(A), meter.share_of("2001:db8::1"), meter.share_of("2001:db8::/64")) == (20, 20, 60)
    meter.allow(50)
    assert meter.share_of("2001:db8::/64") == 100


@pytest.mark.kernel
def test_a_network_is_held_as_soon_as_one_client_while_too_many_wait() -> None:
    def work() -> tuple[list[str], list[str], list[str]]:
        many = [(f"2001:db8::{n:x}", 0.01, 0.01) for n in range(1, 30)]
        told = []
        for costs, filled in ((many, 0.05), (many, 0.2), ([(A, 0.01, 0.01)] * 29, 0.2)):
            clock = Ticking()
            told.append(judge(Meter(clock, 20, sieve=True), clock, *costs, filled=filled))
        return told[0], told[1], told[2]

    assert apart(work) == ([], ["2001:db8::/64"], [A])


@pytest.mark.kernel
def test_a_socket_that_fills_has_everybodys_datagrams_held_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A longer one than AIR here, for nft to find it however long it takes to begin."""
    moment = 30.0 * AIR
    monkeypatch.setattr(meters, "AIR", moment)

    def work() -> tuple[list[bool], str]:
        nft("-f", "-", text=ruleset([], Settings(), shift=0.0, native_queue=False, generation="0"))
        clock = Ticking()
        meter = Meter(clock, 25, sieve=True)
        told = []
        for passed, filled in ((0, SWAMPED), (0, 0.5), (0.5, 0.9), (moment, 0.5), (60, 0.5)):
            clock.go(passed, 0.0)
            meter.begin()
            for source in (A, B):
                meter.done(packet(source))
            told.append(meter.swamps(filled))
        return told, listed("udp timeout", "swamped")

    told, there = apart(work)
    assert told == [False, True, False, False, True]
    assert "udp timeout 30s" in there


@pytest.mark.parametrize(
    ("sources", "swamped"),
    [
        ([A, A, B], False),
        ([A, B], True),
        (["2001:db8::1", "2001:db8::2", "2001:db8::3", A], False),
        (["2001:db8::1", "2001:db8:0:1::1", "2001:db8:0:2::1", A], True),
    ],
)
def test_where_most_is_one_clients_or_one_networks_its_share_is_the_cure(sources: list[str], swamped: bool) -> None:
    meter = Meter(Ticking(), 25, sieve=True)
    meter.begin()
    for source in sources:
        meter.done(packet(source))
    assert meter.swamps(1.0) is swamped


@pytest.mark.parametrize(("percent", "sieve"), [(100, True), (25, False)])
def test_without_a_bound_or_a_sieve_datagrams_are_never_held(percent: int, sieve: bool) -> None:
    """Without a sieve all DNS is queued, and would be held with the rest."""
    meter = Meter(Ticking(), percent, sieve=sieve)
    meter.begin()
    for source in (A, B):
        meter.done(packet(source))
    assert not meter.swamps(1.0)
