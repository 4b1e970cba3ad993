"""Where a body may begin in a segment of a server's. The kernel's reader: tests/plan/test_classifier_body.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.decode.http_body import ENOUGH, body_begins
from enforcer.model.bodies import LONGEST

OK = b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"


@pytest.mark.parametrize(
    ("payload", "begins"),
    [
        (b"", (b"",)),
        (b"KLZF", (b"KLZF",)),
        (OK + b"KLZF" + bytes(100), (b"KLZF" + bytes(12),)),
        (OK + b"1f\r\nKLZF", (b"1f\r\nKLZF", b"KLZF")),
        (b"1F\r\nKLZF", (b"1F\r\nKLZF", b"KLZF")),
        (OK, (b"",)),
        (OK[:-1] + b"KLZF", ()),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\nKLZF", ()),
        (b"HTTP/2.0 200\r\n\r\nKLZF", (b"HTTP/2.0 200\r\n\r\n",)),
    ],
)
def test_the_places(payload: bytes, begins: tuple[bytes, ...]) -> None:
    assert body_begins(payload) == begins


@given(st.binary(max_size=50), st.booleans(), st.integers(0, 2000))
def test_the_first_bytes_are_enough(body: bytes, is_answer: bool, more: int) -> None:
    payload = (OK if is_answer else b"") + body + bytes(more)
    found = body_begins(payload)
    assert found == body_begins(payload[:ENOUGH])
    assert all(len(one) <= LONGEST and one in payload for one in found)
