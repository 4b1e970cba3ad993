"""Sentences in lines of a terminal's usual width."""

from __future__ import annotations

import textwrap

WIDTH = 100


def wrapped(text: str, *, indent: int = 4, hang: int = 0) -> list[str]:
    """The text in lines, indented; those after the first by `hang` more. Words are kept whole."""
    first, rest = " " * indent, " " * (indent + hang)
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
