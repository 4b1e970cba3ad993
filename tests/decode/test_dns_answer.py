"""Our answers as dnspython reads them, to queries in every shape that asks something."""

import dns.edns
import dns.flags
import dns.message
import dns.rcode
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
from hypothesis import given
from hypothesis import strategies as st

from enforcer.decode.dns_answer import EDE_BLOCKED, EDE_FILTERED, MAX_TEXT, NXDOMAIN, REFUSED, blocked_answer
from enforcer.model.errors import DecodeError

NAME = "DNL-03.geo.KasPersky.com"
BAN = "blocked by us-commerce-kaspersky-2024 (89 FR 52434)"


def answer(query: bytes, rcode: int = NXDOMAIN, code: int = EDE_BLOCKED, text: str = BAN) -> bytes:
    return blocked_answer(query, rcode=rcode, ede_code=code, ede_text=text)


def opt(flags: int = 0, size: int = 1232, version: int = 0, options: bytes = b"") -> bytes:
    return b"\0\0\x29" + b"".join(n.to_bytes(2, "big") for n in (size, version, flags, len(options))) + options


@pytest.mark.parametrize("rcode", [NXDOMAIN, REFUSED])
def test_without_edns_it_is_bare(rcode: int) -> None:
    query = dns_query(NAME)
    message = answer(query, rcode)
    assert message[12:] == query[12:]  # byte for byte: the case of the letters is compared by clients
    read = dns.message.from_wire(message)
    assert (read.id, read.rcode(), read.edns) == (0x1234, rcode, -1)
    assert read.flags == dns.flags.QR | dns.flags.RD | dns.flags.RA | rcode
    assert not read.answer and not read.authority and not read.additional
    assert dns.message.from_wire(query).is_response(read)


@pytest.mark.parametrize("code", [EDE_BLOCKED, EDE_FILTERED])
@pytest.mark.parametrize("do", [0, dns.flags.DO])
def test_with_edns_it_explains(code: int, do: int) -> None:
    read = dns.message.from_wire(answer(dns_query(NAME, opt(do)), code=code))
    assert (read.edns, read.ednsflags, read.payload) == (0, do, 1232)
    (option,) = read.options
    assert isinstance(option, dns.edns.EDEOption)
    assert (option.code, option.text) == (code, BAN)


@pytest.mark.parametrize("flags", [0, QUERY, 0x0010, 0x0130, 0x87FF & ~0x8000])
def test_rd_and_cd_are_copied_and_nothing_else(flags: int) -> None:
    message = answer(dns_header(flags, 1) + dns_question(NAME))
    assert int.from_bytes(message[2:4], "big") == 0x8080 | NXDOMAIN | flags & 0x0110


def test_the_opt_is_found_behind_other_records() -> None:
    other = dns_record(dns_name("key.example"), 250, b"x" * 20)
    assert dns.message.from_wire(answer(dns_query(NAME, other, opt()))).edns == 0
    assert dns.message.from_wire(answer(dns_query(NAME, opt(options=b"\0\x0a\0\x08abcdefgh")))).edns == 0


@pytest.mark.parametrize("broken", [b"", b"\0", b"\0\0\x29\x04", b"\3www", dns_record(b"\0", 1, b"", 9), b"\xc0"])
def test_broken_records_behind_the_question_cost_the_explanation_only(broken: bytes) -> None:
    query = dns_header(QUERY, 1, 0, 0, 1) + dns_question(NAME) + broken
    assert answer(query) == answer(dns_query(NAME))


def test_a_response_is_replaced() -> None:
    message = dns_response(NAME, dns_record(b"\xc0\x0c", 1, bytes(4)))
    assert answer(message) == answer(dns_query(NAME))
    with_opt = dns_header(RESPONSE, 1, 1, 0, 1) + message[12:] + opt(dns.flags.DO)
    assert dns.message.from_wire(answer(with_opt)).ednsflags == dns.flags.DO


@pytest.mark.parametrize("text", ["", "x" * 1000, "gebürt" * 100, "ü" * 1000, "漢" * 300, "\ud800"], ids=range(6))
def test_the_text_is_cut_between_characters(text: str) -> None:
    read = dns.message.from_wire(answer(dns_query(NAME, opt()), text=text))
    (option,) = read.options
    assert isinstance(option, dns.edns.EDEOption)
    sent = option.text or ""
    assert text.startswith(sent) or sent == "?"
    size = len(sent.encode())
    assert size == len(text.encode("utf-8", "replace")) or MAX_TEXT - 4 < size <= MAX_TEXT


def test_the_largest_answer_fits_everywhere() -> None:
    longest = ".".join(["a" * 63] * 3 + ["b" * 61])
    assert len(answer(dns_query(longest, opt(size=512)), text="x" * 1000)) == 488


def typed(qtype: int, *extras: bytes, qclass: int = 1, name: str = NAME) -> bytes:
    asked = dns_name(name) + qtype.to_bytes(2, "big") + qclass.to_bytes(2, "big")
    return dns_header(QUERY, 1, 0, 0, len(extras)) + asked + b"".join(extras)


FOUR, SIX = bytes((192, 0, 2, 7)), bytes.fromhex("20010db8000000000000000000000007")
SINKHOLE = {
    "an address of IPv4": (dns_query(NAME), ["192.0.2.7"]),
    "one of IPv6": (typed(28), ["2001:db8::7"]),
    "another type": (typed(65), []),
    "every type": (typed(255), []),
    "another class": (typed(1, qclass=3), []),
}


@pytest.mark.parametrize(("query", "addresses"), SINKHOLE.values(), ids=SINKHOLE.keys())
@pytest.mark.parametrize("explained", [False, True])
def test_a_sinkhole_has_the_address_that_is_asked_for_and_no_error(
    query: bytes, addresses: list[str], explained: bool
) -> None:
    if explained:
        query = query[:10] + b"\0\1" + query[12:] + opt()
    message = blocked_answer(query, rcode=REFUSED, ede_code=EDE_BLOCKED, ede_text=BAN, sinkhole=(FOUR, SIX))
    read = dns.message.from_wire(message)
    assert (read.rcode(), read.authority, read.additional) == (dns.rcode.NOERROR, [], [])
    assert [str(record) for records in read.answer for record in records] == addresses
    assert [(str(one.name), one.ttl) for one in read.answer] == [(f"{NAME}.", 1)] * len(addresses)
    assert [error.text for error in read.extended_errors()] == [BAN] * explained
    assert dns.message.from_wire(query).is_response(read)


def test_without_an_address_of_that_kind_there_is_none_and_no_error() -> None:
    message = blocked_answer(typed(28), rcode=NXDOMAIN, ede_code=15, ede_text="", sinkhole=(FOUR,))
    assert (dns.message.from_wire(message).rcode(), dns.message.from_wire(message).answer) == (0, [])


def test_where_there_is_little_room_the_address_outlasts_the_explanation() -> None:
    query = typed(28, opt())
    asked = len(dns_query(NAME))

    def shape(most: int) -> tuple[int, int, bool]:
        message = blocked_answer(query, rcode=3, ede_code=15, ede_text=BAN, most=most, sinkhole=(SIX,))
        assert len(message) <= most
        read = dns.message.from_wire(message)
        return len(read.answer), read.edns, bool(read.extended_errors())

    assert [shape(asked + more) for more in (0, 27, 28, 44, 45, 512)] == [
        *((0, -1, False), (0, 0, True), (1, -1, False), (1, -1, False), (1, 0, True), (1, 0, True))
    ]


def test_the_largest_sinkhole_fits_everywhere() -> None:
    longest = ".".join(["a" * 63] * 3 + ["b" * 61])
    query = typed(28, opt(size=512), name=longest)
    message = blocked_answer(query, rcode=3, ede_code=15, ede_text="x" * 1000, sinkhole=(SIX,))
    assert len(message) == 512
    assert len(dns.message.from_wire(message).answer) == 1


REFUSED_QUERIES = {
    "empty": (b"", "shorter than a DNS header"),
    "no question": (dns_header(QUERY, 0), "no question to answer"),
    "an update": (dns_header(QUERY | 5 << 11, 1) + dns_question(NAME), "no question to answer"),
    "no end": (dns_header(QUERY, 1) + b"\3www", "name reaches beyond the message"),
}


@pytest.mark.parametrize(("query", "why"), REFUSED_QUERIES.values(), ids=REFUSED_QUERIES.keys())
def test_refuses(query: bytes, why: str) -> None:
    assert refusal(answer, query) == why


def test_work_is_bounded() -> None:
    query = dns_header(QUERY, 1, 65_535, 65_535, 65_535) + dns_question(NAME) + dns_record(b"\0", 1, b"") * 5900
    assert work(lambda: answer(query)) < 120_000


@given(st.binary(max_size=300).map(lambda tail: dns_header(QUERY, 1, 0, 1, 2) + tail), st.text(), st.integers(0, 65535))
def test_raises_only_decode_error_and_answers_readably(query: bytes, text: str, code: int) -> None:
    try:
        message = answer(query, text=text, code=code)
    except DecodeError:
        return
    assert len(message) <= 512
    read = dns.message.from_wire(message)
    assert read.rcode() == dns.rcode.NXDOMAIN
