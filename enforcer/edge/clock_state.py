"""Whether the kernel's clock is synchronised, by adjtimex(2) with nothing to change: any user may ask."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from enforcer.doctor.facts import ClockState
from enforcer.model.errors import EdgeError

_UNSYNCHRONISED = 0x0040  # STA_UNSYNC
_MICROSECOND = 1e-6
_KEEPERS = (
    ("usr/lib/systemd/systemd-timesyncd", "timedatectl set-ntp true"),
    ("lib/systemd/systemd-timesyncd", "timedatectl set-ntp true"),
    ("usr/sbin/chronyd", "systemctl enable --now chrony"),
    ("usr/sbin/ntpd", "systemctl enable --now ntpsec"),
)
"""A keeper of time, and how it is set to work."""


class _Timex(ctypes.Structure):
    """The beginning of struct timex, as far as it is read; the rest is room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def clock_state(root: Path = Path("/")) -> ClockState:
    """`root`: where keepers of time are looked for. Raises EdgeError."""
    status, error = _asked()
    keeper = next((command for place, command in _KEEPERS if (root / place).exists()), "")
    return ClockState(synchronised=not status & _UNSYNCHRONISED, error=error * _MICROSECOND, keeper=keeper)


def _asked() -> tuple[int, int]:
    """The status bits, and the largest possible error in microseconds."""
    timex = _Timex()
    if ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex)) < 0:
        why = os.strerror(ctypes.get_errno())
        raise EdgeError(f"the kernel does not tell how its clock is kept: {why}", cure="timedatectl status")
    return int(timex.status), int(timex.maxerror)
