"""One enforcer for each network namespace: two would replace each other's rules.

The lock is a name in the abstract socket namespace (unix(7)), which belongs to the network namespace as the rules
do, needs no file, and is gone with its holder however that ends.
"""

from __future__ import annotations

import socket
import time

from enforcer.model.errors import EdgeError

NAME = b"\0egress-enforcer"
PATIENCE = 2.0
"""Seconds to wait for a holder that is just ending: after a kill, its inspectors take a moment to notice."""
PAUSE = 0.05
TAKEN = 6


def is_claimed() -> bool:
    """Whether an enforcer runs in this network namespace; looks without taking the name, which one may be claiming."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as knock:
        try:
            knock.connect(NAME)
        except ConnectionRefusedError:
            return False
    return True


def claim() -> socket.socket:
    """Holds the name until the socket is closed. Raises EdgeError if another enforcer holds it."""
    lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    last = time.monotonic() + PATIENCE
    while True:
        try:
            lock.bind(NAME)
            return lock
        except OSError:
            if time.monotonic() < last:
                time.sleep(PAUSE)
                continue
        lock.close()
        raise EdgeError(
            "another enforcer is running in this network namespace",
            cure="stop it first: systemctl stop enforcer, or end the process that `pgrep -af 'enforcer run'` shows",
            code=TAKEN,
        )
