"""The network interfaces of this machine, by name."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from enforcer.model.errors import EdgeError


def require(names: Sequence[str]) -> None:
    """Raises EdgeError if one is not there: a rule about a name that nobody has would watch nothing, in silence."""
    known = [name for _, name in socket.if_nameindex()]
    missing = [name for name in names if name not in known]
    if missing:
        raise EdgeError(
            f"there is no interface {', '.join(missing)}",
            cure=f"name one of {', '.join(known)} in `interfaces` of [datapath], or start when it is up",
        )
