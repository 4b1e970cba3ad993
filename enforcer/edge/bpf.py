"""The kernel's BPF machine: its one system call, for maps and programs."""

from __future__ import annotations

import ctypes
import errno
import os
import platform

ARRAY, LRU_HASH = 2, 9
_NUMBERS = {"x86_64": 321, "aarch64": 280, "riscv64": 280}
_MAP_CREATE, MAP_LOOK_UP, MAP_UPDATE, MAP_DELETE, _PROGRAM_LOAD, _PROGRAM_TEST = 0, 1, 2, 3, 5, 10
EXIST = 2
"""The flag by which MAP_UPDATE makes no element that is not there."""
_SOCKET_FILTER = 1
_ETHERNET = 14  # a trial run begins with this header and takes it off
_LIBC = ctypes.CDLL(None, use_errno=True)


class _Map(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint32) for name in ("kind", "key_size", "value_size", "entries", "flags"))


class Element(ctypes.Structure):
    """What MAP_LOOK_UP, MAP_UPDATE and MAP_DELETE take: a map's descriptor, and addresses."""

    _fields_ = (
        ("map", ctypes.c_uint64),
        ("key", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
        ("flags", ctypes.c_uint64),
    )


class _Load(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_uint32),
        ("instructions", ctypes.c_uint32),
        ("code", ctypes.c_uint64),
        ("licence", ctypes.c_uint64),
        ("log_level", ctypes.c_uint32),
        ("log_size", ctypes.c_uint32),
        ("log", ctypes.c_uint64),
        ("version", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
    )


class _Test(ctypes.Structure):
    _fields_ = (
        ("program", ctypes.c_uint32),
        ("result", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("size_out", ctypes.c_uint32),
        ("data", ctypes.c_uint64),
        ("data_out", ctypes.c_uint64),
        ("repeat", ctypes.c_uint32),
        ("nanoseconds", ctypes.c_uint32),
    )


def create_map(kind: int, *, key_size: int, value_size: int, entries: int) -> int:
    """Its descriptor. Raises OSError: not permitted (CAP_BPF), or a kernel that has or allows no BPF."""
    return call(_MAP_CREATE, _Map(kind, key_size, value_size, entries, 0))


def put(map_: int, key: bytes, value: bytes) -> None:
    """Raises OSError."""
    held, told = ctypes.create_string_buffer(key, len(key)), ctypes.create_string_buffer(value, len(value))
    call(MAP_UPDATE, Element(map_, ctypes.addressof(held), ctypes.addressof(told), 0))


def load(code: bytes) -> int:
    """The descriptor of a socket filter. Raises OSError: the same, or the verifier refuses it."""
    held, licence = ctypes.create_string_buffer(code, len(code)), ctypes.create_string_buffer(b"GPL")
    request = _Load(_SOCKET_FILTER, len(code) // 8, ctypes.addressof(held), ctypes.addressof(licence))
    return call(_PROGRAM_LOAD, request)


def run(program: int, packet: bytes, repeat: int) -> tuple[int, int]:
    """What a program says of an IP packet, as the kernel runs it, and in how many nanoseconds. Raises OSError."""
    frame = ctypes.create_string_buffer(bytes(_ETHERNET) + packet, _ETHERNET + len(packet))
    request = _Test(program, 0, len(frame), 0, ctypes.addressof(frame), 0, repeat)
    call(_PROGRAM_TEST, request)
    return int(request.result), int(request.nanoseconds)


def call(command: int, request: ctypes.Structure) -> int:
    """Raises OSError."""
    number = _NUMBERS.get(platform.machine())
    if number is None:
        raise OSError(errno.ENOSYS, f"bpf on {platform.machine()}")
    result: int = _LIBC.syscall(number, command, ctypes.byref(request), ctypes.sizeof(request))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
