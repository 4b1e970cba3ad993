"""A whole number on the command line, refused in words that say which it may be."""

from __future__ import annotations

import click


class WholeNumber(click.IntRange):
    """As click's own, which says of what is no number that it is "not a valid integer range"."""

    def __init__(self, low: int, high: int) -> None:
        super().__init__(low, high)
        self._low, self._high = low, high

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            number = int(str(value))
        except ValueError:
            number = self._low - 1
        if not self._low <= number <= self._high:
            self.fail(f"{str(value)[:100]!r} is no whole number from {self._low} to {self._high}", param, ctx)
        return number
