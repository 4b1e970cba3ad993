"""dnstap frames."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stream_fixtures import field, frame

from enforcer.decode.dnstap import CLIENT_QUERY, CLIENT_RESPONSE, decode_dnstap
from enforcer.model.errors import DecodeError

QUERY = b"".join(
    [
        field(1, CLIENT_QUERY),
        field(2, 1),
        field(3, 1),
        field(4, bytes([10, 1, 0, 2])),
        field(5, bytes([9, 9, 9, 9])),
        field(6, 33000),
        field(7, 53),
        field(8, 1727582400),
        field(9, 250_000_000, fixed=4),
        field(10, b"question"),
    ]
)


def test_a_client_and_its_question() -> None:
    tap = decode_dnstap(frame(QUERY))
    assert tap is not None
    assert tap._asdict() == {
        "kind": CLIENT_QUERY,
        "at": 1727582400.25,
        "client": IPv4Address("10.1.0.2"),
        "client_port": 33000,
        "server": IPv4Address("9.9.9.9"),
        "server_port": 53,
        "protocol": "udp",
        "query": b"question",
        "response": b"",
    }


def test_an_answer_over_ipv6_has_the_time_of_its_question_or_its_own() -> None:
    answer = field(1, CLIENT_RESPONSE) + field(3, 2) + field(4, b"\xfd" + bytes(14) + b"\2") + field(14, b"answer")
    tap = decode_dnstap(frame(answer + field(12, 7) + field(13, 500_000_000, fixed=4)))
    assert tap is not None
    assert (tap.client, tap.at, tap.protocol, tap.response) == (IPv6Address("fd00::2"), 7.5, "tcp", b"answer")
    tap = decode_dnstap(frame(answer + field(12, 7) + field(8, 6)))
    assert tap is not None
    assert tap.at == 6.0


def test_what_is_not_known_is_stepped_over_and_the_last_counts() -> None:
    more = field(99, 1) + field(98, b"x") + field(97, 1, fixed=8) + field(96, 1, fixed=4) + field(6, 5)
    tap = decode_dnstap(frame(QUERY + more))
    assert tap is not None
    assert tap.client_port == 5


def test_of_another_type_is_none() -> None:
    assert decode_dnstap(frame(QUERY, kind=2)) is None
    assert decode_dnstap(field(15, 1)) is None
    assert decode_dnstap(b"") is None


def test_fields_of_another_wire_type_are_as_if_they_were_not_there() -> None:
    odd = b"".join(field(number, b"bytes") for number in (1, 3, 6, 8, 9)) + field(4, 1) + field(10, 1)
    tap = decode_dnstap(frame(odd))
    assert tap is not None
    assert (tap.kind, tap.at, tap.client, tap.client_port, tap.query) == (0, 0.0, None, None, b"")


@pytest.mark.parametrize("size", range(1, len(frame(QUERY))))
def test_a_frame_cut_anywhere_raises_or_tells_less(size: int) -> None:
    try:
        assert decode_dnstap(frame(QUERY)[:size]) is None
    except DecodeError:
        return


@pytest.mark.parametrize(
    "data", [b"\xff" * 11, b"\x0b", b"\x0c", field(14, b"\x03") + field(15, 1), b"\x08" + b"\x80" * 10]
)
def test_what_is_no_protocol_buffer_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_dnstap(data)


@given(st.binary(max_size=200))
def test_whatever_comes_only_the_documented_error(data: bytes) -> None:
    for one in (data, frame(data)):
        try:
            decode_dnstap(one)
        except DecodeError:
            continue
