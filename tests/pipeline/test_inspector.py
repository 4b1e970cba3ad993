"""Conversations with the pure daemon: packets at times in; fates, marks, records and answers out."""

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from acme_fixtures import HEAD, acme_2024, hosts, phase, trap
from hypothesis import given
from hypothesis import strategies as st
from quic_fixtures import BOTH, aioquic_datagrams
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import Packet, Raw

from enforcer.model.command import ACCEPT, Fate, Inject, Outcome, Record
from enforcer.model.event import Event
from enforcer.model.instants import parse_instant
from enforcer.model.marks import FIRST_LANE, NAMELESS, NAMELESS_HEARD, PASS, READ_ON, READING, REJECT
from enforcer.pipeline.inspector import Inspector
from enforcer.pipeline.stamp import Arrival, Stamp
from enforcer.policy.compiled import Policy
from enforcer.policy.load import load

VENDOR = "".join(
    (
        HEAD,
        hosts("update", domains=["upd.acme.test"], evidence="strong"),
        hosts("website", domains=["acme.test"], evidence="weak"),
        trap("not-evidence", ["scr.acme.test"], reason="script in saved pages"),
    )
)
BAN = acme_2024(
    phase(
        "announced",
        "2024-07-20T00:00:00-04:00",
        'observe = ["update"], otherwise = "allow", undecodable = "observe"',
        summary="announced",
    ),
    phase(
        "full",
        "2024-09-29T00:00:00-04:00",
        'block = ["update"], otherwise = "observe", undecodable = "flag"',
        'block = ["update"], otherwise = "observe", undecodable = "block"',
        summary="in force",
    ),
)
# Binds other people, and lets all pass.
BYSTANDERS = BAN.replace("acme-2024", "bystanders").replace("us-person", "bystander").replace("block", "observe")
BOUNDARY = parse_instant("2024-09-29T00:00:00-04:00")
BEFORE, AFTER = BOUNDARY - 1, BOUNDARY
STAMP = Stamp(gateway="gw", mode="inline", simulated=False)

CLIENT, SERVER = "10.1.0.7", "192.0.2.53"
CLIENT6, SERVER6 = "fd00:1::7", "2001:db8::53"


def policy(site: str = "") -> Policy:
    return load({"vendors/acme.toml": VENDOR, "acme-2024.toml": BAN, "bystanders.toml": BYSTANDERS}, site)


def inspector(site: str = "") -> Inspector:
    compiled = policy(site)
    return Inspector(compiled, STAMP, {lane.key: number for number, lane in enumerate(compiled.lanes)})


def ip(source: str, destination: str) -> Packet:
    return (IPv6 if ":" in source else IP)(src=source, dst=destination)


def question(name: str, client: str = CLIENT, server: str = SERVER, kind: str = "A", **more: object) -> bytes:
    query = dns.message.make_query(name, kind, use_edns=0, **more)  # type: ignore[arg-type]
    return bytes(ip(client, server) / UDP(sport=5353, dport=53) / Raw(query.to_wire()))


def answer(name: str, *records: str, client: str = CLIENT, server: str = SERVER) -> bytes:
    query = dns.message.make_query(name, "A", use_edns=0)
    reply = dns.message.make_response(query)
    reply.answer = [_rrset(record) for record in records]
    return bytes(ip(server, client) / UDP(sport=53, dport=5353) / Raw(reply.to_wire()))


def _rrset(record: str) -> dns.rrset.RRset:
    name, ttl, kind, type_, data = record.split(" ", 4)
    return dns.rrset.from_text(name, int(ttl), kind, type_, data)


def segment(
    data: bytes, seq: int = 1, flags: str = "PA", client: str = CLIENT, server: str = SERVER, ack: int = 77
) -> bytes:
    """77: its server has said nothing."""
    return bytes(ip(client, server) / TCP(sport=40000, dport=443, seq=seq, ack=ack, flags=flags) / Raw(data))


def syn(seq: int = 0, client: str = CLIENT, server: str = SERVER) -> bytes:
    return bytes(ip(client, server) / TCP(sport=40000, dport=443, seq=seq, flags="S"))


def hello(name: str) -> bytes:
    sni = b"\0" + len(name).to_bytes(2, "big") + name.encode()
    sni = len(sni).to_bytes(2, "big") + sni
    extensions = b"\0\0" + len(sni).to_bytes(2, "big") + sni
    body = b"\x03\x03" + bytes(32) + b"\0" + b"\0\2\x13\x01" + b"\1\0" + len(extensions).to_bytes(2, "big") + extensions
    message = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + len(message).to_bytes(2, "big") + message


DATA = b"\x17\x03\x03\0\1x"
"""What behind a hello is no second one."""


def get(host: str) -> bytes:
    return f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def events(outcome: Outcome) -> list[Event]:
    return [command.event for command in outcome.commands if isinstance(command, Record)]


def sent(outcome: Outcome) -> list[bytes]:
    return [command.packet for command in outcome.commands if isinstance(command, Inject)]


@pytest.mark.parametrize(("client", "server"), [(CLIENT, SERVER), (CLIENT6, SERVER6)])
def test_a_blocked_question_is_answered_here_and_does_not_leave(client: str, server: str) -> None:
    outcome = inspector().packet(question("S07.upd.ACME.test", client, server), AFTER)
    assert outcome.fate is Fate.DROP
    [packet] = sent(outcome)
    reply = (IPv6 if ":" in client else IP)(packet)
    assert (reply.src, reply.dst, reply[UDP].sport, reply[UDP].dport) == (server, client, 53, 5353)
    message = dns.message.from_wire(bytes(reply[UDP].payload))
    assert message.rcode() == dns.rcode.NXDOMAIN
    assert str(message.question[0].name) == "S07.upd.ACME.test."
    [error] = message.extended_errors()
    assert (error.code, error.text) == (15, "blocked by acme-2024, phase full (89 FR 1)")
    [event] = events(outcome)
    assert (event.verdict, event.action, event.how, event.name) == ("block", "answered", "dns", "s07.upd.acme.test")
    assert (event.client, event.client_port, event.server, event.server_port) == (client, 5353, server, 53)
    assert (event.ban, event.phase, event.service, event.at) == ("acme-2024", "full", "update", AFTER)


def test_refused_where_the_site_says_so() -> None:
    outcome = inspector('[datapath]\nblocked_dns = "refused"\n').packet(question("a.upd.acme.test"), AFTER)
    [packet] = sent(outcome)
    assert dns.message.from_wire(bytes(IP(packet)[UDP].payload)).rcode() == dns.rcode.REFUSED


SINKHOLE = '[datapath]\nblocked_dns = "sinkhole"\nsinkhole = ["192.0.2.7", "2001:db8::7"]\n'


@pytest.mark.parametrize(("kind", "told"), [("A", ["192.0.2.7"]), ("AAAA", ["2001:db8::7"]), ("HTTPS", [])])
def test_an_address_of_the_sites_own_where_it_says_so(kind: str, told: list[str]) -> None:
    outcome = inspector(SINKHOLE).packet(question("s07.upd.acme.test", kind=kind), AFTER)
    assert outcome.fate is Fate.DROP
    [packet] = sent(outcome)
    message = dns.message.from_wire(bytes(IP(packet)[UDP].payload))
    assert message.rcode() == dns.rcode.NOERROR
    assert [str(record) for records in message.answer for record in records] == told
    assert [error.code for error in message.extended_errors()] == [15]
    [event] = events(outcome)
    assert (event.verdict, event.action) == ("block", "answered")


def test_one_second_before_the_boundary_the_same_question_passes_on_record() -> None:
    outcome = inspector().packet(question("s07.upd.acme.test"), BEFORE)
    assert (outcome.fate, outcome.mark, outcome.payload, sent(outcome)) == (Fate.ACCEPT, None, None, [])
    [event] = events(outcome)
    assert (event.verdict, event.action, event.would_block_from) == ("observe", "passed", BOUNDARY)


@pytest.mark.parametrize("name", ["free.test", "acme.test.free.test", "notacme.test", "scr.acme.test", "."])
def test_other_names_leave_no_trace(name: str) -> None:
    assert inspector().packet(question(name), AFTER) is ACCEPT
    assert inspector().packet(answer(name, f"{name.removesuffix('.')}. 60 IN A 192.0.2.1"), AFTER) is ACCEPT


def test_an_answer_that_leads_to_a_blocked_name_becomes_a_refusal_in_place() -> None:
    chain = ("www.free.test. 60 IN CNAME a.cdn.test.", "a.cdn.test. 60 IN CNAME s07.upd.acme.test.")
    packet = answer("www.free.test", *chain, "s07.upd.acme.test. 60 IN A 192.0.2.9")
    outcome = inspector().packet(packet, AFTER)
    assert outcome.fate is Fate.ACCEPT
    assert outcome.payload is not None
    reply = IP(outcome.payload)
    assert (reply.src, reply.dst) == (SERVER, CLIENT)
    message = dns.message.from_wire(bytes(reply[UDP].payload))
    assert (message.rcode(), message.answer) == (dns.rcode.NXDOMAIN, [])
    [event] = events(outcome)
    assert (event.name, event.matched, event.action) == ("www.free.test", "s07.upd.acme.test", "rewritten")
    assert event.chain == ("www.free.test", "a.cdn.test", "s07.upd.acme.test")
    assert (event.client, event.server) == (CLIENT, SERVER)


def test_an_answer_is_recorded_only_for_what_its_question_did_not_show() -> None:
    inspect = inspector()
    told = inspect.packet(answer("s07.upd.acme.test", "s07.upd.acme.test. 60 IN A 192.0.2.9"), BEFORE)
    assert (told.fate, events(told)) == (Fate.ACCEPT, [])
    [event] = events(inspect.packet(answer("w.test", "w.test. 60 IN CNAME b.upd.acme.test."), BEFORE))
    assert (event.matched, event.verdict, event.action) == ("b.upd.acme.test", "observe", "passed")


def passed_on(outcome: Outcome) -> dns.message.Message:
    assert (outcome.fate, sent(outcome)) == (Fate.ACCEPT, [])
    assert outcome.payload is not None
    return dns.message.from_wire(bytes(IP(outcome.payload)[UDP].payload))


@pytest.mark.parametrize(
    ("name", "chain"),
    [("s07.upd.acme.test", ()), ("w.test", ("w.test. 300 IN CNAME s07.upd.acme.test.",))],
)
def test_an_answer_lives_no_longer_than_its_verdict(name: str, chain: tuple[str, ...]) -> None:
    inspect = inspector()
    packet = answer(name, *chain, "s07.upd.acme.test. 300 IN A 192.0.2.9")
    kept = BOUNDARY - 300
    assert inspect.packet(packet, kept).payload is None
    for left, ttl in ((299.5, 299), (299.0, 299), (1.0, 1), (0.25, 1)):
        message = passed_on(inspect.packet(packet, BOUNDARY - left))
        assert {rrset.ttl for rrset in message.answer} == {ttl}
        assert message.edns == 0


def test_a_name_that_is_allowed_until_a_date_is_held_to_it_too() -> None:
    packet = answer("www.acme.test", "www.acme.test. 300 IN A 192.0.2.9")
    outcome = inspector().packet(packet, BOUNDARY - 10)
    assert events(outcome) == []
    assert passed_on(outcome).answer[0].ttl == 10
    free = answer("free.test", "free.test. 300 IN A 192.0.2.9")
    assert inspector().packet(free, BOUNDARY - 10) is ACCEPT


HINTED = "1 . alpn=h2 ipv4hint=192.0.2.9 ech=AAT+DQAA ipv6hint=2001:db8::9"


def test_hints_and_ech_go_from_answers_about_names_in_policy_only() -> None:
    inspect = inspector()
    told = passed_on(inspect.packet(answer("www.acme.test", f"www.acme.test. 60 IN HTTPS {HINTED}"), AFTER))
    assert [int(key) for key in told.answer[0][0].params] == [1, 65280]
    assert inspect.packet(answer("free.test", f"free.test. 60 IN HTTPS {HINTED}"), AFTER).payload is None
    by_chain = ("w.test. 60 IN CNAME www.acme.test.", f"www.acme.test. 60 IN HTTPS {HINTED}")
    assert [int(key) for key in passed_on(inspect.packet(answer("w.test", *by_chain), AFTER)).answer[1][0].params] == [
        1,
        65280,
    ]


def test_an_answer_that_is_signed_as_a_whole_passes_as_it_is() -> None:
    query = dns.message.make_query("www.acme.test", "HTTPS")
    query.use_tsig({"k.": b"secret"})
    query.to_wire()
    reply = dns.message.make_response(query)
    reply.answer = [_rrset(f"www.acme.test. 60 IN HTTPS {HINTED}")]
    packet = bytes(ip(SERVER, CLIENT) / UDP(sport=53, dport=5353) / Raw(reply.to_wire()))
    assert inspector().packet(packet, AFTER).payload is None


def test_what_cannot_be_read_falls_under_the_phase() -> None:
    broken = bytes(ip(CLIENT, SERVER) / UDP(sport=5353, dport=53) / Raw(b"\0\1\1\0\0\1\0\0\0\0\0\0\x3fabc"))
    flagged = inspector().packet(broken, AFTER)
    assert flagged.fate is Fate.ACCEPT
    assert events(flagged)[0].verdict == "flag"
    assert "at byte" in events(flagged)[0].undecodable
    dropped = inspector('[site]\nprofile = "protective"\n').packet(broken, AFTER)
    assert dropped.fate is Fate.DROP
    assert (events(dropped)[0].verdict, events(dropped)[0].action) == ("block", "dropped")


@pytest.mark.parametrize(("client", "server"), [(CLIENT, SERVER), (CLIENT6, SERVER6)])
@pytest.mark.parametrize(("data", "how"), [(hello("s07.upd.acme.test"), "tls"), (get("s07.upd.acme.test"), "http")])
def test_the_segment_that_completes_a_blocked_name_is_rejected(data: bytes, how: str, client: str, server: str) -> None:
    inspect = inspector()
    assert inspect.packet(syn(4_294_967_290, client, server), AFTER) is ACCEPT
    first = segment(data[:20], 4_294_967_291, client=client, server=server)
    assert inspect.packet(first, AFTER) == Outcome(Fate.ACCEPT, mark=READING)
    outcome = inspect.packet(segment(data[20:], 15, client=client, server=server), AFTER)
    assert (outcome.fate, outcome.mark) == (Fate.ACCEPT, REJECT)
    [event] = events(outcome)
    assert (event.verdict, event.action, event.how, event.name) == ("block", "reset", how, "s07.upd.acme.test")
    [packet] = sent(outcome)
    reset = (IPv6 if ":" in client else IP)(packet)
    assert (reset.src, reset.dst, reset[TCP].flags, reset[TCP].seq) == (client, server, "RA", 15)
    assert len(inspect.flows) == 0


def test_the_reset_has_the_number_that_the_server_expects_also_for_a_repeated_start() -> None:
    inspect = inspector()
    data = hello("s07.upd.acme.test")
    inspect.packet(syn(), AFTER)
    inspect.packet(segment(data[:40], 1), AFTER)
    [packet] = sent(inspect.packet(segment(data[10:], 11), AFTER))
    assert IP(packet)[TCP].seq == 41


def test_every_cut_and_order_of_a_blocked_hello_is_rejected_at_its_last_segment() -> None:
    data = hello("s07.upd.acme.test")
    for cut in range(1, len(data)):
        for pieces in ([(1, data[:cut]), (1 + cut, data[cut:])], [(1 + cut, data[cut:]), (1, data[:cut])]):
            inspect = inspector()
            inspect.packet(syn(), AFTER)
            marks = [inspect.packet(segment(piece, seq), AFTER).mark for seq, piece in pieces]
            assert marks == [READING, REJECT], cut


def test_a_vendors_flow_that_passes_carries_its_lane_and_any_other_is_decided() -> None:
    inspect = inspector()
    inspect.packet(syn(), BEFORE)
    outcome = inspect.packet(segment(hello("s07.upd.acme.test")), BEFORE)
    assert outcome.mark is not None
    assert policy().lanes[READ_ON - outcome.mark].key == "acme/update@"
    assert events(outcome)[0].would_block_from == BOUNDARY
    behind = inspect.packet(segment(DATA, 1 + len(hello("s07.upd.acme.test")), ack=78), BEFORE)
    assert (behind.mark, behind.commands) == (FIRST_LANE + READ_ON - outcome.mark, ())
    inspect.packet(syn(), AFTER)
    free = inspect.packet(segment(hello("free.test")), AFTER)
    assert (free.fate, free.mark, free.commands) == (Fate.ACCEPT, READING, ())
    assert inspect.packet(segment(DATA, 1 + len(hello("free.test")), ack=78), AFTER) == Outcome(Fate.ACCEPT, mark=PASS)
    assert len(inspect.flows) == 0


@pytest.mark.parametrize("data", [b"SSH-2.0-x\r\n", b"MAIL FROM:<a@free.test>\r\n", b"\0\1\2\3"])
def test_what_names_nobody_is_passed_when_its_server_has_answered(data: bytes) -> None:
    inspect = inspector()
    inspect.packet(syn(), AFTER)
    outcome = inspect.packet(segment(data), AFTER)
    assert (outcome.fate, outcome.mark, outcome.commands) == (Fate.ACCEPT, NAMELESS_HEARD, ())
    answered = inspect.packet(segment(data, 1 + len(data), ack=78), AFTER)
    assert (answered.fate, answered.mark, answered.commands) == (Fate.ACCEPT, PASS, ())
    assert len(inspect.flows) == 0


def test_a_false_start_does_not_hide_the_name() -> None:
    """A client that opens twice with different numbers, to be read from the wrong byte, is not passed as free."""
    inspect = inspector('[site]\nprofile = "protective"\n')
    inspect.packet(syn(1000), AFTER)
    inspect.packet(syn(5000), AFTER)
    outcome = inspect.packet(segment(hello("free.test"), 5001), AFTER)
    assert (outcome.mark, events(outcome)[0].undecodable) == (REJECT, "two SYNs with different sequence numbers")


def test_overlap_with_other_bytes_is_unreadable() -> None:
    inspect = inspector()
    data = hello("s07.upd.acme.test")
    inspect.packet(syn(), AFTER)
    inspect.packet(segment(data[:60]), AFTER)
    outcome = inspect.packet(segment(b"x" * 30, 31), AFTER)
    assert outcome.mark == NAMELESS
    assert "ambiguous" in events(outcome)[0].undecodable


def test_a_slow_hello_is_judged_by_both_its_halves() -> None:
    inspect = inspector()
    data = hello("s07.upd.acme.test")
    inspect.packet(syn(), AFTER)
    inspect.packet(segment(data[:30]), AFTER)
    inspect.tick(AFTER + 31)
    outcome = inspect.packet(segment(data[30:], 31), AFTER + 31)
    assert (outcome.mark, [event.name for event in events(outcome)]) == (REJECT, ["s07.upd.acme.test"])


def test_a_group_is_told_by_where_the_packet_came_in() -> None:
    site = '[[group]]\nname = "lab"\nmacs = ["02:00:00:00:00:01"]\nsubjects = ["bystander"]\n'
    inspect = inspector(site)
    assert inspect.packet(question("a.upd.acme.test"), AFTER, Arrival("02:00:00:00:00:01", "lan")).fate is Fate.ACCEPT
    assert inspect.packet(question("a.upd.acme.test"), AFTER, Arrival("02:00:00:00:00:02", "lan")).fate is Fate.DROP


def test_a_record_says_whose_it_is() -> None:
    inspect = inspector('[[group]]\nname = "lab"\nmacs = ["02:00:00:00:00:01"]\n')
    for mac, group in (("02:00:00:00:00:01", "lab"), ("02:00:00:00:00:02", "")):
        [event] = events(inspect.packet(question("a.upd.acme.test"), AFTER, Arrival(mac, "lan")))
        assert (event.mac, event.group) == (mac, group)


def test_another_policy_judges_from_the_next_packet_on() -> None:
    inspect = inspector()
    data = hello("s07.upd.acme.test")
    inspect.packet(syn(), AFTER)
    inspect.packet(segment(data[:30]), AFTER)
    inspect.replace_policy(policy('[site]\nsubjects = ["bystander"]\n'), {})
    outcome = inspect.packet(segment(data[30:], 31), AFTER)
    assert (outcome.mark, events(outcome)[0].verdict) == (READING, "observe")


@given(st.binary(max_size=200))
def test_no_packet_raises(data: bytes) -> None:
    assert INSPECTOR.packet(data, AFTER).fate in (Fate.ACCEPT, Fate.DROP)


SEEDS = [question("s07.upd.acme.test"), answer("s07.upd.acme.test"), segment(hello("s07.upd.acme.test")), syn()]
INSPECTOR = inspector()


@given(st.sampled_from(SEEDS), st.integers(0, 150), st.binary(min_size=1, max_size=4))
def test_no_mutated_packet_raises(seed: bytes, place: int, change: bytes) -> None:
    data = seed[:place] + change + seed[place + len(change) :]
    assert INSPECTOR.packet(data, AFTER).fate in (Fate.ACCEPT, Fate.DROP)


def datagram(data: bytes, client: str = CLIENT, server: str = SERVER) -> bytes:
    return bytes(ip(client, server) / UDP(sport=40000, dport=443) / Raw(data))


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(("client", "server"), [(CLIENT, SERVER), (CLIENT6, SERVER6)])
def test_the_datagram_that_completes_a_blocked_name_is_rejected(version: int, client: str, server: str) -> None:
    inspect = inspector()
    pieces = aioquic_datagrams("s07.upd.acme.test", version)
    outcomes = [inspect.packet(datagram(piece, client, server), AFTER) for piece in pieces]
    assert [outcome.mark for outcome in outcomes] == [READING] * (len(pieces) - 1) + [REJECT]
    [event] = events(outcomes[-1])
    assert (event.verdict, event.action, event.how, event.name) == ("block", "rejected", "quic", "s07.upd.acme.test")
    assert (event.protocol, event.client, event.server_port) == ("udp", client, 443)
    assert len(inspect.datagrams) == 0


def test_quic_to_others_is_decided_and_a_vendors_carries_its_lane() -> None:
    inspect = inspector()
    marks = [inspect.packet(datagram(piece), AFTER).mark for piece in aioquic_datagrams("free.test")]
    assert marks[-1] == PASS
    passes = [inspect.packet(datagram(piece), BEFORE) for piece in aioquic_datagrams("s07.upd.acme.test")][-1]
    assert passes.mark is not None
    assert passes.mark >= FIRST_LANE
    assert events(passes)[0].would_block_from == BOUNDARY


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(("client", "server"), [(CLIENT, SERVER), (CLIENT6, SERVER6)])
def test_quic_from_the_port_of_dns_is_stopped_as_any_other(version: int, client: str, server: str) -> None:
    inspect = inspector()
    front = ip(client, server) / UDP(sport=53, dport=443)
    datagrams = [bytes(front / Raw(one)) for one in aioquic_datagrams(BLOCKED, version)]
    outcomes = [inspect.packet(one, AFTER) for one in datagrams]
    assert [outcome.mark for outcome in outcomes] == [None] * (len(outcomes) - 1) + [REJECT]
    assert [(event.action, event.name) for event in events(outcomes[-1])] == [("rejected", BLOCKED)]


def test_what_passes_from_the_port_of_dns_decides_nothing_for_the_questions_of_its_flow() -> None:
    """A resolver that sends it: the flow is its client's, whose questions are read as long as it lives."""
    inspect = inspector()
    said = [*aioquic_datagrams("free.test"), b"\xc0\0\0\0\1" + bytes(1300)]
    answers = [inspect.packet(bytes(ip(SERVER, CLIENT) / UDP(sport=53, dport=40000) / Raw(one)), AFTER) for one in said]
    assert {(answer.fate, answer.mark) for answer in answers} == {(Fate.ACCEPT, None)}


def test_datagrams_that_are_no_quic_are_decided_at_once_and_unknown_versions_are_unreadable() -> None:
    inspect = inspector()
    assert inspect.packet(datagram(b"\x40" + bytes(50)), AFTER).mark == NAMELESS
    unknown = b"\xc0\xfa\xce\xb0\x0c\x08" + bytes(8) + b"\x08" + bytes(1300)
    outcome = inspect.packet(datagram(unknown), AFTER)
    assert (outcome.mark, events(outcome)[0].how) == (NAMELESS, "quic")
    assert "QUIC version" in events(outcome)[0].undecodable


def request(host: str, *fields: str, body: bytes = b"") -> bytes:
    return "\r\n".join([f"POST / HTTP/1.1\r\nHost: {host}", *fields, "", ""]).encode() + body


def spoken(*pieces: bytes, at: float = AFTER, site: str = "") -> list[Outcome]:
    """What becomes of each segment of one connection."""
    inspect, seq, outcomes = inspector(site), 1, []
    inspect.packet(syn(), at)
    for piece in pieces:
        outcomes.append(inspect.packet(segment(piece, seq), at))
        seq += len(piece)
    return outcomes


BLOCKED = "s07.upd.acme.test"
LATER = {
    "a second request": [get("free.test"), get(BLOCKED)],
    "pipelined": [get("free.test") * 3 + get(BLOCKED)],
    "behind a body": [request("free.test", "Content-Length: 9", body=b"x" * 5), b"xxxx" + get(BLOCKED)],
    "behind chunks": [request("free.test", "Transfer-Encoding: chunked", body=b"3\r\nabc\r\n0\r\n\r\n"), get(BLOCKED)],
    "within a tunnel": [b"CONNECT free.test:443 HTTP/1.1\r\n\r\n", hello(BLOCKED)],
    "a second tunnel's": [b"CONNECT free.test:80 HTTP/1.1\r\n\r\n", get("free.test"), get(BLOCKED)],
    "behind STARTTLS": [b"EHLO a\r\n", b"STARTTLS\r\n", hello(BLOCKED)],
    "asked of a SOCKS proxy": [b"\5\1\0", b"\5\1\0\3" + bytes([len(BLOCKED)]) + BLOCKED.encode() + b"\0\x50"],
    "behind the PROXY protocol": [b"PROXY UNKNOWN\r\n" + hello(BLOCKED)],
}


@pytest.mark.parametrize("pieces", LATER.values(), ids=LATER.keys())
def test_a_blocked_name_further_on_is_rejected_with_the_segment_that_completes_it(pieces: list[bytes]) -> None:
    *before, last = spoken(*pieces)
    assert [(one.fate, one.mark) for one in before] == [(Fate.ACCEPT, READING)] * len(before)
    assert (last.fate, last.mark) == (Fate.ACCEPT, REJECT)
    [event] = events(last)
    assert (event.name, event.verdict, event.action) == (BLOCKED, "block", "reset")
    [packet] = sent(last)
    assert IP(packet)[TCP].seq == 1 + sum(len(piece) for piece in pieces[:-1])


def test_only_the_first_request_is_judged_where_the_site_says_so() -> None:
    inspect = inspector('[datapath]\nhttp = "first"\n')
    inspect.packet(syn(), AFTER)
    assert inspect.packet(segment(get("free.test")), AFTER).mark == READING
    second = segment(get(BLOCKED), 1 + len(get("free.test")), ack=78)
    assert inspect.packet(second, AFTER) == Outcome(Fate.ACCEPT, mark=PASS)


def test_a_request_to_a_vendor_that_passes_gives_the_connection_its_lane() -> None:
    free, vendors, again = spoken(get("free.test"), get(BLOCKED), get("free.test"), at=BEFORE)
    assert free.mark == READING
    assert vendors.mark is not None
    assert policy().lanes[READ_ON - vendors.mark].key == "acme/update@"
    assert [event.name for event in events(vendors)] == [BLOCKED]
    assert (again.mark, again.commands) == (vendors.mark, ())


def test_behind_a_request_to_a_vendor_that_passes_a_stricter_name_is_stopped() -> None:
    website, update = spoken(get("www.acme.test"), get(BLOCKED))
    assert website.mark is not None
    assert policy().lanes[READ_ON - website.mark].key == "acme/website@"
    assert update.mark == REJECT
    assert [event.name for event in events(update)] == [BLOCKED]


def test_of_two_services_on_one_connection_the_one_that_is_blocked_first_gives_the_lane() -> None:
    update, website = spoken(get(BLOCKED), get("www.acme.test"), at=BEFORE)
    assert update.mark == website.mark
    late, soon = spoken(get("www.acme.test"), get(BLOCKED), at=BEFORE)
    assert (late.mark != update.mark, soon.mark) == (True, update.mark)


def test_what_can_no_longer_be_read_keeps_its_lane() -> None:
    upgrade = request(BLOCKED, "Connection: upgrade", "Upgrade: irc")
    inspect, other = inspector(), b"\x7f no protocol of ours \r\n\r\n"
    inspect.packet(syn(), BEFORE)
    said = [segment(upgrade), segment(other, 1 + len(upgrade), ack=78)]
    said.append(segment(other, 1 + len(upgrade + other), ack=79))
    lane = [lane.key for lane in policy().lanes].index("acme/update@")
    marks = [inspect.packet(one, BEFORE).mark for one in said]
    assert marks == [READ_ON - lane, READ_ON - lane, FIRST_LANE + lane]


def test_requests_that_two_servers_read_in_two_ways_are_unreadable() -> None:
    smuggled = request("free.test", "Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n")
    [outcome] = spoken(smuggled + get(BLOCKED))
    assert "ambiguous" in events(outcome)[0].undecodable


def test_a_segment_too_far_ahead_is_dropped_so_that_it_comes_again() -> None:
    inspect = inspector()
    inspect.packet(syn(), AFTER)
    assert inspect.packet(segment(get("free.test"), 1), AFTER).mark == READING
    assert inspect.packet(segment(b"x" * 1000, 30_000), AFTER).fate is Fate.DROP


def test_an_address_as_host_is_nobodys_business_and_the_connection_is_read_on() -> None:
    first, second = spoken(get("192.0.2.1"), get(BLOCKED))
    assert (first.mark, second.mark) == (READING, REJECT)
