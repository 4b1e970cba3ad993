"""Loads the classifier of plan/classifier.py and its names into the kernel."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from enforcer.plan.classifier import KEY_SIZE, classifier

_NUMBERS = {"x86_64": 321, "aarch64": 280, "riscv64": 280}
_MAP_CREATE, _MAP_UPDATE, _PROGRAM_LOAD, _PROGRAM_TEST = 0, 2, 5, 10
_HASH, _SOCKET_FILTER = 1, 1
_VALUE_SIZE = 4
_ETHERNET = 14  # a trial run begins with this header and takes it off
_LIBC = ctypes.CDLL(None, use_errno=True)


class _Map(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint32) for name in ("kind", "key_size", "value_size", "entries", "flags"))


class _Element(ctypes.Structure):
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


class Classifier:
    """The program and its names, in the kernel as long as a rule or `descriptor` holds it."""

    def __init__(self, keys: Iterable[bytes]) -> None:
        """Raises OSError: not permitted (CAP_BPF), or a kernel that has or allows no BPF."""
        known = sorted(keys)
        names = _bpf(_MAP_CREATE, _Map(_HASH, KEY_SIZE, _VALUE_SIZE, max(len(known), 1), 0))
        try:
            for key in known:
                _put(names, key)
            self.descriptor = _load(classifier(names))
        finally:
            os.close(names)

    def judges(self, packet: bytes, repeat: int = 1) -> tuple[bool, int]:
        """What the program says of an IP packet, as the kernel runs it, and in how many nanoseconds."""
        frame = ctypes.create_string_buffer(bytes(_ETHERNET) + packet, _ETHERNET + len(packet))
        request = _Test(self.descriptor, 0, len(frame), 0, ctypes.addressof(frame), 0, repeat)
        _bpf(_PROGRAM_TEST, request)
        return bool(request.result), request.nanoseconds

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.descriptor)


def _put(names: int, key: bytes) -> None:
    held, value = ctypes.create_string_buffer(key, KEY_SIZE), ctypes.create_string_buffer(_VALUE_SIZE)
    _bpf(_MAP_UPDATE, _Element(names, ctypes.addressof(held), ctypes.addressof(value), 0))


def _load(code: bytes) -> int:
    held, licence = ctypes.create_string_buffer(code, len(code)), ctypes.create_string_buffer(b"GPL")
    request = _Load(_SOCKET_FILTER, len(code) // 8, ctypes.addressof(held), ctypes.addressof(licence))
    return _bpf(_PROGRAM_LOAD, request)


def _bpf(command: int, request: ctypes.Structure) -> int:
    number = _NUMBERS.get(platform.machine())
    if number is None:
        raise OSError(errno.ENOSYS, f"bpf on {platform.machine()}")
    result: int = _LIBC.syscall(number, command, ctypes.byref(request), ctypes.sizeof(request))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
