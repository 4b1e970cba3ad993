"""The nearest right spelling, and the normal form of names in policy files."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice
from unicodedata import category, east_asian_width, normalize

from enforcer.model.names import MAX_NAME, HostName, NameFault, host_name

_DOTS = (".", "\N{IDEOGRAPHIC FULL STOP}")
MAX_KNOWN = 500
"""Words to compare with: some milliseconds of difflib."""


def meant(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` where something known is near, else empty. Ready to stand at the end of a fault."""
    near = get_close_matches(word[:100].lower(), list(islice(known, MAX_KNOWN)), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


def pattern_fault(text: str) -> str:
    """Why `text` is no pattern in normal form, with the right spelling; empty if it is one.

    One spelling for one pattern: lower-case A-labels, no final dot, no `*`. Otherwise two lines could mean the same
    host and a search for one would miss the other.
    """
    if len(text) > MAX_NAME + len("*."):  # before its A-labels are worked out, which takes the square of its length
        return f"the name has {len(text)} characters, {MAX_NAME} are allowed"
    if odd := next((sign for sign in text if not _may_stand(sign)), ""):
        return f"{text!r} has the character {odd!r}, which stands in no name; write the name's registered xn-- form"
    if text.startswith(("*.", ".")):
        return f"{text!r}: a pattern has no leading dot or `*`; write {_normal(text.lstrip('*.'))!r} under `domains`"
    if "*" in text:
        return f"{text!r}: `*` is not used; list each name under `names`, or the parent under `domains`"
    normal = _normal(text)
    try:
        host_name(normal)
    except NameFault as fault:
        return str(fault)
    if normal != text:
        return f"{text!r} is not the normal form; write {normal!r}"
    if "." not in text:
        return f"{text!r} is a single label: it would match a whole top-level domain"
    if text.rpartition(".")[2].isdigit():
        return f"{text!r} looks like an address; addresses stand under `[[network]]`"
    return ""


def _may_stand(sign: str) -> bool:
    """A letter, mark or number, or the full stop of ideographs; of ASCII, host_name() tells."""
    return sign.isascii() or category(sign)[0] in "LMN" or _narrow(sign) in _DOTS


def _normal(text: str) -> HostName:
    """Lower case, no final dot, A-labels (RFC 5890). The letters are not checked against the tables of IDNA."""
    name = _mapped(text).removesuffix(".")
    return HostName(".".join(_a_label(label) for label in name.split(".")))


def _mapped(text: str) -> str:
    """RFC 5895 section 2: lower case, wide and half-width forms as usual ones, composed, any full stop as a dot."""
    composed = normalize("NFC", "".join(map(_narrow, text.lower())))
    return composed if composed.isascii() else composed.replace(_DOTS[-1], ".")


def _narrow(sign: str) -> str:
    return normalize("NFKC", sign) if east_asian_width(sign) in "FH" else sign


def _a_label(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"
