"""First bytes of files by which what a vendor hands out shows, from whatever host it comes: `KLZF`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from enforcer.model.bodies import LONGEST, SHORTEST
from enforcer.policy.shapes import Shaped
from enforcer.policy.topic import Standing, Topic, Topics
from enforcer.policy.vendor import Vendor

BODY = rf"^(?!HTTP/)[!-~]{{{SHORTEST},{LONGEST}}}$"
"""Printable ASCII, as it stands in the file. Each answer begins with `HTTP/`."""
_BODY = re.compile(BODY.removesuffix("$"))


class Bodies:
    """Immutable to its users, and can be pickled."""

    __slots__ = ("_known", "beginnings", "shows")

    def __init__(self, vendors: Sequence[Vendor], topics: Topics) -> None:
        self._known: dict[bytes, Shaped] = {}
        for vendor in vendors:
            for row in vendor.payloads:
                for body in row.bodies:
                    found = Shaped(topics.of(vendor, row.service, Standing.BODY), body, row.confidence)
                    self._known.setdefault(body.encode(), found)
        self.beginnings: tuple[bytes, ...] = tuple(self._known)
        """Each once, in the order in which they are asked."""
        self.shows = frozenset(body[:SHORTEST] for body in (b"HTTP", *self._known)) if self._known else frozenset()
        """The first bytes of a segment of a server's that may show one: its own, or a head's. SHORTEST each."""

    def topic(self, body: str) -> Topic | None:
        """Of one as it is written."""
        found = self._known.get(body.encode())
        return found.topic if found else None

    def match(self, begins: bytes) -> Shaped | None:
        """The first that these bytes begin with."""
        return next((found for body, found in self._known.items() if begins.startswith(body)), None)


def body_fault(text: str) -> str:
    """Why this is no beginning of a body; empty if it is one."""
    if _BODY.fullmatch(text):
        return ""
    return (
        f"{text[:100]!r} is no beginning of a file; wanted one like KLZF: {SHORTEST} to {LONGEST} printable characters "
        "of ASCII, exactly as the file has them, and not the HTTP/ of every answer"
    )
