"""Host names, normalised once at the door.

A `HostName` is lower-case ASCII without the trailing dot, at most 253 characters in labels of 1 to 63
(RFC 1035 section 2.3.4). A byte that is not a letter, digit, `-` or `_` appears as the escape `\\DDD`
(RFC 4343 section 2.1), a dot inside a label too, so splitting at "." always gives the labels of the wire.
"""

from __future__ import annotations

import re
from typing import NewType

HostName = NewType("HostName", str)

MAX_NAME = 253
MAX_LABEL = 63
_PLAIN = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*", re.ASCII)


class NameFault(ValueError):
    """The text is no host name; the message says why, in words for the person who wrote it."""


def host_name(text: str) -> HostName:
    """Normalises a name written by a person or carried as text (SNI, Host).

    Raises NameFault: empty, too long, an empty label, or a character outside letters, digits, `-`, `_` and dots.
    """
    # Not lowered where it is not ASCII: the Kelvin sign's lower case is a plain k.
    name = (text.lower() if text.isascii() else text).removesuffix(".")
    if not name:
        raise NameFault("the name is empty")
    if len(name) > MAX_NAME:
        raise NameFault(f"the name has {len(name)} characters, {MAX_NAME} are allowed")
    if not _PLAIN.fullmatch(name):
        raise NameFault(_what_is_wrong(name))
    return HostName(name)


def _what_is_wrong(name: str) -> str:
    for label in name.split("."):
        if not label:
            return f"{name!r} has an empty label (two dots together, or one in front)"
        if len(label) > MAX_LABEL:
            return f"{name!r} has a label of {len(label)} characters, {MAX_LABEL} are allowed"
    odd = next(c for c in name if not re.fullmatch(r"[A-Za-z0-9_.-]", c, re.ASCII))
    cure = "write the host alone" if odd in ":/" else "an international name is written in its xn-- form"
    return f"{name!r} has the character {odd!r}; {cure}"


def parents(name: HostName) -> list[HostName]:
    """The name and each name above it, longest first: a.b.c -> a.b.c, b.c, c."""
    out = [name]
    at = name.find(".")
    while at >= 0:
        out.append(HostName(name[at + 1 :]))
        at = name.find(".", at + 1)
    return out
