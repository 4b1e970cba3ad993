"""Gives up every capability for good: for a process that talks to other machines and needs none."""

from __future__ import annotations

import ctypes
import errno
import os
import struct

_VERSION = 0x20080522
"""_LINUX_CAPABILITY_VERSION_3: capset(2). Three sets of 64 bits, in two halves each."""
# prctl(2)
_NO_NEW_PRIVS = 38
_AMBIENT, _CLEAR_ALL = 47, 4


def drop() -> bool:
    """This process and its threads to come have none from here on, and no program that it starts. Raises OSError.

    False where a filter of system calls forbids capset, as systemd's `@privileged` does: then a program that this
    process becomes by exec has none, if the user is not root.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    header, none = struct.pack("=Ii", _VERSION, 0), bytes(24)
    dropped: bool = libc.capset(header, none) == 0
    if not dropped and ctypes.get_errno() != errno.EPERM:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    if libc.prctl(_AMBIENT, _CLEAR_ALL, 0, 0, 0) or libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return dropped
