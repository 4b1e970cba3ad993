"""Gives up every right of this process for good, so that a fault in it gives nobody the gateway.

Afterwards it has no capability and can get none, and where it was root it is nobody. A process calls `give_up` before
it reads the first byte of a stranger.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import sys
from functools import reduce
from operator import or_
from pathlib import Path

from enforcer.model.errors import EdgeError

NOBODY = 65_534
FILES = 256
"""Descriptors that it may have open."""
MEMORY = 512 << 20
"""Bytes of address space."""
_SET_DUMPABLE, _SET_NO_NEW_PRIVS, _CAP_AMBIENT, _CLEAR_ALL = 4, 38, 47, 4  # prctl(2)
_VERSION_3 = 0x20080522  # capset(2)
_AGAIN = "ENFORCER_POWERLESS"
"""In the environment: it has begun anew once, so as to be without rights from the start."""


def give_up() -> None:
    """May begin this program anew (execve(2)). Raises EdgeError if a right is left."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_CAP_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0)
    if os.geteuid() == 0:
        _become_nobody()
    if capabilities():
        libc.capset(ctypes.byref((ctypes.c_uint32 * 2)(_VERSION_3, 0)), ctypes.byref((ctypes.c_uint32 * 6)()))
    if capabilities() and _AGAIN not in os.environ:
        # The service's filter forbids capset(2); who begins anew without ambient capabilities has none.
        os.execve(sys.executable, sys.orig_argv, {**os.environ, _AGAIN: "1"})  # noqa: S606 (ourselves)
    if left := capabilities():
        raise EdgeError(f"capabilities {left:#x} cannot be given up", cure="report this; serve no metrics until then")
    for limit, most in ((resource.RLIMIT_NOFILE, FILES), (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(limit, (most, most))


def _become_nobody() -> None:
    """Without the rights of root's own files, where this user namespace has such a user."""
    with contextlib.suppress(OSError):
        os.setgroups(())
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def capabilities(pid: int | str = "self") -> int:
    """The sets of a process that matter, all in one: permitted, effective, ambient. Raises OSError."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    sets = (line.split()[1] for line in lines if line.startswith(("CapPrm", "CapEff", "CapAmb")))
    return reduce(or_, (int(one, 16) for one in sets))
