"""Orders for a running process, which may hold a policy: what lies in an arena is handed over, not copied.

The order goes through the pipe without the parts of the arena, and the arena's file after it (SCM_RIGHTS).
"""

from __future__ import annotations

import io
import os
import pickle
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle

from enforcer.edge.arena import Arena, Part, part_of
from enforcer.edge.orders import Given


@dataclass(frozen=True, slots=True)
class Parcel:
    """A pickled order, and whether the file of an arena follows."""

    content: bytes
    shares: bool


class _Packer(pickle.Pickler):
    def __init__(self, to: io.BytesIO) -> None:
        super().__init__(to, protocol=pickle.HIGHEST_PROTOCOL)
        self.arena: Arena | None = None

    def persistent_id(self, part: object) -> tuple[int, int] | None:
        if not isinstance(part, Part):
            return None
        self.arena = self.arena or part.arena
        # One load, one arena; what were of another would travel as a copy.
        return (part.start, len(part)) if part.arena is self.arena else None


class _Unpacker(pickle.Unpickler):
    def __init__(self, content: bytes, file: int) -> None:
        super().__init__(io.BytesIO(content))
        self._file = file

    def persistent_load(self, place: tuple[int, int]) -> object:
        return part_of(self._file, *place)


def send(connection: Connection, order: object) -> int:
    """Sends any order to a process that reads with `receive`; the bytes that went through the pipe. Raises OSError."""
    packed = io.BytesIO()
    packer = _Packer(packed)
    packer.dump(order)
    content = packed.getvalue()
    connection.send(Parcel(content, packer.arena is not None))
    if packer.arena is not None:
        send_handle(connection, packer.arena.file, None)
    return len(content)


def give(connection: Connection, descriptor: int) -> None:
    """Answers an order with a descriptor. Raises OSError."""
    connection.send(Given())
    send_handle(connection, descriptor, None)


def given(connection: Connection, patience: float) -> int | None:
    """The descriptor that the answer to an order brings, ours to close; None without one within `patience` seconds.

    Raises EOFError or OSError when the other side is gone.
    """
    if connection.poll(patience) and isinstance(connection.recv(), Given):
        return recv_handle(connection)
    return None


def receive(connection: Connection) -> object:
    """The next order. Raises EOFError or OSError when the other side is gone."""
    parcel = connection.recv()
    if not isinstance(parcel, Parcel):
        return parcel
    file = recv_handle(connection) if parcel.shares else -1
    try:
        return _Unpacker(parcel.content, file).load()
    finally:
        if parcel.shares:
            os.close(file)  # what was mapped stays
