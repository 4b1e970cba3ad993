"""Rows of text in columns."""

from __future__ import annotations

from collections.abc import Sequence

import click

GAP = "  "


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Each row as a line, its cells padded to the widest of their column; no space at the end of a line."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return [GAP.join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _width(cell: str) -> int:
    """As shown: colours take no room."""
    return len(click.unstyle(cell))


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - _width(cell))
