"""Frames of a mirror in, events out: directions found out, nothing told twice, nothing said to be stopped."""

from collections.abc import Iterable

import dns.message
import dns.rrset
import pytest
from decode_fixtures import hello_for
from hypothesis import given, settings
from hypothesis import strategies as st
from mirror_fixtures import CLIENT, CLIENT_MAC, LINKS, SERVER, framed, tcp, udp
from quic_fixtures import BOTH, aioquic_datagrams, crypto, seal, whole
from scapy.packet import Packet

from enforcer.edge.files import read_policies, shipped_policies
from enforcer.lab.zone import STORE
from enforcer.model.event import Event
from enforcer.model.instants import parse_instant
from enforcer.pipeline import mirror as module
from enforcer.pipeline.mirror import ONCE, QUIC_IDLE, Mirror
from enforcer.pipeline.stamp import Stamp
from enforcer.policy.compiled import Policy
from enforcer.policy.load import load

BANNED, FREE = "dnl-03.geo.kaspersky.com", "www.debian.org"
BOUNDARY = parse_instant("2024-09-29T00:00:00-04:00")
STAMP = Stamp(gateway="gw", mode="tap", simulated=False)
V4_V6 = pytest.mark.parametrize("version", [4, 6])


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load(read_policies(shipped_policies()))


@pytest.fixture
def mirror(policy: Policy) -> Mirror:
    return Mirror(policy, STAMP, {})


def shown(mirror: Mirror, *packets: Packet, at: float = BOUNDARY, link: str = "plain") -> list[Event]:
    return [event for packet in packets for event in mirror.frame(framed(packet, link), at, "eth1")]


def query(name: str) -> bytes:
    return dns.message.make_query(name, "A", id=7).to_wire()


def reply(name: str, *records: str) -> bytes:
    message = dns.message.make_response(dns.message.make_query(name, "A", id=7))
    message.answer = [dns.rrset.from_text(*record.split(" ", 4)) for record in records]  # type: ignore[arg-type]
    return message.to_wire()


def hello(name: str) -> bytes:
    sni = b"\0" + len(name).to_bytes(2, "big") + name.encode()
    sni = b"\0\0" + (len(sni) + 2).to_bytes(2, "big") + len(sni).to_bytes(2, "big") + sni
    body = b"\x03\x03" + bytes(32) + b"\0\0\2\x13\x01\1\0" + len(sni).to_bytes(2, "big") + sni
    message = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + len(message).to_bytes(2, "big") + message


def opening(version: int, port: int = 443, own: int = 40000, seq: int = 0) -> list[Packet]:
    syn = tcp(version, own, port, b"", flags="S", seq=seq)
    return [syn, tcp(version, port, own, b"", flags="SA", seq=900, ack=seq + 1, back=True)]


def connection(version: int, first: bytes, **more: int) -> list[Packet]:
    """SYN to the client's first data, whole, and what the server says then."""
    port, own, seq = more.get("port", 443), more.get("own", 40000), more.get("seq", 0)
    said = tcp(version, own, port, first, flags="PA", seq=seq + 1)
    return [*opening(version, port, own, seq), said, tcp(version, port, own, b"\x16\x03\x03\0\2\2\0", back=True)]


APPLICATION_DATA = b"\x17\x03\x03\0\1x"


def told(events: Iterable[Event]) -> list[tuple[str, str, str, str]]:
    return [(event.how, event.name, event.verdict, event.action) for event in events]


@V4_V6
@pytest.mark.parametrize("link", LINKS)
def test_what_is_blocked_was_only_seen(mirror: Mirror, version: int, link: str) -> None:
    [event] = shown(mirror, udp(version, 40000, 53, query(BANNED)), link=link)
    assert told([event]) == [("dns", BANNED, "block", "seen")]
    assert (event.mode, event.client, event.server) == ("tap", CLIENT[version], SERVER[version])
    assert told(shown(mirror, *connection(version, hello(BANNED)), link=link)) == [("tls", BANNED, "block", "seen")]


@V4_V6
def test_before_its_day_it_passes_and_of_others_nothing_is_told(mirror: Mirror, version: int) -> None:
    early = shown(mirror, *connection(version, hello(BANNED)), at=BOUNDARY - 0.001)
    assert told(early) == [("tls", BANNED, "observe", "passed")]
    assert shown(mirror, *connection(version, hello(FREE), own=40001)) == []
    assert shown(mirror, udp(version, 40000, 53, query(FREE)), udp(version, 53, 40000, reply(FREE), back=True)) == []


@pytest.mark.parametrize("scope", [f'macs = ["{CLIENT_MAC}"]', 'interfaces = ["eth1"]'])
def test_the_clients_hardware_address_or_interface_choose_its_group(policy: Policy, scope: str) -> None:
    """Between July and September 2024 the store is flagged by the statutory profile and blocked by the other."""
    site = f'[[group]]\nname = "lab"\n{scope}\nprofile = "protective"\n'
    grouped = load(read_policies(shipped_policies()), site)
    at = parse_instant("2024-08-15T00:00:00Z")
    asked = udp(4, 40000, 53, query(STORE))
    assert [event.verdict for event in shown(Mirror(policy, STAMP, {}), asked, at=at)] == ["flag"]
    assert [event.verdict for event in shown(Mirror(grouped, STAMP, {}), asked, at=at)] == ["block"]


def test_a_hello_in_pieces_and_out_of_order_is_joined(mirror: Mirror) -> None:
    whole = hello(BANNED)
    pieces = [tcp(4, 40000, 443, whole[at : at + 9], seq=1 + at) for at in range(0, len(whole), 9)]
    assert told(shown(mirror, *opening(4), *reversed(pieces))) == [("tls", BANNED, "block", "seen")]


@V4_V6
def test_each_frame_shown_twice_is_told_once(mirror: Mirror, version: int) -> None:
    packets = [
        udp(version, 40000, 53, query(BANNED)),
        *connection(version, hello(BANNED)),
        *(udp(version, 40000, 443, datagram) for datagram in aioquic_datagrams(BANNED)),
    ]
    twice = [copy for packet in packets for copy in (packet, packet)]
    assert [event.how for event in shown(mirror, *twice)] == ["dns", "tls", "quic"]
    again = udp(version, 40000, 53, query(BANNED))
    assert shown(mirror, again, at=BOUNDARY + ONCE - 0.1) == []
    assert len(shown(mirror, again, at=BOUNDARY + 3 * ONCE)) == 1


def test_the_answer_to_a_blocked_question_is_no_news_and_one_that_leads_on_is(mirror: Mirror) -> None:
    address = f"{BANNED}. 60 IN A 192.0.2.9"
    straight = [udp(4, 40000, 53, query(BANNED)), udp(4, 53, 40000, reply(BANNED, address), back=True)]
    assert told(shown(mirror, *straight)) == [("dns", BANNED, "block", "seen")]
    chain = reply("www.free.test", f"www.free.test. 60 IN CNAME {BANNED}.", address)
    packets = [udp(4, 40002, 53, query("www.free.test")), udp(4, 53, 40002, chain, back=True)]
    [event] = shown(mirror, *packets)
    assert (event.name, event.matched, event.action) == ("www.free.test", BANNED, "seen")
    assert (event.client, event.client_port) == (CLIENT[4], 40002)


@pytest.mark.parametrize("version", BOTH)
def test_quic_is_read_from_the_client_and_not_from_the_server(mirror: Mirror, version: int) -> None:
    first = aioquic_datagrams(BANNED, version)
    packets = [udp(4, 40000, 443, datagram) for datagram in first]
    server = udp(4, 443, 40000, first[0][:5] + b"\x08" + bytes(1190), back=True)
    assert told(shown(mirror, server, *packets, server, *packets)) == [("quic", BANNED, "block", "seen")]
    later = BOUNDARY + 2 * QUIC_IDLE
    packets = [udp(4, 40000, 443, datagram) for datagram in aioquic_datagrams(BANNED, version)]
    assert len(shown(mirror, *packets, at=later)) == 1, "the same ports a minute later: another connection"


def test_another_name_in_a_second_hello_of_quic_is_told_too(mirror: Mirror) -> None:
    one, two = hello_for("www.free.test"), hello_for(BANNED)
    asked = udp(4, 443, 40000, b"\xc0\0\0\0\1\x08" + bytes(1190), back=True)
    sent = [udp(4, 40000, 443, whole(seal(crypto(at, data), number=at))) for at, data in ((0, one), (len(one), two))]
    assert shown(mirror, sent[0], asked, sent[0]) == []
    assert told(shown(mirror, sent[1], sent[1], asked)) == [("quic", BANNED, "block", "seen")]


def test_a_name_of_quic_from_two_ports_is_told_once(mirror: Mirror) -> None:
    message = hello_for(BANNED)
    parts = [(40000, 0, message[:60]), (40001, 60, message[60:])]
    sent = [udp(4, port, 443, whole(seal(crypto(at, data), number=at))) for port, at, data in parts]
    answer = udp(4, 443, 40000, b"\xc0\0\0\0\1\x08" + bytes(1190), back=True)
    assert told(shown(mirror, sent[0], sent[0], answer, sent[1], sent[1])) == [("quic", BANNED, "block", "seen")]


def test_a_connection_shown_on_both_sides_of_a_nat_is_told_of_both(mirror: Mirror) -> None:
    """As it was: under one id the same is said twice, and that contradicts nobody."""
    inside = [udp(4, 40000, 443, one) for one in aioquic_datagrams(BANNED)]
    outside = [one.copy() for one in inside]
    for one in outside:
        one.src = "198.51.100.7"
    both = [packet for pair in zip(inside, outside, strict=True) for packet in pair]
    events = shown(mirror, *both)
    assert told(events) == [("quic", BANNED, "block", "seen")] * 2
    assert [event.client for event in events] == [CLIENT[4], "198.51.100.7"]


def test_another_name_on_the_same_ports_of_quic_is_told_too(mirror: Mirror) -> None:
    free = [udp(4, 40000, 443, datagram) for datagram in aioquic_datagrams("www.free.test")]
    banned = [udp(4, 40000, 443, datagram) for datagram in aioquic_datagrams(BANNED)]
    noise = udp(4, 40001, 443, b"\x80\x60" + bytes(30))
    assert shown(mirror, *free, noise) == []
    assert told(shown(mirror, *banned)) == [("quic", BANNED, "block", "seen")]
    behind = [udp(4, 40001, 443, datagram) for datagram in aioquic_datagrams(BANNED)]
    assert told(shown(mirror, *behind)) == [("quic", BANNED, "block", "seen")]


def test_on_two_high_ports_who_speaks_first_is_the_client(mirror: Mirror) -> None:
    first = aioquic_datagrams(BANNED)
    server = udp(4, 50443, 40000, first[0][:5] + b"\x08" + bytes(1190), back=True)
    packets = [udp(4, 40000, 50443, datagram) for datagram in first]
    assert told(shown(mirror, packets[0], server, *packets[1:], server)) == [("quic", BANNED, "block", "seen")]


def test_a_connection_without_its_beginning_is_read_from_its_first_data(mirror: Mirror) -> None:
    _, _, first, answer = connection(4, hello(BANNED))
    assert told(shown(mirror, answer, first, answer)) == [("tls", BANNED, "block", "seen")]


def test_the_servers_syn_tells_who_the_client_is(mirror: Mirror) -> None:
    _, syn_ack, first, answer = connection(4, hello(BANNED), port=50443)
    assert told(shown(mirror, syn_ack, answer, first, answer)) == [("tls", BANNED, "block", "seen")]


def test_a_decided_connection_costs_no_more_than_a_look(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    behind = tcp(4, 40000, 443, APPLICATION_DATA, flags="PA", seq=1 + len(hello(FREE)), ack=8)
    shown(mirror, *connection(4, hello(FREE)), behind)
    monkeypatch.setattr(mirror._inspector, "packet", None)  # who asks now fails
    assert shown(mirror, tcp(4, 40000, 443, b"bulk", seq=300), tcp(4, 443, 40000, b"bulk", back=True)) == []


def test_a_second_hello_is_read_and_the_same_one_told_once(mirror: Mirror) -> None:
    first = hello(FREE)
    again = tcp(4, 40000, 443, b"\x14\x03\x03\0\1\1" + hello(BANNED), flags="PA", seq=1 + len(first))
    assert told(shown(mirror, *connection(4, first), again)) == [("tls", BANNED, "block", "seen")]
    first = hello(BANNED)
    again = tcp(4, 40001, 443, first, flags="PA", seq=1 + len(first))
    assert told(shown(mirror, *connection(4, first, own=40001), again)) == [("tls", BANNED, "block", "seen")]


def test_the_same_ports_again_are_another_connection(mirror: Mirror) -> None:
    shown(mirror, *connection(4, hello(FREE)))
    again = connection(4, hello(BANNED), seq=77_000)
    assert told(shown(mirror, *again)) == [("tls", BANNED, "block", "seen")]


def test_a_flood_of_connections_takes_bounded_room(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FLOWS", 100)
    monkeypatch.setattr(module, "MAX_TOLD", 10)
    for own in range(20_000, 20_300):
        shown(mirror, *opening(4, own=own), udp(4, own, 53, query(BANNED)))
    assert mirror.flows == 100
    assert len(mirror._told) == 10
    late = tcp(4, 20_299, 443, hello(BANNED), seq=1)
    assert told(shown(mirror, late)) == [("tls", BANNED, "block", "seen")]


def framed_dns(message: bytes) -> bytes:
    return len(message).to_bytes(2, "big") + message


@V4_V6
def test_dns_over_tcp_is_read_both_ways_as_long_as_it_lives(mirror: Mirror, version: int) -> None:
    asked, alias = framed_dns(query(BANNED)), framed_dns(query("www.free.test"))
    chain = reply("www.free.test", f"www.free.test. 60 IN CNAME {BANNED}.", f"{BANNED}. 60 IN A 192.0.2.9")
    later = 1 + len(asked)
    packets = [
        *opening(version, port=53),
        tcp(version, 40000, 53, asked, flags="PA", seq=1),
        tcp(version, 40000, 53, alias, flags="PA", seq=later),
        tcp(version, 53, 40000, framed_dns(chain), flags="PA", seq=901, back=True),
        tcp(version, 40000, 53, framed_dns(query("dnl-04.geo.kaspersky.com")), flags="PA", seq=later + len(alias)),
    ]
    twice = [copy for packet in packets for copy in (packet, packet)]
    events = shown(mirror, *twice)
    assert [(event.name, event.matched, event.action) for event in events] == [
        (BANNED, BANNED, "seen"),
        ("www.free.test", BANNED, "seen"),
        ("dnl-04.geo.kaspersky.com", "dnl-04.geo.kaspersky.com", "seen"),
    ]
    assert {event.client for event in events} == {CLIENT[version]}


def test_a_new_policy_judges_from_the_next_frame_on(policy: Policy) -> None:
    mirror = Mirror(load({}), STAMP, {})
    assert shown(mirror, udp(4, 40000, 53, query(BANNED))) == []
    mirror.replace_policy(policy, {})
    assert len(shown(mirror, udp(4, 40000, 53, query(BANNED)))) == 1


@settings(max_examples=200)
@given(
    link=st.sampled_from(sorted(LINKS)),
    cut=st.integers(0, 400),
    changes=st.lists(st.tuples(st.integers(0, 399), st.integers(0, 255)), max_size=4),
    which=st.integers(0, 4),
)
def test_no_frame_raises(policy: Policy, link: str, cut: int, changes: list[tuple[int, int]], which: int) -> None:
    mirror = Mirror(policy, STAMP, {})
    packets = [*connection(4, hello(BANNED)), udp(6, 40000, 53, query(BANNED))]
    frame = bytearray(framed(packets[which], link))
    for place, value in changes:
        if place < len(frame):
            frame[place] = value
    for _ in range(2):
        for event in mirror.frame(bytes(frame[:cut] if cut < 400 else frame), BOUNDARY, "eth1"):
            assert event.action in ("seen", "passed")


REQUEST = b"GET /other HTTP/1.1\r\nHost: 192.0.2.53\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n"


def downloads(mirror: Mirror, version: int, *answers: bytes, request: bytes = REQUEST, port: int = 80) -> list[Event]:
    """What comes of these segments of a server's, behind one request."""
    asked = [tcp(version, 40000, port, b"", flags="S", seq=9), tcp(version, 40000, port, request, seq=10)]
    sent = [tcp(version, port, 40000, b"", flags="SA", back=True)]
    sent += [tcp(version, port, 40000, answer, back=True, seq=1 + number) for number, answer in enumerate(answers)]
    return shown(mirror, asked[0], sent[0], asked[1], *sent[1:])


@V4_V6
@pytest.mark.parametrize("port", [80, 8060])
@pytest.mark.parametrize("answers", [(ANSWER + b"KLZF\1",), (ANSWER, b"KLZF\1"), (ANSWER + b"1f\r\nKLZF\1",)])
def test_what_a_server_sends_that_begins_like_a_vendors_files(
    mirror: Mirror, version: int, port: int, answers: tuple[bytes, ...]
) -> None:
    [event] = downloads(mirror, version, *answers, b"KLZF and again", port=port)
    assert (event.kind, event.way, event.verdict, event.action) == ("finding", "update-payload", "flag", "passed")
    assert (event.vendor, event.service, event.pattern) == ("kaspersky", "update", "KLZF")
    assert (event.client, event.server, event.server_port) == (CLIENT[version], SERVER[version], port)
    assert event.mac == CLIENT_MAC
    assert event.reason.startswith(
        "a download that begins like files of Kaspersky's update (KLZF), from a host that is "
    )


def test_what_else_a_server_sends_is_no_finding(mirror: Mirror, policy: Policy) -> None:
    assert downloads(mirror, 4, ANSWER + b"\x7fELF KLZF", b"x KLZF", ANSWER[:-1], b"KLZ") == []
    # Until its second flight a TLS connection is READING too.
    flight = tcp(4, 40000, 443, APPLICATION_DATA, flags="PA", seq=1 + len(hello(FREE)), ack=8)
    bulk = tcp(4, 443, 40000, b"KLZF", back=True, seq=8)
    hello_first = shown(Mirror(policy, STAMP, {}), *connection(4, hello(FREE)), flight, bulk)
    tunnel = downloads(Mirror(policy, STAMP, {}), 4, b"KLZF", request=b"SSH-2.0-x\r\n", port=22)
    nothing_asked = shown(Mirror(policy, STAMP, {}), tcp(4, 80, 40000, b"KLZF", back=True))
    assert hello_first + tunnel + nothing_asked == []


def test_a_vendors_own_host_is_judged_by_its_name(mirror: Mirror) -> None:
    request = f"GET /other HTTP/1.1\r\nHost: {BANNED}\r\n\r\n".encode()
    assert {event.kind for event in downloads(mirror, 4, ANSWER + b"KLZF", request=request)} == {"decision"}


def test_with_the_first_request_only_nothing_is_looked_at_of_the_answers() -> None:
    first = load(read_policies(shipped_policies()), '[datapath]\nhttp = "first"\n')
    assert downloads(Mirror(first, STAMP, {}), 4, ANSWER + b"KLZF") == []
