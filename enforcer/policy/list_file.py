"""One list file: a pattern a line, in the one spelling that patterns have, and comments from `#` to the line's end.

Read as it arrives: its text becomes the packed patterns at once, and never stands in memory twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import NamedTuple

from enforcer.model.names import MAX_NAME
from enforcer.policy.faults import Faults
from enforcer.policy.pattern_list import Allocate, PatternList
from enforcer.policy.spelling import pattern_fault

MAX_LINE = 4_096
"""Bytes, comment and all. A longer line is no list, whatever it is."""

_ASIDE = re.compile(rb"(?<![ \t])[ \t]*+(?:#[^\n]*+)?\n")
"""Possessive, and from the first blank of a run only: however many blanks stand together, each is looked at once."""
_BLANK = re.compile(rb"(?:\A|(?<=\n))\n+")
_PATTERNS = re.compile(
    rb"(?:(?=[^\n]{1,253}\n)(?:[a-z0-9_-]{1,63}\.)++(?![0-9]+\n)[a-z0-9_-]{1,63}\n)*+",
)
"""Whole lines of which each is a pattern: what pattern_fault() finds nothing in, at the speed of many."""
_TRIMMINGS = re.compile(r"^(?:[0-9a-f.:]+[ \t]+|[ \t]+|\|\||\*?\.)|[\^\r].*$")
"""What other kinds of lists put around a name: an address before it, `*.`, the signs of ad blockers, a CR."""


class ListFile(NamedTuple):
    """A list file as its reader hands it on."""

    size: int
    """In bytes."""
    chunks: Iterable[bytes]


def read_list(file: str, source: ListFile, allocate: Allocate, faults: Faults) -> PatternList:
    """The patterns of a file. Where there were faults, some are missing."""
    digest, text = sha256(), allocate(source.size + 1)
    end = count = lines = 0
    for piece in _whole_lines(source.chunks):
        digest.update(piece)
        if len(piece) > MAX_LINE and b"\n" not in piece:
            faults.add(file, f"line {lines + 1}", f"has more than {MAX_LINE} characters")
            break
        patterns = _patterns(piece, file, lines, faults)
        if end + len(patterns) > len(text):
            faults.add(file, "", "grew while it was read; write a new one beside it and rename it into place")
            break
        text[end : end + len(patterns)] = patterns
        end, count, lines = end + len(patterns), count + patterns.count(b"\n"), lines + piece.count(b"\n")
        if faults.full:
            break
    return PatternList(file, text, end, count, digest.digest())


def _whole_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, cut behind line feeds; the last piece may lack one, and one that is too long is the last."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        cut = rest.rfind(b"\n") + 1
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
        elif len(rest) > MAX_LINE:
            break
    if rest:
        yield rest


def _patterns(piece: bytes, file: str, lines: int, faults: Faults) -> bytes:
    """What is left of whole lines without comments and blank lines. `lines` came before them."""
    whole = piece if piece.endswith(b"\n") else piece + b"\n"
    bare = whole
    if b"#" in bare or b" " in bare or b"\t" in bare:
        bare = _ASIDE.sub(b"\n", bare)
    if b"\n\n" in bare or bare.startswith(b"\n"):
        bare = _BLANK.sub(b"", bare)
    return bare if _PATTERNS.fullmatch(bare) else b"".join(_one_by_one(whole, file, lines, faults))


def _one_by_one(whole: bytes, file: str, lines: int, faults: Faults) -> Iterator[bytes]:
    for number, raw in enumerate(whole[:-1].split(b"\n"), lines + 1):
        line = _ASIDE.sub(b"", raw + b"\n")
        why = line_fault(line) if line else ""
        if why:
            faults.add(file, f"line {number}", why)
            if faults.full:
                return
        elif line:
            yield line + b"\n"


def line_fault(line: bytes) -> str:
    """Why a line without its comment is no pattern, with the right spelling; empty if it is one."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return "is not UTF-8 text"
    if len(text) > MAX_NAME:
        return f"has {len(text)} characters, {MAX_NAME} are allowed"
    if text.startswith("\ufeff"):
        return "begins with a byte order mark; save the list as UTF-8 without one"
    if text == "\r":
        return "ends in CR LF; the lines of a list end in LF alone"
    why = pattern_fault(text)
    bare = _TRIMMINGS.sub("", text)
    if not why or bare == text or pattern_fault(bare):
        return why
    below = ", in a list under `domains_list`" if text.startswith((".", "*.", "||")) else ""
    return f"{text!r} is not how a list is written; write {bare!r}{below}"
