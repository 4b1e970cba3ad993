"""Findings of inspectors and of the kernel: few records, and what went through the kernel's doors in words."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from bypass_fixtures import BYPASS, ways
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import TCP, UDP
from test_inspector import AFTER, BAN, STAMP, VENDOR, ip

from enforcer.model.event import Event
from enforcer.pipeline.findings import Findings, is_door
from enforcer.policy.load import load

POLICY = load({"vendors/acme.toml": VENDOR, "acme-2024.toml": BAN}, ways("flag"), bypass=BYPASS)


def door(prefix: str, to: str, port: int, tcp: bool = True) -> Event | None:
    layer = TCP(sport=40000, dport=port, flags="S") if tcp else UDP(sport=40000, dport=port)
    source = "fd00:1::7" if ":" in to else "10.1.0.7"
    return Findings(STAMP).door(POLICY, prefix, bytes(ip(source, to) / layer), AFTER)


@pytest.mark.parametrize(
    ("prefix", "to", "port", "tcp", "verdict", "action", "words"),
    [
        ("bypass dot flag", "192.0.2.9", 853, True, "flag", "passed", "is open: DNS over TLS, on port 853"),
        ("bypass dot block", "8.8.8.8", 853, True, "block", "reset", "stopped: DNS over TLS, to Google"),
        ("bypass doq block", "8.8.8.8", 853, False, "block", "rejected", "stopped: DNS over QUIC, to Google"),
        (
            "bypass resolvers redirect",
            "1.1.1.1",
            53,
            False,
            "flag",
            "redirected",
            "plain DNS to a public resolver, to",
        ),
        (
            "bypass doh flag",
            "2001:4860:4860::8888",
            443,
            True,
            "flag",
            "passed",
            "suspected: Google is known",
        ),
    ],
)
def test_a_door_is_told_in_words(
    prefix: str, to: str, port: int, tcp: bool, verdict: str, action: str, words: str
) -> None:
    event = door(prefix, to, port, tcp)
    assert event is not None
    assert (event.kind, event.verdict, event.action, event.how) == ("finding", verdict, action, "address")
    assert (event.way, event.server, event.server_port) == (prefix.split()[1], to, port)
    assert (event.client_port, event.protocol) == (40000, "tcp" if tcp else "udp")
    assert (event.vendor, event.ban) == ("", "")
    assert words in event.reason


@pytest.mark.parametrize("prefix", ["", "acme/update@", "bypass", "bypass nonesuch flag", "bypass dot party"])
def test_what_is_no_doors_log_is_none(prefix: str) -> None:
    assert door(prefix, "8.8.8.8", 853) is None
    assert is_door("bypass dot flag")
    assert not is_door("acme/update@phones")


@given(st.binary(max_size=128))
def test_no_packet_raises(packet: bytes) -> None:
    event = Findings(STAMP).door(POLICY, "bypass dot flag", packet, AFTER)
    assert event is None or event.way == "dot"


def test_one_client_at_one_resolver_is_told_at_once_and_then_with_a_count() -> None:
    findings = Findings(STAMP)
    one = door("bypass dot flag", "8.8.8.8", 853)
    other = door("bypass dot flag", "1.1.1.1", 853)
    assert one is not None
    assert other is not None
    assert list(findings.add(POLICY, [one] * 5)) == [one]
    assert list(findings.add(POLICY, [other])) == [other]
    assert list(findings.tick(AFTER + 59)) == []
    [held] = findings.tick(AFTER + 60)
    assert (held.count, held.server) == (4, "8.8.8.8")
    assert list(findings.flush()) == []


def decisions(names: Iterable[str]) -> list[Event]:
    return [
        Event(at=AFTER + n, how="dns", name=name, vendor="acme", client="10.1.0.7", server="192.0.2.1")
        for n, name in enumerate(names)
    ]


def test_a_walk_over_a_vendors_servers_is_few_records_and_none_is_lost_with_the_policy() -> None:
    findings = Findings(STAMP)
    asked = decisions(f"s{n:02}.upd.acme.test" for n in range(60))
    assert list(findings.add(POLICY, asked[:30])) == asked[:1]
    [before] = findings.flush()
    assert (before.count, len(before.names)) == (29, 29)
    assert list(findings.add(POLICY, asked[30:])) == []
    [rest] = findings.flush()
    assert (rest.count, rest.at, rest.last) == (30, AFTER + 30, AFTER + 59)


def test_what_the_site_wants_told_one_by_one_is() -> None:
    policy = load({"vendors/acme.toml": VENDOR, "acme-2024.toml": BAN}, "[output]\ncollapse = 0\n")
    asked = decisions(["s01.upd.acme.test"] * 3)
    assert list(Findings(STAMP).add(policy, asked)) == asked


def test_a_walk_is_put_together_from_what_passes_through() -> None:
    findings = Findings(STAMP)
    servers = ("8.8.8.8", "1.1.1.1", "223.6.6.6", "9.9.9.9", "185.228.168.168")
    events = [
        Event(at=AFTER + n, how="dns", name="s07.upd.acme.test", vendor="acme", client="10.1.0.7", server=server)
        for n, server in enumerate(servers)
    ]
    assert list(findings.add(POLICY, events)) == events[:1]
    assert list(findings.walks(POLICY, AFTER + 30)) == []
    [walk] = findings.last_walks(POLICY)
    assert walk.way == "walk"
    assert list(findings.add(POLICY, [walk])) == [walk]
    assert [held.count for held in findings.flush()] == [len(servers) - 1]


def of_clients(count: int) -> list[Event]:
    asked = decisions(["upd.acme.test"] * count)
    return [replace(one, verdict="block", client=f"10.1.7.{n}") for n, one in enumerate(asked)]


def test_many_clients_alike_are_marked_and_told_as_one_unless_each_is_wanted_by_itself() -> None:
    asked = of_clients(90)
    findings = Findings(STAMP)
    assert sum(not one.alert for one in findings.add(POLICY, asked)) == 60
    assert [(one.kind, one.count) for one in findings.tick(AFTER + 99)] == [("crowd", 30)]
    policy = load({"vendors/acme.toml": VENDOR, "acme-2024.toml": BAN}, "[output]\ncollapse = 0\n")
    assert list(Findings(STAMP).add(policy, asked)) == asked


@pytest.mark.parametrize(("crowd", "alerts"), [(1, 1), (70, 70), (0, 90)])
def test_how_many_alike_are_alerts_is_the_sites_to_say_and_counts_from_a_reload_on(crowd: int, alerts: int) -> None:
    policy = load({"vendors/acme.toml": VENDOR, "acme-2024.toml": BAN}, f"[output]\ncrowd = {crowd}\n")
    findings = Findings(STAMP)
    assert sum(not one.alert for one in findings.add(POLICY, of_clients(90))) == 60
    findings.flush()
    again = [replace(one, client=f"fd00::{n}") for n, one in enumerate(of_clients(90))]
    assert sum(not one.alert for one in findings.add(policy, again)) == alerts
