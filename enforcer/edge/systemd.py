"""What we tell a service manager that asked for it (sd_notify(3)): ready, alive, busy, leaving. Silent without one."""

from __future__ import annotations

import contextlib
import os
import socket
import time


class ServiceManager:
    """Messages never block and never fail: a manager that does not listen is no reason to stop judging."""

    def __init__(self, address: str = "") -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) if address else None
        self._status = ""

    @classmethod
    def of_this_process(cls) -> ServiceManager:
        """The one that started us, if it listens. The programs we start shall not speak for us."""
        return cls(os.environ.pop("NOTIFY_SOCKET", ""))

    def ready(self, status: str) -> None:
        """In force, at the start or again after a reload."""
        self._status = status
        self._tell("READY=1", f"STATUS={_line(status)}")

    def alive(self, status: str) -> None:
        """For its watchdog; the status too when it is another."""
        told = [] if status == self._status else [f"STATUS={_line(status)}"]
        self._status = status
        self._tell("WATCHDOG=1", *told)

    def reloading(self) -> None:
        """`ready` must follow. The time is for Type=notify-reload."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def _tell(self, *lines: str) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.sendto("\n".join(lines).encode(), self._address)


def _line(text: str) -> str:
    return " ".join(text.split())
