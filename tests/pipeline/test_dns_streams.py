"""Conversations over TCP, port 53: two stacks of a few lines each speak through the pure daemon."""

from ipaddress import ip_address
from itertools import pairwise
from random import Random

import dns.edns
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.packet import Packet, Raw
from test_inspector import AFTER, BEFORE, CLIENT, CLIENT6, SERVER, SERVER6, events, get, hello, inspector, sent

from enforcer.decode.rolling import WINDOW
from enforcer.model.command import ACCEPT, DROP, Fate, Forget, Learn, Outcome
from enforcer.model.marks import FIRST_LANE, LAST, NAMELESS, NAMELESS_HEARD, PASS, REJECT, SILENT
from enforcer.pipeline import dns_flows, flows
from enforcer.pipeline.inspector import Inspector
from enforcer.pipeline.left_behind import WINDOW as FURTHEST

FREE, BLOCKED = "free.test", "S07.upd.ACME.test"
STRICT = '[site]\nprofile = "protective"\n'


def asked(*names: str, edns: int = 0, kind: str = "A") -> bytes:
    queries = [dns.message.make_query(name, kind, use_edns=edns, id=number) for number, name in enumerate(names)]
    return b"".join(query.to_wire(prepend_length=True) for query in queries)


def answered(name: str, *records: str, edns: int = 0, kind: str = "A") -> bytes:
    reply = dns.message.make_response(dns.message.make_query(name, kind, use_edns=edns, id=1))
    for record in records:
        owner, ttl, where, type_, data = record.split(" ", 4)
        reply.answer.append(dns.rrset.from_text(owner, int(ttl), where, type_, data))
    return reply.to_wire(prepend_length=True)


CHAIN = answered(
    "www.free.test", "www.free.test. 60 IN CNAME s07.upd.acme.test.", "s07.upd.acme.test. 60 IN A 192.0.2.9"
)
PLAIN = answered(FREE, f"{FREE}. 60 IN A 192.0.2.1")


class Talk:
    """A connection through an inspector. Numbers start close to their wrap."""

    def __init__(self, inspect: Inspector, *, at: float = AFTER, six: bool = False, greet: bool = True) -> None:
        self.inspect, self.at = inspect, at
        self.ends = (CLIENT6, SERVER6) if six else (CLIENT, SERVER)
        self.client, self.server = 0xFFFFFFF0, 0xFFFFFFE0
        """What each sends next."""
        if greet:
            assert self.put(self.packet(b"", flags="S", seq=self.client - 1, ack=0)) is ACCEPT
            syn_ack = self.packet(b"", answer=True, flags="SA", seq=self.server - 1, ack=self.client)
            assert self.put(syn_ack) is ACCEPT

    def packet(self, data: bytes, *, answer: bool = False, flags: str = "PA", seq: int, ack: int) -> bytes:
        source, destination = self.ends[::-1] if answer else self.ends
        ip = (IPv6 if ":" in source else IP)(src=source, dst=destination)
        sport, dport = (53, 4000) if answer else (4000, 53)
        tcp = TCP(sport=sport, dport=dport, seq=seq % 2**32, ack=ack % 2**32, flags=flags)
        return bytes(ip / tcp / Raw(data))

    def put(self, packet: bytes) -> Outcome:
        return self.inspect.packet(packet, self.at)

    def ask(self, data: bytes, *, more: str = "") -> Outcome:
        """The client's next bytes."""
        outcome = self.ask_at(0, data, more)
        self.client += len(data)
        return outcome

    def ask_at(self, ahead: int, data: bytes, more: str = "") -> Outcome:
        """Some of its bytes, so far behind the last that were sent in their turn."""
        return self.put(self.packet(data, seq=self.client + ahead, ack=self.server, flags="PA" + more))

    def answer(self, data: bytes) -> Outcome:
        outcome = self.put(self.packet(data, answer=True, seq=self.server, ack=self.client))
        self.server += len(data)
        return outcome


def read(packet: bytes) -> Packet:
    return (IP if packet[0] >> 4 == 4 else IPv6)(packet)


def messages(stream: bytes) -> list[dns.message.Message]:
    found = []
    while stream:
        size = int.from_bytes(stream[:2], "big")
        found.append(dns.message.from_wire(stream[2 : 2 + size]))
        stream = stream[2 + size :]
    return found


@pytest.mark.parametrize("six", [False, True])
def test_a_blocked_question_is_answered_as_the_last_word_and_the_server_is_reset(six: bool) -> None:
    talk = Talk(inspector(), six=six)
    assert talk.ask(asked(FREE)) is ACCEPT
    assert talk.answer(PLAIN) is ACCEPT
    seq = talk.client
    outcome = talk.ask(asked(BLOCKED))
    assert (outcome.fate, outcome.mark) == (Fate.ACCEPT, SILENT)
    answer, reset = (read(packet) for packet in sent(outcome))
    assert (answer.src, answer.dst, answer[TCP].sport, answer[TCP].dport) == (*talk.ends[::-1], 53, 4000)
    assert (answer[TCP].seq, answer[TCP].ack, answer[TCP].flags) == (talk.server % 2**32, talk.client % 2**32, "FPA")
    [message] = messages(bytes(answer[TCP].payload))
    assert (message.rcode(), str(message.question[0].name)) == (dns.rcode.NXDOMAIN, f"{BLOCKED}.")
    assert [(error.code, error.text) for error in message.extended_errors()] == [
        (15, "blocked by acme-2024, phase full (89 FR 1)")
    ]
    assert (reset.src, reset.dst, reset[TCP].flags, reset[TCP].seq) == (*talk.ends, "RA", seq % 2**32)
    [event] = events(outcome)
    assert (event.verdict, event.action, event.how, event.name) == ("block", "answered", "dns", BLOCKED.lower())
    assert (event.client, event.server, event.server_port, event.protocol) == (*talk.ends, 53, "tcp")
    assert len(talk.inspect.dns) == 0


def test_the_same_a_second_before_its_date_passes_on_record() -> None:
    talk = Talk(inspector(), at=BEFORE)
    outcome = talk.ask(asked(BLOCKED))
    assert (outcome.fate, outcome.mark, sent(outcome)) == (Fate.ACCEPT, None, [])
    assert [(event.verdict, event.action) for event in events(outcome)] == [("observe", "passed")]
    talk.at = AFTER
    assert talk.ask(asked(BLOCKED)).mark == SILENT


@pytest.mark.parametrize("size", [1, 2, 3, 13, 14, 40])
def test_any_cut_stops_the_question_with_its_last_segment_and_not_before(size: int) -> None:
    talk = Talk(inspector())
    stream = asked(FREE, BLOCKED)
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert [talk.ask(piece) for piece in pieces[:-1]] == [ACCEPT] * (len(pieces) - 1)
    assert talk.ask(pieces[-1]).mark == SILENT


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.randoms(use_true_random=False))
def test_any_order_and_repeat_stops_it_with_the_segment_that_completes_it(count: int, random: Random) -> None:
    names = [f"n{number}.free.test" for number in range(count)]
    names.insert(random.randrange(count + 1), BLOCKED)
    stream = asked(*names)
    cuts = sorted({0, len(stream), *(random.randrange(len(stream)) for _ in range(6))})
    pieces = [(start, stream[start:end]) for start, end in pairwise(cuts)]
    random.shuffle(pieces)
    talk = Talk(inspector())
    end = len(asked(*names[: names.index(BLOCKED) + 1]))
    had: set[int] = set()
    for start, piece in pieces:
        outcome = talk.ask_at(start, piece)
        had.update(range(start, start + len(piece)))
        complete = had >= set(range(end))
        assert (outcome.mark == SILENT) == complete
        if complete:
            return
        assert talk.ask_at(start, piece) is ACCEPT


def test_of_many_questions_in_a_segment_all_blocked_ones_are_answered_and_none_leaves() -> None:
    outcome = Talk(inspector()).ask(asked("a.upd.acme.test", FREE, "b.upd.acme.test"))
    assert outcome.mark == SILENT
    replies = messages(bytes(read(sent(outcome)[0])[TCP].payload))
    assert [(message.id, message.rcode()) for message in replies] == [(0, 3), (2, 3)]
    assert [(event.name, event.action) for event in events(outcome)] == [
        ("a.upd.acme.test", "answered"),
        ("b.upd.acme.test", "answered"),
    ]


def test_a_segment_of_many_blocked_questions_gets_as_many_answers_as_fit_a_small_packet() -> None:
    outcome = Talk(inspector(), six=True).ask(asked(*(f"n{number}.upd.acme.test" for number in range(40))))
    [answer, _] = sent(outcome)
    assert 1000 < len(answer) <= 1280
    assert len(messages(bytes(read(answer)[TCP].payload))) >= 8
    assert len(events(outcome)) == 40


def test_a_question_with_the_end_of_the_stream_is_answered_with_the_end_acknowledged() -> None:
    talk = Talk(inspector())
    outcome = talk.ask(asked(BLOCKED), more="F")
    assert read(sent(outcome)[0])[TCP].ack == (talk.client + 1) % 2**32


def test_with_half_an_answer_on_its_way_the_connection_is_reset() -> None:
    talk = Talk(inspector())
    talk.ask(asked(FREE))
    talk.answer(PLAIN[:20])
    outcome = talk.ask(asked(BLOCKED))
    assert outcome.mark == REJECT
    assert [read(packet)[TCP].flags for packet in sent(outcome)] == ["RA"]
    assert [event.action for event in events(outcome)] == ["reset"]


def test_an_answer_starts_where_the_server_is_although_the_client_has_not_acknowledged_it() -> None:
    talk = Talk(inspector())
    before = talk.server
    talk.answer(PLAIN)
    outcome = talk.put(talk.packet(asked(BLOCKED), seq=talk.client, ack=before))
    assert read(sent(outcome)[0])[TCP].seq == talk.server % 2**32


@pytest.mark.parametrize("edns", [0, -1])
@pytest.mark.parametrize("before", [b"", PLAIN])
def test_an_answer_that_leads_to_a_blocked_name_becomes_the_last_refusal_in_its_place(before: bytes, edns: int) -> None:
    talk = Talk(inspector())
    talk.ask(asked(FREE, "www.free.test"))
    chain = answered(
        "www.free.test",
        "www.free.test. 60 IN CNAME s07.upd.acme.test.",
        "s07.upd.acme.test. 60 IN A 192.0.2.9",
        edns=edns,
    )
    seq = talk.server
    outcome = talk.answer(before + chain + PLAIN)
    assert (outcome.fate, outcome.mark) == (Fate.ACCEPT, LAST)
    assert outcome.payload is not None
    last = read(outcome.payload)
    assert (last.src, last.dst, last[TCP].seq, last[TCP].flags) == (SERVER, CLIENT, seq % 2**32, "FPA")
    told = bytes(last[TCP].payload)
    assert told.startswith(before)
    assert len(told) < len(before + chain + PLAIN)  # the end takes a number too
    [refusal] = messages(told[len(before) :])
    assert (refusal.rcode(), refusal.answer) == (dns.rcode.NXDOMAIN, [])
    assert [error.code for error in refusal.extended_errors()] == ([15] if edns == 0 else [])
    [reset] = sent(outcome)
    assert (read(reset).dst, read(reset)[TCP].flags, read(reset)[TCP].seq) == (SERVER, "R", talk.client % 2**32)
    [event] = events(outcome)
    assert (event.action, event.matched, event.client, event.server) == (
        "rewritten",
        "s07.upd.acme.test",
        CLIENT,
        SERVER,
    )


def test_answers_near_a_date_are_changed_in_their_place_each_time_they_come() -> None:
    talk = Talk(inspector(), at=AFTER - 10)
    short = answered("a.upd.acme.test", "a.upd.acme.test. 300 IN A 192.0.2.9")
    segment = PLAIN + short + short + PLAIN
    seq, outcome = talk.server, talk.answer(segment)
    assert (outcome.mark, events(outcome)) == (None, [])
    assert outcome.payload is not None
    first = bytes(read(outcome.payload)[TCP].payload)
    assert len(first) == len(segment)
    assert [message.answer[0].ttl for message in messages(first)] == [60, 10, 10, 60]
    talk.at = AFTER - 5
    for start, end in ((0, len(segment)), (len(PLAIN) + 5, len(segment) - 20), (len(PLAIN) + 40, len(PLAIN) + 60)):
        repeat = talk.put(talk.packet(segment[start:end], answer=True, seq=seq + start, ack=talk.client))
        assert repeat.payload is not None
        assert bytes(read(repeat.payload)[TCP].payload) == first[start:end]
    untouched = talk.put(talk.packet(segment[:30], answer=True, seq=seq, ack=talk.client))
    assert untouched is ACCEPT


def test_an_answer_that_has_passed_in_part_is_not_changed() -> None:
    talk = Talk(inspector(), at=AFTER - 10)
    short = answered("a.upd.acme.test", "a.upd.acme.test. 300 IN A 192.0.2.9")
    assert talk.answer(short[:5]) is ACCEPT
    assert talk.answer(short[5:]).payload is None


def test_hints_and_ech_go_in_a_connection_too_and_nothing_moves() -> None:
    talk = Talk(inspector())
    hinted = "www.acme.test. 60 IN HTTPS 1 . alpn=h2 ipv4hint=192.0.2.9 ech=AAT+DQAA"
    segment = answered("www.acme.test", hinted, kind="HTTPS") + CHAIN
    outcome = talk.answer(segment)
    assert outcome.mark == LAST
    assert outcome.payload is not None
    changed, refusal = messages(bytes(read(outcome.payload)[TCP].payload))
    assert [int(key) for key in changed.answer[0][0].params] == [1, 65280]
    assert refusal.rcode() == dns.rcode.NXDOMAIN


def test_an_answer_in_pieces_is_cut_off_with_its_last_one() -> None:
    talk = Talk(inspector())
    assert talk.answer(CHAIN[:30]) is ACCEPT
    outcome = talk.answer(CHAIN[30:])
    assert (outcome.mark, outcome.payload) == (REJECT, None)
    assert [(read(packet).dst, read(packet)[TCP].flags) for packet in sent(outcome)] == [(CLIENT, "RA")]
    assert [event.action for event in events(outcome)] == ["reset"]


def test_a_connection_lives_for_many_windows_and_forgets() -> None:
    talk = Talk(inspector())
    question, answer = asked(*[FREE] * 20), PLAIN * 20
    for _ in range(2 * WINDOW // len(question)):
        assert talk.ask(question) is ACCEPT
        assert talk.answer(answer) is ACCEPT
    assert talk.inspect.dns.size < 2 * WINDOW
    assert talk.ask(asked(BLOCKED)).mark == SILENT


def test_after_a_long_silence_it_goes_on_between_two_messages() -> None:
    talk = Talk(inspector())
    talk.ask(asked(FREE))
    talk.inspect.tick(AFTER + flows.MAX_IDLE + 1)
    assert talk.inspect.dns.size == 0
    assert talk.ask(b"\0") is ACCEPT
    assert talk.ask(asked(BLOCKED)[1:]).mark == SILENT


def test_after_a_long_silence_within_a_message_it_cannot_be_read() -> None:
    talk = Talk(inspector())
    talk.ask(asked(FREE)[:9])
    talk.inspect.tick(AFTER + flows.MAX_IDLE + 1)
    outcome = talk.ask(asked(FREE)[9:])
    assert outcome.mark == NAMELESS  # the phase only flags
    assert "within 30 s" in events(outcome)[0].undecodable


def test_what_is_forgotten_at_last_is_taken_from_here() -> None:
    talk = Talk(inspector())
    talk.ask(asked(FREE))
    talk.answer(PLAIN)
    talk.inspect.tick(AFTER + dns_flows.KEPT)
    assert len(talk.inspect.dns) == 0
    assert talk.ask(asked(BLOCKED)).mark == SILENT


@pytest.mark.parametrize("greet", [False, True])
def test_answers_are_judged_without_their_questions(greet: bool) -> None:
    assert Talk(inspector(), greet=greet).answer(CHAIN).mark == LAST


@pytest.mark.parametrize(
    ("stream", "how"),
    [(hello("s07.upd.acme.test"), "tls"), (get("s07.upd.acme.test"), "http"), (get("www.acme.test"), "http")],
)
def test_tls_and_http_on_this_port_are_judged_by_name(stream: bytes, how: str) -> None:
    talk = Talk(inspector())
    for at in range(10):
        assert talk.ask(stream[at : at + 1]) is ACCEPT
    outcome = talk.ask(stream[10:])
    [event] = events(outcome)
    assert event.how == how
    if event.verdict == "block":
        assert outcome.mark == REJECT
    else:
        assert outcome.mark is None
        answered = talk.answer(b"HTTP/1.1 200 OK")
        assert (answered.commands, answered.mark is not None and answered.mark >= FIRST_LANE) == ((), True)
    assert len(talk.inspect.dns) == 0


NO_NAME = b"GET / HTTP/1.1\r\nHost: 192.0.2.7\r\n\r\n"


@pytest.mark.parametrize(("said", "so_far"), [(hello(FREE), None), (get(FREE), None), (NO_NAME, NAMELESS_HEARD)])
def test_tls_and_http_of_nobodys_pass_when_the_server_has_answered(said: bytes, so_far: int | None) -> None:
    talk = Talk(inspector(STRICT))
    assert talk.ask(said).mark == so_far
    assert talk.ask_at(-len(said), said).mark is None
    assert talk.ask(b"more").mark is None
    assert talk.put(talk.packet(b"", answer=True, flags="A", seq=talk.server, ack=talk.client)).mark is None
    assert talk.answer(b"an answer") == Outcome(Fate.ACCEPT, mark=PASS)
    assert len(talk.inspect.dns) == 0


@pytest.mark.parametrize("said", [hello(FREE), get(FREE)])
def test_other_bytes_in_the_place_of_theirs_cannot_be_read(said: bytes) -> None:
    talk = Talk(inspector(STRICT))
    talk.ask(said)
    outcome = talk.ask_at(-len(said), hello(BLOCKED))
    assert outcome.mark == REJECT
    assert "different bytes" in events(outcome)[0].undecodable


def test_who_goes_on_without_an_answer_passes() -> None:
    talk = Talk(inspector(STRICT))
    talk.ask(get(FREE))
    marks = [talk.ask(bytes(1400)).mark for _ in range(200)]
    assert (marks.count(PASS), set(marks[: marks.index(PASS)]), marks.index(PASS) * 1400 < FURTHEST) == (
        1,
        {None},
        True,
    )


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\0\x0b" + bytes(11), b"EHLO mail.free.test\r\n", b"\x16\x03\x01\0\x05hello"]
)
def test_what_is_no_dns_cannot_be_read(said: bytes) -> None:
    flagged = Talk(inspector()).ask(said)
    assert flagged.mark == NAMELESS
    assert [(event.verdict, event.action, bool(event.undecodable)) for event in events(flagged)] == [
        ("flag", "passed", True)
    ]
    talk = Talk(inspector(STRICT))
    outcome = talk.ask(said)
    assert outcome.mark == REJECT
    assert [event.action for event in events(outcome)] == ["reset"]
    assert [read(packet).dst for packet in sent(outcome)] == [SERVER]


def test_a_server_that_speaks_something_else_cannot_be_read() -> None:
    outcome = Talk(inspector(STRICT)).answer(b"220 mail.free.test ESMTP\r\n")
    assert outcome.mark == REJECT
    assert [read(packet).dst for packet in sent(outcome)] == [CLIENT]
    assert events(outcome)[0].client == CLIENT


def test_bytes_behind_an_observed_question_are_judged_too() -> None:
    outcome = Talk(inspector(STRICT), at=BEFORE).ask(asked(BLOCKED) + b"SSH-2.0-OpenSSH")
    assert [(event.verdict, bool(event.undecodable)) for event in events(outcome)] == [
        ("observe", False),
        ("observe", True),
    ]
    assert outcome.mark == NAMELESS


def test_a_message_that_cannot_be_read_falls_under_the_phase_and_the_next_is_read() -> None:
    broken = b"\0\x12\0\1\1\0\0\1\0\0\0\0\0\0\x3fabcde"
    talk = Talk(inspector())
    outcome = talk.ask(broken)
    assert (outcome.fate, outcome.mark, [event.verdict for event in events(outcome)]) == (Fate.ACCEPT, None, ["flag"])
    assert talk.ask(asked(BLOCKED)).mark == SILENT
    assert Talk(inspector(STRICT)).ask(broken).mark == REJECT


def test_different_bytes_for_the_same_place_cannot_be_read_although_they_were_read_before() -> None:
    talk = Talk(inspector(STRICT))
    talk.ask(asked(FREE))
    outcome = talk.put(talk.packet(asked(BLOCKED), seq=talk.client - len(asked(FREE)), ack=talk.server))
    assert outcome.mark == REJECT
    assert "different bytes" in events(outcome)[0].undecodable


def test_what_is_too_far_ahead_is_dropped_to_be_sent_again() -> None:
    talk = Talk(inspector())
    assert talk.ask_at(WINDOW, asked(FREE)) is DROP
    assert talk.ask(asked(FREE)) is ACCEPT


def test_a_keepalive_is_no_message() -> None:
    talk = Talk(inspector(STRICT))
    talk.ask(asked(FREE))
    assert talk.put(talk.packet(b"\xff", seq=talk.client - 1, ack=talk.server)) is ACCEPT
    talk.inspect.tick(AFTER + flows.MAX_IDLE + 1)
    assert talk.put(talk.packet(b"\xff", seq=talk.client - 1, ack=talk.server)) is ACCEPT
    talk.ask(asked(FREE)[:5])
    assert talk.put(talk.packet(b"\xff", seq=talk.client - 1, ack=talk.server)).mark == REJECT


def test_a_new_connection_on_the_same_ports_starts_afresh() -> None:
    talk = Talk(inspector())
    talk.ask(asked(FREE)[:9])
    again = Talk(talk.inspect, greet=False)
    again.client, again.server = 5000, 9000
    assert again.put(again.packet(b"", flags="S", seq=4999, ack=0)) is ACCEPT
    assert again.put(again.packet(b"", answer=True, flags="SA", seq=8999, ack=5000)) is ACCEPT
    assert again.ask(asked(BLOCKED)).mark == SILENT


def test_a_syn_in_the_middle_that_the_server_does_not_take_up_changes_nothing() -> None:
    talk = Talk(inspector())
    stream = asked(BLOCKED)
    talk.ask(stream[:9])
    talk.put(talk.packet(b"", flags="S", seq=talk.client - 1, ack=0))
    assert talk.ask(stream[9:]).mark == SILENT


def test_data_on_the_syn_is_the_first_of_the_stream() -> None:
    talk = Talk(inspector(), greet=False)
    stream = asked(BLOCKED)
    assert talk.put(talk.packet(stream[:10], flags="S", seq=talk.client - 1, ack=0)) is ACCEPT
    assert talk.ask_at(10, stream[10:]).mark == SILENT


def zone(count: int, first: bool = True) -> bytes:
    query = dns.message.make_query("free.test", "AXFR", id=7)
    reply = dns.message.make_response(query)
    if not first:
        reply.question = []
    for number in range(count):
        name = f"n{number}.free.test."
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", f"m{number}.upd.acme.test."))
    return reply.to_wire(prepend_length=True)


def test_a_zone_transfer_is_judged_by_its_zone_alone() -> None:
    talk = Talk(inspector(STRICT))
    assert talk.ask(asked("free.test", kind="AXFR")) is ACCEPT
    assert talk.answer(zone(100)) is ACCEPT
    assert talk.answer(zone(100, first=False)) is ACCEPT
    assert Talk(inspector(STRICT)).answer(zone(100, first=False)).mark == REJECT
    assert talk.ask(asked("upd.acme.test", kind="AXFR")).mark == SILENT


def test_many_half_messages_have_bounded_memory_and_are_not_passed_by_forgetting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flows, "MAX_BYTES", 10_000)
    inspect = inspector(STRICT)
    talks: list[Talk] = []
    for number in range(20):
        talk = Talk(inspect, greet=False)
        talk.ends = (f"10.1.0.{number + 1}", SERVER)
        talk.ask(b"\xff\xff" + asked(FREE)[2:] + bytes(1000))
        talks.append(talk)
    assert inspect.dns.size <= 10_000
    outcome = talks[0].ask(bytes(100))
    assert (outcome.mark, events(outcome)[0].undecodable) == (REJECT, "too many first messages at once")


def test_a_step_of_the_clock_makes_no_connection_old() -> None:
    talk = Talk(inspector())
    talk.ask(asked(FREE)[:9])
    talk.inspect.clock_stepped(3600)
    talk.at = AFTER + 3601
    talk.inspect.tick(talk.at)
    assert talk.ask(asked(FREE)[9:]) is ACCEPT


@pytest.mark.parametrize("six", [False, True])
def test_an_answer_teaches_its_addresses_and_its_last_segment_waits(six: bool) -> None:
    talk = Talk(inspector(), at=BEFORE, six=six)
    where, kind = ("2001:db8::9", "AAAA") if six else ("192.0.2.9", "A")
    said = answered("s07.upd.acme.test", f"s07.upd.acme.test. 60 IN {kind} {where}", kind=kind)
    assert not talk.answer(PLAIN + said[:-1]).held
    last = talk.answer(said[-1:])
    assert last.held
    [lesson] = [one for one in last.commands if isinstance(one, Learn)]
    assert (str(ip_address(lesson.client)), str(ip_address(lesson.address))) == (talk.ends[0], where)


def test_a_blocked_answer_teaches_too() -> None:
    outcome = Talk(inspector()).answer(CHAIN)
    assert outcome.mark == LAST
    assert outcome.held
    assert [one.name for one in outcome.commands if isinstance(one, Learn)] == ["s07.upd.acme.test"]


def test_a_name_of_nobodys_undoes_what_was_learned() -> None:
    talk = Talk(inspector(), at=BEFORE)
    talk.answer(CHAIN)
    outcome = talk.answer(answered(FREE, f"{FREE}. 60 IN A 192.0.2.9"))
    assert [type(one) for one in outcome.commands] == [Forget]


def test_a_zone_transfer_teaches_nothing() -> None:
    talk = Talk(inspector(), at=BEFORE)
    name = "upd.acme.test"
    outcome = talk.answer(answered(name, f"{name}. 60 IN A 192.0.2.9", kind="AXFR"))
    assert not [one for one in outcome.commands if isinstance(one, Learn)]


def test_before_anything_is_said_a_syn_begins_no_connection_that_its_server_has_not_taken_up() -> None:
    """A SYN with few hops, and behind it what the server takes for old: then its question is no part of that."""
    talk, ahead = Talk(inspector()), 100
    talk.put(talk.packet(b"", flags="S", seq=talk.client - ahead - 1, ack=0))
    talk.ask_at(-ahead, b"\xff\xff" + asked(FREE)[2:14] + bytes(ahead - 14))
    assert talk.ask(asked(BLOCKED)).mark in (SILENT, REJECT)


@pytest.mark.parametrize("ahead", [0, 100])
def test_a_client_from_port_53_speaks_as_any_other(ahead: int) -> None:
    """Its server's answers do not come by, so that nobody can say what its SYNs begin."""
    inspect, seq = inspector(STRICT), 1000

    def say(data: bytes, seq: int, flags: str) -> Outcome:
        packet = IP(src=CLIENT, dst=SERVER) / TCP(sport=53, dport=443, seq=seq, ack=7, flags=flags) / Raw(data)
        return inspect.packet(bytes(packet), AFTER, asks=True)

    say(b"", seq - 1, "S")
    if ahead:
        say(b"", seq - ahead - 1, "S")
        say(b"\xff\xff" + asked(FREE)[2:14] + bytes(ahead - 14), seq - ahead, "PA")
    assert say(hello("s07.upd.acme.test"), seq, "PA").mark == REJECT


def test_a_server_that_conntrack_takes_for_a_client_is_heard_still() -> None:
    talk = Talk(inspector())
    talk.ask(asked(FREE))
    packet = talk.packet(CHAIN, answer=True, seq=talk.server, ack=talk.client)
    assert talk.inspect.packet(packet, AFTER, asks=True).mark is not None
