"""Who is at the other end of a local socket, by the kernel's word (SO_PEERCRED, unix(7)): nobody can claim another."""

from __future__ import annotations

import grp
import os
import pwd
import socket
import struct
from dataclasses import dataclass

from enforcer.model.errors import EdgeError

_CREDENTIALS = struct.Struct("=iII")
_SO_PEERGROUPS = 59
_MOST_GROUPS = 1024
"""Bytes that Python asks the kernel for at most. Whoever is in more groups counts as in his first one only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """As the process was when it connected."""

    pid: int
    uid: int
    groups: frozenset[int]

    @property
    def name(self) -> str:
        """For the record: `alice (uid 1000)`."""
        try:
            return f"{pwd.getpwuid(self.uid).pw_name} (uid {self.uid})"
        except KeyError:
            return f"uid {self.uid}"


def peer_of(connection: socket.socket) -> Peer:
    """Raises OSError."""
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, gid = _CREDENTIALS.unpack(told)
    return Peer(pid=pid, uid=uid, groups=frozenset({gid, *_more_groups(connection)}))


def _more_groups(connection: socket.socket) -> tuple[int, ...]:
    try:
        told = connection.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, _MOST_GROUPS)
    except OSError:  # before Linux 4.13, or too many
        return ()
    return struct.unpack(f"={len(told) // 4}I", told)


def group_number(name: str) -> int:
    """Raises EdgeError."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise EdgeError(
            f"there is no group of users {name!r}", cure=f"groupadd --system {name}, or another `group` in [control]"
        ) from None


def may(peer: Peer, group: int | None) -> bool:
    """Root, our own user, and the members of the one group."""
    return peer.uid in (0, os.geteuid()) or (group is not None and group in peer.groups)
