"""Text that came from a wire, made harmless for a line, a terminal or a log: nothing in it can act any more."""

from __future__ import annotations

from enforcer.model.acting import SHOWN
from enforcer.model.event import encodable


def visible(text: str) -> str:
    """The text with everything that acts as an escape: a newline as `\\x0a`, a broken byte as `\\udcff`."""
    return text if text.isascii() and text.isprintable() else encodable(text).translate(SHOWN)


def shown(text: str, limit: int) -> tuple[str, bool]:
    """Visible and bounded. Looks at no more of the text than can be kept: whatever its length, this costs the same."""
    return bounded(visible(text[: limit + 1]), limit)


def bounded(text: str, limit: int) -> tuple[str, bool]:
    """The text in at most `limit` bytes of UTF-8, and whether it is whole; what is not ends in `...`."""
    data = text.encode()
    if len(data) <= limit:
        return text, True
    return data[: limit - 3].decode(errors="ignore") + "...", False
