"""Private keys that more people may read than should: told at the start, for whoever read one can speak in our name.

The service goes on: without it nothing is enforced, and that the key was open until now no refusal undoes.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from shlex import quote

from enforcer.edge.store_heads import key_file
from enforcer.model.destination import Destination

OURS_ALONE = 0o077
"""The store's key is the service's user's, who made it."""
NOT_FOR_ALL = 0o007
"""A collector's key is often root's, and the service reads it by its group."""


def weaknesses(store: Path, collectors: Sequence[Destination]) -> Iterator[str]:
    """A sentence with its cure for each key that is too open. One that is not there is told by who needs it."""
    if mode := open_mode(own := key_file(store), OURS_ALONE):
        told = f"{own} has mode {mode:04o}: whoever read it can sign a record of his own"
        cure = f"chmod 600 {quote(str(own))}; if somebody may have read it, move it away: the next start makes another"
        yield f"{told}; {cure}"
    for path in dict.fromkeys(Path(one.key) for one in collectors if one.key):
        if mode := open_mode(path, NOT_FOR_ALL):
            told = f"{path} has mode {mode:04o}: whoever read it can send alerts in this gateway's name"
            cure = f"chmod o= {quote(str(path))}; if somebody may have read it, have another one signed"
            yield f"{told}; {cure}"


def open_mode(path: Path, bits: int) -> int:
    """The file's mode if it has any of these bits; else 0, as where it is not there."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0
    return mode if mode & bits else 0
