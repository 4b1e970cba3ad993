"""The nearest right spelling, and the normal form of names in policy files."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice
from unicodedata import normalize

from enforcer.model.names import HostName, NameFault, host_name

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


def _normal(text: str) -> HostName:
    """Lower case, no final dot, A-labels (RFC 5890). The letters are not checked against the tables of IDNA."""
    lower = normalize("NFC", text.lower()).removesuffix(".")
    return HostName(".".join(_a_label(label) for label in lower.split(".")))


def _a_label(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"
