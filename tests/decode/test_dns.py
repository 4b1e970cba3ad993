"""Questions and links, by hand and against dnspython.

The law stands in dns_oracle.py: where dnspython reads a message, we read the same names or refuse for a known reason.
"""

from random import Random

import dns.flags
import dns.message
import dns.name
import dns.rrset
import pytest
from decode_fixtures import (
    QUERY,
    RESPONSE,
    dns_header,
    dns_name,
    dns_query,
    dns_question,
    dns_record,
    dns_response,
    refusal,
    work,
)
from dns_oracle import agree, links, read
from hypothesis import given
from hypothesis import strategies as st
from wire_mutation import mutate

from enforcer.decode.dns import CNAME, DNAME, HTTPS, MAX_LINKS, SVCB, Question, decode_links, decode_question
from enforcer.model.errors import DecodeError
from enforcer.model.names import HostName

ASKED = "dnl-03.Geo.kaspersky.com"
NAME = "dnl-03.geo.kaspersky.com"
POINTER = b"\xc0\x0c"
OPT_RECORD = b"\0" + b"\0\x29\x04\xd0\0\0\x80\0\0\0"
A, NS, TXT = 1, 2, 16


# --- questions ---------------------------------------------------------------------------------------------------
def test_reads_a_question() -> None:
    want = Question(HostName(NAME), 28, 1, 0x1234, False, 12 + 26 + 4)
    message = dns_header(QUERY, 1) + dns_question(ASKED, 28)
    assert decode_question(message) == want
    assert decode_question(memoryview(message)) == want


def test_reads_the_question_of_a_response() -> None:
    question = decode_question(dns_response(ASKED, dns_record(POINTER, A, bytes(4))))
    assert question is not None
    assert (question.name, question.is_response) == (NAME, True)


def test_the_root_is_the_empty_name() -> None:
    question = decode_question(dns_header(QUERY, 1) + b"\0\0\2\0\1")
    assert question is not None
    assert (question.name, question.qtype, question.end) == ("", 2, 17)


def test_what_follows_the_question_is_not_looked_at() -> None:
    assert decode_question(dns_query(ASKED) + b"\xff" * 9) == decode_question(dns_query(ASKED))


@pytest.mark.parametrize("opcode", range(1, 16))
def test_other_operations_ask_for_no_name(opcode: int) -> None:
    message = dns_header(QUERY | opcode << 11, 1) + b"\xff" * 9
    assert decode_question(message) is None
    assert decode_links(message) == ()


def test_a_query_may_ask_nothing() -> None:
    # RFC 7873 section 5.4: only to fetch a server cookie.
    assert decode_question(dns_header(QUERY, 0, 0, 0, 1) + OPT_RECORD) is None


REFUSED = {
    "empty": (b"", "shorter than a DNS header"),
    "half a header": (bytes(11), "shorter than a DNS header"),
    "two questions": (dns_header(QUERY, 2) + dns_question("a.example") * 2, "2 questions"),
    "no name": (dns_header(QUERY, 1), "name reaches beyond the message"),
    "no class": (dns_header(QUERY, 1) + dns_question("a.example")[:-2], "question cut short"),
    "a loop": (dns_header(QUERY, 1) + POINTER + b"\0\1\0\1", "compression pointer to byte 12 does not lead backwards"),
    "a name in the header": (
        dns_header(QUERY, 1) + b"\xc0\x00\0\1\0\1",
        "compression pointer to byte 0 does not lead backwards",
    ),
    "no zero for 300 bytes": (dns_header(QUERY, 1) + b"\1a" * 150, "name of more than 255 bytes"),
}


@pytest.mark.parametrize(("message", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses_questions(message: bytes, why: str) -> None:
    assert refusal(decode_question, message) == why
    assert refusal(decode_links, message) == why


# --- links -------------------------------------------------------------------------------------------------------
def binding(target: str, priority: int = 1, parameters: bytes = b"") -> bytes:
    return priority.to_bytes(2, "big") + dns_name(target) + parameters


def cname(owner: str, target: str) -> bytes:
    return dns_record(dns_name(owner), CNAME, dns_name(target))


ADDRESS = dns_record(POINTER, A, bytes(4))

LINKS = {
    "a query": (dns_query(ASKED, OPT_RECORD), [NAME]),
    "no answer": (dns_response(ASKED), [NAME]),
    "an address": (dns_response(ASKED, ADDRESS), [NAME]),
    "addresses and OPT": (
        dns_header(RESPONSE, 1, 2, 0, 1) + dns_question(ASKED) + ADDRESS * 2 + OPT_RECORD,
        [NAME],
    ),
    "owner in full": (dns_response(ASKED, dns_record(dns_name(ASKED.upper()), A, bytes(4))), [NAME]),
    "CNAME": (dns_response(ASKED, dns_record(POINTER, CNAME, dns_name("X.example")), ADDRESS), [NAME, "x.example"]),
    "CNAME by a pointer": (
        dns_response(ASKED, dns_record(POINTER, CNAME, b"\1x\xc0\x13")),
        [NAME, "x.geo.kaspersky.com"],
    ),
    "chain": (
        dns_response("a.example", cname("a.example", "b.example"), cname("b.example", "c.example")),
        ["a.example", "b.example", "c.example"],
    ),
    "chain in the wrong order": (
        dns_response("a.example", cname("b.example", "c.example"), cname("a.example", "b.example")),
        ["a.example", "b.example", "c.example"],
    ),
    "an owner out of nowhere": (
        dns_response("a.example", dns_record(dns_name("z.example"), A, bytes(4))),
        ["a.example", "z.example"],
    ),
    "DNAME": (
        dns_response("x.a.example", dns_record(dns_name("a.example"), DNAME, dns_name("b.example"))),
        ["x.a.example", "a.example", "b.example"],
    ),
    "HTTPS alias": (
        dns_response("a.example", dns_record(POINTER, HTTPS, binding("b.example", 0))),
        ["a.example", "b.example"],
    ),
    "SVCB service with parameters": (
        dns_response("a.example", dns_record(POINTER, SVCB, binding("b.example", 1, b"\0\3\0\2\x01\xbb"))),
        ["a.example", "b.example"],
    ),
    "HTTPS for itself": (
        dns_response("a.example", dns_record(POINTER, HTTPS, binding("", 1, b"\0\1\0\3\2h2"))),
        ["a.example"],
    ),
    "MX, NS and PTR lead on only by another question": (
        dns_response("a.example", dns_record(POINTER, NS, dns_name("b.example"))),
        ["a.example"],
    ),
    "no question, an answer": (
        dns_header(RESPONSE, 0, 1) + cname("a.example", "b.example"),
        ["a.example", "b.example"],
    ),
    "HTTPS in the additional section, behind authority": (
        dns_header(RESPONSE, 1, 1, 1, 3)
        + dns_question("a.example")
        + ADDRESS
        + dns_record(POINTER, NS, dns_name("ns.example"))
        + dns_record(dns_name("ns.example"), A, bytes(4))
        + dns_record(dns_name("b.example"), HTTPS, binding("c.example"))
        + OPT_RECORD,
        ["a.example", "b.example", "c.example"],
    ),
    "CNAME to the root": (dns_response("a.example", dns_record(POINTER, CNAME, b"\0")), ["a.example", ""]),
}


@pytest.mark.parametrize(("message", "want"), LINKS.values(), ids=LINKS.keys())
def test_reads_links(message: bytes, want: list[str]) -> None:
    assert list(decode_links(message)) == want
    assert decode_links(memoryview(message)) == decode_links(message)
    oracle = read(message)
    assert oracle is not None
    if oracle.flags & dns.flags.QR:
        assert links(oracle) == want


@pytest.mark.parametrize("message", [m for m, _ in LINKS.values() if m[2] & 0x80], ids=str)
def test_refuses_every_prefix_of_a_response(message: bytes) -> None:
    for size in range(len(message)):
        refusal(decode_links, message[:size])


@pytest.mark.parametrize("message", [m for m, _ in LINKS.values()], ids=str)
def test_a_tail_changes_nothing(message: bytes) -> None:
    assert decode_links(message + b"\xc0\xff tail") == decode_links(message)


BROKEN = {
    "data beyond the message": (
        dns_response("a.example", dns_record(POINTER, A, bytes(4), length=5)),
        "record data of 5 bytes, 4 left",
    ),
    "fewer records than counted": (dns_header(RESPONSE, 1, 1) + dns_question("a.example"), "name reaches beyond"),
    "target beyond its data": (
        dns_response("a.example", dns_record(POINTER, CNAME, dns_name("b.example"), length=3)),
        "target name and record data do not end together",
    ),
    "bytes behind the target": (
        dns_response("a.example", dns_record(POINTER, CNAME, dns_name("b.example") + b"x")),
        "target name and record data do not end together",
    ),
    "an empty CNAME": (
        dns_response("a.example", dns_record(POINTER, CNAME, b"")),
        "name reaches beyond the message",
    ),
    "a target of itself": (
        dns_response("a.example", dns_record(POINTER, CNAME, b"\xc0\x27")),
        "compression pointer to byte 39 does not lead backwards",
    ),
    "OPT cut in the usual place": (
        dns_header(RESPONSE, 1, 0, 0, 1) + dns_question("a.example") + OPT_RECORD[:-1],
        "record cut short",
    ),
    "a binding without a target": (
        dns_response("a.example", dns_record(POINTER, HTTPS, b"\0\1")) + b"\0",
        "target name and record data do not end together",
    ),
}


@pytest.mark.parametrize(("message", "why"), BROKEN.values(), ids=BROKEN.keys())
def test_refuses_answers(message: bytes, why: str) -> None:
    assert refusal(decode_links, message).startswith(why)
    assert decode_question(message) is not None


def chain(length: int) -> bytes:
    return dns_response("n0.example", *[cname(f"n{i}.example", f"n{i + 1}.example") for i in range(length)])


def test_the_bound_on_links() -> None:
    assert len(decode_links(chain(MAX_LINKS - 1))) == MAX_LINKS
    assert refusal(decode_links, chain(MAX_LINKS)) == f"more than {MAX_LINKS} names in one answer"


def test_the_largest_honest_message_is_read() -> None:
    # 64 KiB of addresses behind a CNAME, each owner a pointer to its target.
    head = dns_question("a.example") + dns_record(POINTER, CNAME, dns_name("b.c.d.e.f.g.example"))
    target = 12 + len(head) - len(dns_name("b.c.d.e.f.g.example"))
    record = dns_record((0xC000 | target).to_bytes(2, "big"), A, bytes(4))
    count = (65_535 - 12 - len(head)) // len(record)
    message = dns_header(RESPONSE, 1, 1 + count) + head + record * count
    assert decode_links(message) == ("a.example", "b.c.d.e.f.g.example")
    assert work(lambda: decode_links(message)) < 30 * count


def bombs() -> dict[str, bytes]:
    """Messages of up to 64 KiB made to be slow."""
    start = 12 + 5 + 11
    deep = bytearray(b"\1a\0")  # a name, then pointers that each lead to the one before
    while start + len(deep) < 0x3FF0:
        deep += (0xC000 | start + (len(deep) - 2 if len(deep) > 3 else 0)).to_bytes(2, "big")
    first = dns_record(b"\0", TXT, bytes(deep))
    ends = range(start + len(deep) - 2, start + len(deep) - 2 - 2 * 3999, -2)
    winding = b"".join(dns_record((0xC000 | end).to_bytes(2, "big"), TXT, b"") for end in ends)
    root = b"\0\0\1\0\1"
    return {
        "pointers": dns_header(RESPONSE, 1, 4000) + root + first + winding,
        "labels": dns_header(RESPONSE, 1, 0, 0, 240) + root + dns_record(b"\1a" * 127 + b"\0", TXT, b"") * 240,
        "records": dns_header(RESPONSE, 1, 5000) + root + dns_record(b"\0", TXT, b"") * 5000,
        "counts": dns_header(RESPONSE, 1, 65_535, 65_535, 65_535) + root,
    }


@pytest.mark.parametrize("message", bombs().values(), ids=bombs().keys())
def test_work_is_bounded(message: bytes) -> None:
    assert len(message) < 65_536
    assert work(lambda: decode_links(message)) < 180_000


# --- against dnspython -------------------------------------------------------------------------------------------
LABEL = st.binary(min_size=1, max_size=12) | st.sampled_from([b"www", b"Kaspersky", b"com", b"_443", b"_https"])
OWNER = st.lists(LABEL, max_size=5).map(lambda labels: dns.name.Name([*labels, b""]))
LEADING = [("CNAME", "{}"), ("DNAME", "{}"), ("HTTPS", "1 {} alpn=h2"), ("SVCB", "0 {}"), ("HTTPS", "1 .")]
RECORDS = [*LEADING, ("A", "192.0.2.1"), ("AAAA", "2001:db8::1"), ("TXT", '"x"'), ("MX", "1 {}"), ("SRV", "1 1 1 {}")]


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    kind = draw(st.sampled_from(["A", "AAAA", "HTTPS"]))
    query = dns.message.make_query(draw(OWNER), kind, use_edns=draw(st.booleans()))
    if draw(st.booleans()):
        return query.to_wire()
    response = dns.message.make_response(query)
    for section in (response.answer, response.authority, response.additional):
        for _ in range(draw(st.integers(0, 4))):
            kind, data = draw(st.sampled_from(RECORDS))
            section.append(dns.rrset.from_text(draw(OWNER), 60, "IN", kind, data.format(draw(OWNER))))
    return response.to_wire(max_size=65_535)


@given(messages())
def test_agrees_with_dnspython(wire: bytes) -> None:
    assert read(wire) is not None
    agree(wire)


@given(messages(), messages(), st.integers(0, 2**32))
def test_agrees_with_dnspython_on_mutations(wire: bytes, other: bytes, seed: int) -> None:
    agree(mutate(Random(seed), wire, [wire, other]))


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda tail: dns_header(RESPONSE, 1, 2, 1, 2) + tail))
def test_raises_only_decode_error(message: bytes) -> None:
    try:
        names = decode_links(message)
    except DecodeError:
        return
    assert len(names) <= MAX_LINKS
    assert len(set(names)) == len(names)
