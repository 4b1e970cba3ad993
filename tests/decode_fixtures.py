"""Builders of wire bytes, ways to feed them, and a count of the work they cause."""

import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, TypeVar

import pytest

from enforcer.model.errors import DecodeError

T = TypeVar("T")


# --- TLS ---------------------------------------------------------------------------------------------------------
def sni(*names: bytes) -> bytes:
    entries = b"".join(b"\0" + len(name).to_bytes(2, "big") + name for name in names)
    return len(entries).to_bytes(2, "big") + entries


def extension(kind: int, body: bytes, length: int | None = None) -> bytes:
    return kind.to_bytes(2, "big") + (len(body) if length is None else length).to_bytes(2, "big") + body


def hello(*extensions: bytes) -> bytes:
    """A ClientHello as a handshake message."""
    joined = b"".join(extensions)
    body = b"\x03\x03" + bytes(32) + b"\0" + b"\0\2\x13\x01" + b"\1\0" + len(joined).to_bytes(2, "big") + joined
    return b"\1" + len(body).to_bytes(3, "big") + body


def hello_for(name: str) -> bytes:
    return hello(extension(0, sni(name.encode())), extension(16, b"\0\x0c\2h2\x08http/1.1"))


def records(message: bytes, *sizes: int) -> bytes:
    """The message in records of these sizes, what is left over in a last one."""
    out, at = b"", 0
    for size in [*sizes, len(message) - sum(sizes)]:
        out += b"\x16\x03\x01" + size.to_bytes(2, "big") + message[at : at + size]
        at += size
    return out


# --- DNS ---------------------------------------------------------------------------------------------------------
QUERY, RESPONSE = 0x0100, 0x8180


def dns_name(text: str) -> bytes:
    labels = [label.encode() for label in text.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def dns_question(text: str, qtype: int = 1) -> bytes:
    return dns_name(text) + qtype.to_bytes(2, "big") + b"\0\1"


def dns_header(flags: int, *counts: int, ident: int = 0x1234) -> bytes:
    numbers = (ident, flags, *counts, *[0] * (4 - len(counts)))
    return b"".join(number.to_bytes(2, "big") for number in numbers)


def dns_record(owner: bytes, kind: int, data: bytes, length: int | None = None) -> bytes:
    size = len(data) if length is None else length
    return owner + kind.to_bytes(2, "big") + b"\0\1\0\0\0\x3c" + size.to_bytes(2, "big") + data


def dns_query(text: str, *extras: bytes) -> bytes:
    return dns_header(QUERY, 1, 0, 0, len(extras)) + dns_question(text) + b"".join(extras)


def dns_response(text: str, *answers: bytes) -> bytes:
    return dns_header(RESPONSE, 1, len(answers)) + dns_question(text) + b"".join(answers)


# --- feeding -----------------------------------------------------------------------------------------------------
def refusal(decode: Callable[..., object], *arguments: object) -> str:
    """Why `decode` refuses; fails if it does not."""
    with pytest.raises(DecodeError) as caught:
        decode(*arguments)
    return caught.value.why


def cuts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The data in two parts, cut at every place."""
    return ((data[:at], data[at:]) for at in range(len(data) + 1))


def work(call: Callable[[], object]) -> int:
    """How many lines of the decoders run: a measure of time that no busy machine disturbs. DecodeError is fine."""
    lines = 0

    def local(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return local

    def trace(frame: FrameType, _event: str, _argument: Any) -> Any:
        return local if "enforcer" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    except DecodeError:
        pass
    finally:
        sys.settrace(before)
    return lines


def value_or_refusal(decode: Callable[[bytes], T], data: bytes) -> T | str:
    try:
        return decode(data)
    except DecodeError as fault:
        return fault.why
