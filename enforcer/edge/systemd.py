"""What we tell a service manager that asked for it (sd_notify(3)): ready, alive, busy, leaving. Silent without one."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from array import array


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

    @property
    def listens(self) -> bool:
        """Whether there is one at all."""
        return self._socket is not None

    def keep(self, name: str, descriptor: int) -> bool:
        """Gives it a descriptor for the next run of the service, which finds it by this name; whether it was sent."""
        # It would drop one that reports an error, which ours do when they overflow.
        return self._tell("FDSTORE=1", f"FDNAME={name}", "FDPOLL=0", descriptors=(descriptor,))

    def let_go(self, name: str) -> None:
        """It shall hold no more what it keeps by this name."""
        self._tell("FDSTOREREMOVE=1", f"FDNAME={name}")

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def _tell(self, *lines: str, descriptors: tuple[int, ...] = ()) -> bool:
        if self._socket is None:
            return False
        with contextlib.suppress(OSError):
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", descriptors))
            told = "\n".join(lines).encode()
            self._socket.sendmsg([told], [rights] if descriptors else [], 0, self._address)
            return True
        return False


def _line(text: str) -> str:
    return " ".join(text.split())
