"""Ways around DNS as the pure daemon meets them: answered, rewritten, reset, rejected or told, beside the vendors."""

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import pytest
from bypass_fixtures import BYPASS, ways
from quic_fixtures import aioquic_datagrams
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import Raw
from test_dns_streams import Talk, answered, asked, messages
from test_inspector import (
    AFTER,
    BAN,
    BEFORE,
    CLIENT,
    CLIENT6,
    SERVER,
    SERVER6,
    STAMP,
    VENDOR,
    answer,
    events,
    get,
    hello,
    ip,
    segment,
    sent,
    syn,
)

from enforcer.model.command import ACCEPT, Fate, Outcome
from enforcer.model.marks import LAST, PASS, READ_ON, READING, REJECT, SILENT
from enforcer.pipeline.inspector import Inspector
from enforcer.pipeline.stamp import LOCAL, Arrival
from enforcer.policy.load import load

INSIDE = Arrival("02:00:00:00:00:01", "lan")
TYPES = ["A", "AAAA", "HTTPS", "SVCB"]


def inspector(site: str) -> Inspector:
    policy = load({"vendors/acme.toml": VENDOR, "acme-2024.toml": BAN}, site, bypass=BYPASS)
    return Inspector(policy, STAMP, {lane.key: number for number, lane in enumerate(policy.lanes)})


def question(name: str, type_: str = "A", client: str = CLIENT, server: str = SERVER) -> bytes:
    query = dns.message.make_query(name, type_, use_edns=0)
    return bytes(ip(client, server) / UDP(sport=5353, dport=53) / Raw(query.to_wire()))


def reply(packet: bytes) -> dns.message.Message:
    layers = (IPv6 if packet[0] >> 4 == 6 else IP)(packet)
    return dns.message.from_wire(bytes(layers[UDP].payload))


@pytest.mark.parametrize(("name", "rcode"), [("mask.icloud.com", 3), ("x.resolver.arpa", 0)])
def test_over_tcp_a_question_is_answered_as_in_a_datagram(name: str, rcode: int) -> None:
    talk = Inside(inspector(ways("block")))
    outcome = talk.ask(asked(name, kind="HTTPS"))
    assert outcome.mark == SILENT
    segment, _ = sent(outcome)
    [message] = messages(bytes(IP(segment)[TCP].payload))
    assert (message.rcode(), message.answer) == (rcode, [])
    [event] = events(outcome)
    assert (event.kind, event.action, event.protocol) == ("finding", "answered", "tcp")
    told = Inside(inspector(ways("flag"))).ask(asked(name))
    assert (told.mark, [event.action for event in events(told)]) == (None, ["passed"])


def test_over_tcp_the_vendors_record_stands_beside_the_finding() -> None:
    outcome = Inside(inspector(ways("block"))).ask(asked("a.httpdns.acme.test"))
    vendor, finding = events(outcome)
    assert (vendor.kind, vendor.action, finding.kind, finding.action) == ("decision", "answered", "finding", "answered")
    both = Inside(inspector(ways("flag"))).ask(asked("a.httpdns.acme.test"))
    assert [(event.kind, event.action) for event in events(both)] == [("decision", "passed"), ("finding", "passed")]


def test_over_tcp_the_gateways_own_questions_pass() -> None:
    assert Talk(inspector(ways("block"))).ask(asked("dns.google")) is ACCEPT


def test_over_tcp_an_answer_that_leads_there_ends_the_connection() -> None:
    alias = "relay.free.test. 60 IN CNAME mask.apple-dns.net."
    reply = answered("relay.free.test", alias, "mask.apple-dns.net. 60 IN A 192.0.2.7", edns=0)
    talk = Inside(inspector(ways("block")))
    assert talk.ask(asked("relay.free.test")) is ACCEPT
    outcome = talk.answer(reply)
    assert outcome.mark in (LAST, REJECT)
    assert [event.way for event in events(outcome)] == ["private_relay"]


class Inside(Talk):
    """A connection of a client behind the gateway."""

    def put(self, packet: bytes) -> Outcome:
        return self.inspect.packet(packet, self.at, INSIDE)


def alpn(hello: bytes, *protocols: bytes) -> bytes:
    """The hello with these protocols offered."""
    body = b"".join(bytes([len(one)]) + one for one in protocols)
    body = b"\0\x10" + (len(body) + 2).to_bytes(2, "big") + len(body).to_bytes(2, "big") + body
    message = hello[9:]
    at = 2 + 32 + 1 + 4 + 2
    size = int.from_bytes(message[at : at + 2], "big") + len(body)
    message = message[:at] + size.to_bytes(2, "big") + message[at + 2 :] + body
    message = b"\1" + len(message).to_bytes(3, "big") + message
    return b"\x16\x03\x01" + len(message).to_bytes(2, "big") + message


def opened(site: str, data: bytes, at: float = AFTER) -> Outcome:
    inspect = inspector(site)
    inspect.packet(syn(), at, INSIDE)
    return inspect.packet(segment(data), at, INSIDE)


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize(("client", "server"), [(CLIENT, SERVER), (CLIENT6, SERVER6)])
@pytest.mark.parametrize(
    ("name", "rcode", "way"),
    [
        ("use-application-dns.net", dns.rcode.NXDOMAIN, "canary"),
        ("Mask.iCloud.com", dns.rcode.NXDOMAIN, "private_relay"),
        ("_dns.resolver.arpa", dns.rcode.NOERROR, "designated_resolvers"),
        ("dns.google", dns.rcode.NXDOMAIN, "doh"),
    ],
)
def test_a_question_is_answered_as_the_list_says_and_never_with_an_address(
    name: str, rcode: int, way: str, type_: str, client: str, server: str
) -> None:
    outcome = inspector(ways("block")).packet(question(name, type_, client, server), AFTER, INSIDE)
    assert outcome.fate is Fate.DROP
    [packet] = sent(outcome)
    message = reply(packet)
    assert (message.rcode(), message.answer, message.authority) == (rcode, [], [])
    [error] = message.extended_errors()
    assert (error.code, error.text and error.text.partition(":")[0]) == (
        17,
        "a way around the gateway's DNS is stopped",
    )
    [event] = events(outcome)
    assert (event.kind, event.verdict, event.action, event.way) == ("finding", "block", "answered", way)
    assert (event.vendor, event.ban, event.phase, event.service) == ("", "", "", "")
    assert (event.name, event.client, event.server) == (name.lower(), client, server)


def test_names_without_an_answer_of_their_own_are_answered_as_the_site_blocks_names() -> None:
    site = ways("block") + '[datapath]\nblocked_dns = "refused"\n'
    [packet] = sent(inspector(site).packet(question("dns.google"), AFTER, INSIDE))
    assert reply(packet).rcode() == dns.rcode.REFUSED
    [packet] = sent(inspector(site).packet(question("mask.icloud.com"), AFTER, INSIDE))
    assert reply(packet).rcode() == dns.rcode.NXDOMAIN


def test_of_a_way_around_no_address_is_given_also_where_blocked_names_have_one() -> None:
    """Firefox would take any for: go ahead."""
    site = ways("block") + '[datapath]\nblocked_dns = "sinkhole"\nsinkhole = ["192.0.2.7"]\n'
    for name in ("dns.google", "use-application-dns.net"):
        [packet] = sent(inspector(site).packet(question(name), AFTER, INSIDE))
        assert (reply(packet).rcode(), reply(packet).answer) == (dns.rcode.NXDOMAIN, [])


def test_a_flagged_question_passes_as_a_finding_and_an_allowed_one_leaves_no_trace() -> None:
    outcome = inspector(ways("flag")).packet(question("dns.google"), AFTER, INSIDE)
    assert (outcome.fate, sent(outcome)) == (Fate.ACCEPT, [])
    [event] = events(outcome)
    assert (event.kind, event.verdict, event.action, event.pattern) == ("finding", "flag", "passed", "dns.google")
    assert inspector(ways("allow")).packet(question("dns.google"), AFTER, INSIDE) is ACCEPT


def test_what_cannot_be_told_apart_from_free_names_stays_free() -> None:
    assert inspector(ways("block")).packet(question("www.google"), AFTER, INSIDE) is ACCEPT


def test_the_gateway_reaches_its_upstreams_unless_it_is_said_otherwise() -> None:
    assert inspector(ways("block")).packet(question("dns.google"), AFTER, LOCAL) is ACCEPT
    strict = inspector(ways("block") + "gateway = true\n")
    assert strict.packet(question("dns.google"), AFTER, LOCAL).fate is Fate.DROP
    host = inspector(ways("block") + '[datapath]\nmode = "host"\n')
    assert host.packet(question("dns.google"), AFTER, LOCAL).fate is Fate.DROP


def test_an_answer_that_leads_there_becomes_a_refusal() -> None:
    packet = answer(
        "relay.free.test",
        "relay.free.test. 60 IN CNAME mask.apple-dns.net.",
        "mask.apple-dns.net. 60 IN A 192.0.2.7",
    )
    outcome = inspector(ways("block")).packet(packet, AFTER, INSIDE)
    assert outcome.payload is not None
    assert (reply(outcome.payload).rcode(), reply(outcome.payload).answer) == (dns.rcode.NXDOMAIN, [])
    [event] = events(outcome)
    assert (event.action, event.matched, event.name) == ("rewritten", "mask.apple-dns.net", "relay.free.test")
    flagged = inspector(ways("flag")).packet(packet, AFTER, INSIDE)
    assert (flagged.payload, events(flagged)[0].action) == (None, "passed")


def test_the_answer_to_a_question_that_passed_is_not_told_again() -> None:
    packet = answer("dns.google", "dns.google. 60 IN A 8.8.8.8")
    assert inspector(ways("flag")).packet(packet, AFTER, INSIDE) is ACCEPT


@pytest.mark.parametrize(
    ("data", "way"),
    [
        (hello("dns.google"), "doh"),
        (hello("chrome.cloudflare-dns.com"), "doh"),
        (alpn(hello("free.test"), b"dot"), "dot"),
        (get("mask.icloud.com"), "private_relay"),
    ],
)
def test_a_first_message_is_reset(data: bytes, way: str) -> None:
    outcome = opened(ways("block"), data)
    assert (outcome.fate, outcome.mark) == (Fate.ACCEPT, REJECT)
    [event] = events(outcome)
    assert (event.kind, event.verdict, event.action, event.way) == ("finding", "block", "reset", way)
    [packet] = sent(outcome)
    assert "R" in str(IP(packet)[TCP].flags)
    told = opened(ways("flag"), data)
    assert (told.fate, told.mark in (PASS, READING)) == (Fate.ACCEPT, True)
    assert [event.action for event in events(told)] == ["passed"]
    assert opened(ways("allow"), data).commands == ()


def test_an_ordinary_hello_is_nobodys_business() -> None:
    assert opened(ways("block"), alpn(hello("free.test"), b"h2", b"http/1.1")).commands == ()


@pytest.mark.parametrize(("protocol", "name", "way"), [("doq", "free.test", "doq"), ("h3", "dns.google", "doh")])
def test_a_quic_connection_is_rejected(protocol: str, name: str, way: str) -> None:
    inspect = inspector(ways("block"))
    (datagram,) = aioquic_datagrams(name=name, alpn=[protocol])
    packet = bytes(ip(CLIENT, SERVER) / UDP(sport=40000, dport=443) / Raw(datagram))
    outcome = inspect.packet(packet, AFTER, INSIDE)
    [event] = events(outcome)
    assert (outcome.mark, event.action, event.way) == (REJECT, "rejected", way)
    told = inspector(ways("flag")).packet(packet, AFTER, INSIDE)
    assert (told.mark, events(told)[0].verdict) == (PASS, "flag")


def test_what_the_vendors_ban_stops_is_the_vendors_alone() -> None:
    site = ways("flag") + '[site]\nprofile = "statutory"\n'
    name = "s07.upd.acme.test"
    outcome = opened(site, alpn(hello(name), b"dot"))
    assert [(event.kind, event.vendor, event.action) for event in events(outcome)] == [("decision", "acme", "reset")]


@pytest.mark.parametrize("data", [question("a.httpdns.acme.test"), None], ids=["question", "connection"])
def test_where_the_way_is_stopped_the_vendors_record_says_what_became_of_it(data: bytes | None) -> None:
    """The vendor's name is only observed; the finding is what stops it."""
    if data is None:
        outcome, action = opened(ways("block"), hello("a.httpdns.acme.test")), "reset"
        assert outcome.mark == REJECT
    else:
        outcome, action = inspector(ways("block")).packet(data, AFTER, INSIDE), "answered"
        assert outcome.fate is Fate.DROP
    vendor, finding = events(outcome)
    assert (vendor.kind, vendor.vendor, vendor.verdict, vendor.action) == ("decision", "acme", "observe", action)
    assert (finding.kind, finding.vendor, finding.verdict, finding.action) == ("finding", "", "block", action)


def test_where_both_let_pass_both_are_told_and_the_lane_stays() -> None:
    outcome = opened(ways("flag"), alpn(hello("s07.upd.acme.test"), b"dot"), BEFORE)
    assert outcome.mark == READ_ON  # in the same lane: a second hello may come
    assert [(event.kind, event.verdict) for event in events(outcome)] == [("decision", "observe"), ("finding", "flag")]
