"""The addresses of an answer, as dnspython writes them and reads them."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import dns.message
import dns.rrset
import pytest
from decode_fixtures import dns_query, dns_record, dns_response
from hypothesis import given
from hypothesis import strategies as st

from enforcer.decode.dns_addresses import MAX_ADDRESSES, AnsweredAddress, decode_addresses
from enforcer.model.errors import DecodeError

NAME = "s07.upd.acme.test."


def reply(*records: str, kind: str = "A") -> bytes:
    message = dns.message.make_response(dns.message.make_query(NAME, kind))
    message.answer = [dns.rrset.from_text(*_split(record)) for record in records]
    return message.to_wire()


def _split(record: str) -> tuple[str, int, str, str, str]:
    name, ttl, kind, data = record.split(" ", 3)
    return name, int(ttl), "IN", kind, data


def texts(message: bytes) -> list[tuple[str, int]]:
    return [(str(ip_address(one.address)), one.ttl) for one in decode_addresses(message)]


def test_addresses_along_a_chain_each_with_its_ttl() -> None:
    message = reply(
        f"{NAME} 60 CNAME a.cdn.test.",
        "a.cdn.test. 30 A 192.0.2.1",
        "a.cdn.test. 90 AAAA 2001:db8::1",
        f"{NAME} 5 TXT x",
    )
    assert texts(message) == [("192.0.2.1", 30), ("2001:db8::1", 90)]


def test_hints_of_a_binding_count_too() -> None:
    message = reply(
        f'{NAME} 300 HTTPS 1 b.test. alpn="h2,h3" ipv4hint="192.0.2.1,192.0.2.2" ipv6hint="2001:db8::7"', kind="HTTPS"
    )
    assert texts(message) == [("192.0.2.1", 300), ("192.0.2.2", 300), ("2001:db8::7", 300)]


def test_name_servers_addresses_in_the_additional_section_do_not_count() -> None:
    message = dns.message.make_response(dns.message.make_query(NAME, "A"))
    message.additional = [dns.rrset.from_text("ns.test.", 60, "IN", "A", "192.0.2.53")]
    assert decode_addresses(message.to_wire()) == ()


def test_a_question_and_other_classes_and_sizes_have_none() -> None:
    assert decode_addresses(dns_query(NAME)) == ()
    odd = dns_response(NAME, dns_record(b"\xc0\x0c", 1, b"\1\2\3"), dns_record(b"\xc0\x0c", 28, bytes(4)))
    assert decode_addresses(odd) == ()


def test_a_ttl_with_the_highest_bit_is_zero() -> None:
    plain = reply(f"{NAME} 60 A 192.0.2.1")
    assert decode_addresses(plain.replace(b"\0\0\0\x3c", b"\x80\0\0\x3c")) == (
        AnsweredAddress(bytes((192, 0, 2, 1)), 0),
    )


def test_no_more_than_the_bound_are_read() -> None:
    many = dns_response(NAME, *(dns_record(b"\xc0\x0c", 1, bytes((10, 0, 0, number))) for number in range(100)))
    assert len(decode_addresses(many)) == MAX_ADDRESSES


@pytest.mark.parametrize("cut", [1, 3, 5, 12])
def test_a_record_that_is_cut_is_refused(cut: int) -> None:
    with pytest.raises(DecodeError):
        decode_addresses(reply(f"{NAME} 60 A 192.0.2.1")[:-cut])


@given(st.lists(st.tuples(st.ip_addresses(), st.integers(0, 2**31 - 1)), max_size=20))
def test_what_dnspython_writes_is_read(addresses: list[tuple[IPv4Address | IPv6Address, int]]) -> None:
    records = [f"{NAME} {ttl} {'A' if '.' in str(one) else 'AAAA'} {one}" for one, ttl in addresses]
    message = dns.message.make_response(dns.message.make_query(NAME, "A"))
    message.answer = [dns.rrset.from_text(*_split(record)) for record in records]
    assert texts(message.to_wire(max_size=65535)) == [(str(one), ttl) for one, ttl in addresses]


@given(st.integers(0, 200), st.binary(min_size=1, max_size=4))
def test_a_mutated_answer_gives_addresses_or_the_one_error(place: int, change: bytes) -> None:
    whole = reply(f"{NAME} 60 CNAME a.test.", "a.test. 60 A 192.0.2.1", 'a.test. 60 HTTPS 1 . ipv4hint="192.0.2.1"')
    try:
        found = decode_addresses(whole[:place] + change + whole[place + len(change) :])
    except DecodeError:
        return
    assert all(len(one.address) in (4, 16) and 0 <= one.ttl < 2**31 for one in found)
