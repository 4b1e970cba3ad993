"""The faults found so far, bounded: a file may hold a hundred thousand, and nobody mends more than some at a time."""

from __future__ import annotations

from collections.abc import Iterable

from enforcer.model.errors import Fault, PolicyError

MAX_FAULTS = 200


class Faults:
    __slots__ = ("_found", "_more")

    def __init__(self) -> None:
        self._found: list[Fault] = []
        self._more = False

    @property
    def full(self) -> bool:
        """Whether further faults are only noticed, so that nothing need be spent on wording them."""
        return len(self._found) >= MAX_FAULTS

    @property
    def count(self) -> int:
        """How many there are, up to where they are full."""
        return len(self._found)

    def add(self, file: str, path: str, why: str) -> None:
        if self.full:
            self._more = True
        else:
            self._found.append(Fault(file=file, path=path, why=why))

    def extend(self, found: Iterable[Fault]) -> None:
        """Looks for no further ones when it is full."""
        for fault in found:
            self.add(fault.file, fault.path, fault.why)
            if self.full:
                return

    def refuse(self) -> None:
        """Raises PolicyError if any fault was found."""
        if self._more:
            last = Fault(file="", path="", why=f"there are more than these {MAX_FAULTS} faults")
            raise PolicyError((*self._found, last))
        if self._found:
            raise PolicyError(tuple(self._found))
