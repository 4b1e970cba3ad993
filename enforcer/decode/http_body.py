"""Where the body of an answer may begin in one segment of what a server sends over plain HTTP/1.

In:  the payload of a segment, at least its first `ENOUGH` bytes.
Out: the first bytes of what may be a body: nothing is said of whether it is one.
Ref: RFC 9112 sections 2.1, 7.1.

Two shapes, since nothing is remembered of what came before: a segment that begins with a head whose end it has too,
and one that begins with the body itself, because head and body were sent apart. Either body may be in chunks: then it
stands behind the line with the size of the first. plan/classifier_body.py finds the same in the kernel.
"""

from __future__ import annotations

import re

from enforcer.model.bodies import DIGITS, HEAD, LONGEST

_VERSION, _END = b"HTTP/1.", b"\r\n\r\n"
_CHUNK = re.compile(rb"[0-9A-Fa-f]{1,%d}\r\n" % DIGITS)
ENOUGH = HEAD + DIGITS + 2 + LONGEST


def body_begins(payload: bytes) -> tuple[bytes, ...]:
    """At most LONGEST bytes of each place where a body may begin; none behind a head that does not end in time."""
    at = 0
    if payload.startswith(_VERSION):
        end = payload.find(_END, 0, HEAD)
        if end < 0:
            return ()
        at = end + len(_END)
    chunk = _CHUNK.match(payload, at)
    places = (at,) if chunk is None else (at, chunk.end())
    return tuple(payload[place : place + LONGEST] for place in places)
