"""What was worked out lately, for speed alone: forgetting any of it changes no answer."""

from __future__ import annotations

from typing import TypeVar

MOST = 4096
"""Entries: a few names make most of the traffic, and a flood of others must not fill the memory (some 2 MB)."""

K = TypeVar("K")
V = TypeVar("V")


class Recent(dict[K, V]):
    """A dict that begins anew when it is full. Pickled it is empty: another process has other traffic."""

    __slots__ = ()

    def keep(self, key: K, value: V) -> V:
        """Keeps the value, and gives it back."""
        if len(self) >= MOST:
            self.clear()
        self[key] = value
        return value

    def __reduce__(self) -> tuple[type[Recent[K, V]], tuple[()]]:
        return type(self), ()
