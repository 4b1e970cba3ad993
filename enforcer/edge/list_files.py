"""The list files of a policy set in a folder, read in chunks as they are asked for."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from enforcer.edge.files import unreadable
from enforcer.model.errors import EdgeError
from enforcer.policy.list_file import ListFile
from enforcer.policy.lists import Lists

CHUNK = 256 * 1024
NONE: Mapping[str, int] = {}


def opened_in(folder: Path) -> Callable[[str], ListFile]:
    """What opens the lists of this folder, by their path within."""
    return lambda file: open_list(folder / file)


def lists_to_look_at(folder: Path) -> Lists:
    """For whoever only looks at a policy: whether a list may shrink is between the daemon and its site file."""
    return Lists(open=opened_in(folder), allow_shrink=True)


def open_list(path: Path) -> ListFile:
    """The file's size, and its bytes as they are iterated over. Raises EdgeError, and so may the iteration.

    Not opened before it is known to be a plain file: opening a FIFO would wait for ever.
    """
    try:
        told = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    if not stat.S_ISREG(told.st_mode):
        raise EdgeError(f"{path} is no plain file", cure="put a plain file there, or take it away")
    return ListFile(told.st_size, _chunks(path))


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        raise unreadable(path, error) from error
