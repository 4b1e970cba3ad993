"""Gives up every capability for good: for a process that talks to other machines and needs none."""

from __future__ import annotations

import ctypes
import os
import struct

_VERSION = 0x20080522
"""_LINUX_CAPABILITY_VERSION_3: capset(2). Three sets of 64 bits, in two halves each."""
_NO_NEW_PRIVS = 38
"""PR_SET_NO_NEW_PRIVS: prctl(2)."""


def drop() -> None:
    """This process and its threads to come have none from here on, and no program that it starts. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, none = struct.pack("=Ii", _VERSION, 0), bytes(24)
    if libc.capset(header, none) or libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
