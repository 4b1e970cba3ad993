"""The classifier's part for what follows a hello that has passed: a record that no second hello begins with.

Goes on at the end only for what decode/second_hello.py would call nothing new, whatever comes behind it. Refused here
and not there: more than one change_cipher_spec, alerts, and what is no TLS.
"""

from __future__ import annotations

from enforcer.plan.assembler import FRAME, Program
from enforcer.plan.classifier_frame import AT, fetch

_CHANGE_CIPHER_SPEC, _HANDSHAKE, _APPLICATION_DATA = 20, 22, 23
_MAJOR_VERSION, _CLIENT_HELLO = 3, 1
_SIZE = 6
"""A record's header and its first byte. A whole change_cipher_spec has no more."""


def no_hello(p: Program, record: int) -> None:
    """From the first byte of data on; behind at most one change_cipher_spec (RFC 8446 section D.4).

    `record` is a place in the frame for a record's header, an odd one: so that its length is aligned.
    """
    fetch(p, record, _SIZE)
    p.load(1, FRAME, record, 1)
    p.jump("second record", 1, "!=", _CHANGE_CIPHER_SPEC)
    _is_tls(p, record)
    p.load_16(1, FRAME, record + 3)
    p.jump("judge", 1, "!=", 1)
    p.load(1, FRAME, record + 5, 1)
    p.jump("judge", 1, "!=", 1)
    p.calculate(AT, "+=", _SIZE)
    fetch(p, record, _SIZE)
    p.label("second record")
    _is_tls(p, record)
    p.load_16(1, FRAME, record + 3)
    p.jump("judge", 1, "==", 0)  # some servers step over empty ones
    p.load(1, FRAME, record, 1)
    p.jump("no hello", 1, "==", _APPLICATION_DATA)  # no early data was offered: servers end the connection
    p.jump("judge", 1, "!=", _HANDSHAKE)
    p.load(1, FRAME, record + 5, 1)
    p.jump("judge", 1, "==", _CLIENT_HELLO)
    p.label("no hello")


def _is_tls(p: Program, record: int) -> None:
    p.load(1, FRAME, record + 1, 1)
    p.jump("judge", 1, "!=", _MAJOR_VERSION)
