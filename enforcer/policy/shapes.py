"""Shapes of request paths by which a vendor's updates show on a host that is nobody's: a relay, or a bare address.

`*` stands for any run of characters, `#` for a digit. A shape names a whole path, so it begins with `/`, or with `*/`
for a relay that keeps the vendor's tree further down.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from enforcer.policy.topic import Standing, Topic, Topics
from enforcer.policy.vendor import Vendor

SHAPE = r"^(?!(?:[^*]*\*){4})(?!.*\*\*)(?=(?:\*?[^*]){8})\*?/[A-Za-z0-9._~%/#*-]*$"
"""At most three `*`, never two together, and at least eight other characters: a shape of less is everybody's."""
_SHAPE = re.compile(SHAPE.removesuffix("$"))


class Shaped(NamedTuple):
    """Whose updates a path looks like."""

    topic: Topic
    shape: str
    confidence: str


class _Shape(NamedTuple):
    pieces: tuple[re.Pattern[bytes], ...]
    """What stands between the `*`. Each is of one length, so that none costs more than the path is long."""
    begins: bool
    ends: bool


class Shapes:
    """Immutable to its users, and can be pickled."""

    __slots__ = ("_shapes",)

    def __init__(self, vendors: Sequence[Vendor], topics: Topics) -> None:
        self._shapes = tuple(
            (_compiled(shape), Shaped(topics.of(vendor, row.service, Standing.PAYLOAD), shape, row.confidence))
            for vendor in vendors
            for row in vendor.payloads
            for shape in row.paths
        )

    def topic(self, shape: str) -> Topic | None:
        """Of a shape as it is written; the first that is written so."""
        return next((found.topic for _, found in self._shapes if found.shape == shape), None)

    def match(self, path: bytes) -> Shaped | None:
        """The first shape that the whole path has. Costs as many steps as the path has bytes, for each shape."""
        return next((found for shape, found in self._shapes if _fits(shape, path)), None)


def within(inner: str, outer: str) -> bool:
    """Whether each path of one shape has the other; of a path without `*` and `#`, whether it has the shape itself.

    A `*` within is tried as a byte that no shape can name, so that only a `*` fits it, and each `#` as all ten digits.
    """
    shape = _compiled(outer)
    texts = {inner.replace("*", "\n").replace("#", digit).encode() for digit in "0123456789"}
    return all(_fits(shape, text) for text in texts)


def shape_fault(text: str) -> str:
    """Why this is no shape; empty if it is one."""
    if _SHAPE.fullmatch(text):
        return ""
    return (
        f"{text[:100]!r} is no shape of a path; wanted one like /index/u####g.xml or */bases/*.kdc: it begins with / "
        "or */, and has at most three * and at least eight other characters"
    )


def _compiled(shape: str) -> _Shape:
    pieces = tuple(re.compile(re.escape(piece).replace("\\#", "[0-9]").encode()) for piece in shape.split("*") if piece)
    return _Shape(pieces, not shape.startswith("*"), not shape.endswith("*"))


def _fits(shape: _Shape, path: bytes) -> bool:
    """The first piece at the start, the others as early as they come, the last at the end."""
    *others, last = shape.pieces
    at = 0
    for number, piece in enumerate(others):
        met = piece.match(path) if shape.begins and not number else piece.search(path, at)
        if met is None:
            return False
        at = met.end()
    if not shape.ends:
        met = last.match(path) if shape.begins and not others else last.search(path, at)
        return met is not None
    start = len(path) - _length(last)
    if start < at or (shape.begins and not others and start):
        return False
    return last.fullmatch(path, start) is not None


def _length(piece: re.Pattern[bytes]) -> int:
    return len(re.sub(rb"\[0-9\]|\\(.)", b"x", piece.pattern))
