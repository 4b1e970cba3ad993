"""Runs a classic BPF program in the kernel: on a socket pair, as nobody in particular."""

import ctypes
import socket
import struct

_ATTACH_FILTER = 26


def takes(code: bytes, message: bytes) -> bool:
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with left, right:
        right.setblocking(False)
        room = ctypes.create_string_buffer(code, len(code))
        program = struct.pack("@HP", len(code) // 8, ctypes.addressof(room))
        right.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)
        left.send(message)
        try:
            return right.recv(1 << 17) == message
        except BlockingIOError:
            return False
