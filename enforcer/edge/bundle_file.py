"""A bundle's file, read as it is asked for: it may hold lists of hundreds of megabytes."""

from __future__ import annotations

import os
import stat
import weakref
from pathlib import Path

from enforcer.edge.files import unreadable
from enforcer.model.errors import EdgeError


class BundleFile:
    """The bytes of a plain file, by slices. It stays open, so that whoever renames another over it changes nothing.

    Not mapped into memory: if somebody cuts a mapped file short, the reader is killed.
    """

    def __init__(self, path: Path) -> None:
        """Raises EdgeError, and so may every reading."""
        self._path = path
        try:
            # Not opened for real before it is known to be a plain file: opening a FIFO would wait for ever.
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise unreadable(path, error) from error
        weakref.finalize(self, os.close, self._file)
        told = os.fstat(self._file)
        if not stat.S_ISREG(told.st_mode):
            raise EdgeError(f"{path} is no plain file", cure="put a plain file there, or take it away")
        self._size = told.st_size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice, /) -> bytes:
        start, ends, _ = part.indices(self._size)
        try:
            return os.pread(self._file, max(ends - start, 0), start)
        except OSError as error:
            raise unreadable(self._path, error) from error
