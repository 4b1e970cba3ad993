"""Framing, with dnspython as the one who writes it."""

import dns.message
import dns.opcode
import dns.update
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.decode.dns_stream import first_message
from enforcer.model.errors import DecodeError

QUERY = dns.message.make_query("a.example.org", "A", use_edns=0, id=7)
MESSAGES = [
    (QUERY, False),
    (dns.message.make_response(QUERY), True),
    (dns.update.UpdateMessage("example.org"), False),
]


@pytest.mark.parametrize(("message", "answers"), MESSAGES)
@given(behind=st.binary(max_size=40))
def test_a_message_is_there_with_its_last_byte_and_not_before(
    message: dns.message.Message, answers: bool, behind: bytes
) -> None:
    wire = message.to_wire()
    stream = len(wire).to_bytes(2, "big") + wire
    assert first_message(stream + behind, answers=answers) == wire
    for end in range(len(stream)):
        assert first_message(stream[:end], answers=answers) is None


def test_the_longest_message() -> None:
    wire = QUERY.to_wire().ljust(0xFFFF, b"\0")
    assert first_message(b"\xff\xff" + wire, answers=False) == wire
    assert first_message(b"\xff\xff" + wire[:-1], answers=False) is None


@pytest.mark.parametrize("answers", [False, True])
def test_a_stateful_operation_has_no_records(answers: bool) -> None:
    flags = bytes([0xB0 if answers else 0x30, 0])
    assert first_message(b"\0\x0c\0\1" + flags + bytes(8), answers=answers) is not None
    with pytest.raises(DecodeError, match="stateful"):
        first_message(b"\0\x0c\0\1" + flags + bytes(7) + b"\1", answers=answers)


@pytest.mark.parametrize(
    ("stream", "answers"),
    [
        (b"\0\x0b", False),
        (b"\0\0", True),
        (b"SSH-2.0-OpenSSH_9.2\r\n", False),
        (b"SSH-2.0-OpenSSH_9.2\r\n", True),
        (b"EHLO mail.example.org\r\n", False),
        (b"220 mail.example.org ESMTP", True),
        (b"\0\x20" + QUERY.to_wire(), True),
        (b"\0\x20" + dns.message.make_response(QUERY).to_wire(), False),
        (b"\0\x20\0\1\1\0\0\2" + bytes(30), False),
        *((b"\0\x20\0\1" + bytes([operation << 3]) + bytes(9), False) for operation in (1, 2, 3, *range(7, 16))),
    ],
)
def test_what_is_no_dns_is_refused_as_soon_as_its_header_is_there(stream: bytes, answers: bool) -> None:
    with pytest.raises(DecodeError):
        first_message(stream[:14], answers=answers)
