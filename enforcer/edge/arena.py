"""Memory that a process which runs already can be given: parts of a file that has no name (memfd_create).

A policy with large lists lies here. Inspectors that are forked later share it as it is; those that run are handed the
file at a reload, and map it. Either way each byte of it is in memory once, however many processes judge by it.
"""

from __future__ import annotations

import mmap
import os
import weakref

from enforcer.model.errors import EdgeError
from enforcer.policy.pattern_list import Memory


class Part(mmap.mmap):
    """A part of an arena: writable in the process that made it, read-only wherever it was handed to."""

    arena: Arena
    start: int

    def __reduce__(self) -> tuple[type[bytearray], tuple[bytes]]:
        """Pickled by itself it is a copy. Without one: see parcels.py."""
        return bytearray, (self[:],)


class Arena:
    """Takes no memory and no file until something is allocated; lets go of both when no part is in use any more."""

    def __init__(self) -> None:
        self._file: int | None = None
        self._size = 0

    def allocate(self, size: int) -> Memory:
        """That many bytes of zeros, which take memory as they are written. Raises EdgeError."""
        try:
            file, start = self.file, self._size
            self._size += -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
            os.ftruncate(file, self._size)
            part = Part(file, size, offset=start)
        except OSError as error:
            cure = "give the machine more memory, or the policy fewer and smaller lists"
            raise EdgeError(f"cannot get {size} bytes for the policy: {error.strerror}", cure=cure) from error
        part.arena, part.start = self, start
        return part

    @property
    def file(self) -> int:
        """Its descriptor."""
        if self._file is None:
            self._file = os.memfd_create("enforcer-policy", os.MFD_CLOEXEC)
            weakref.finalize(self, os.close, self._file)
        return self._file


def part_of(file: int, start: int, size: int) -> mmap.mmap:
    """What another process allocated, to be read, and in place already: no packet waits for the kernel to find it."""
    flags = mmap.MAP_SHARED | mmap.MAP_POPULATE
    return mmap.mmap(file, size, flags=flags, prot=mmap.PROT_READ, offset=start)
