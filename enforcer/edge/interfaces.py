"""The network interfaces of this machine, by name."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from enforcer.model.errors import EdgeError


def require(names: Sequence[str], *, may_come_late: bool = False) -> str:
    """Raises EdgeError if one is not there: a rule about a name that nobody has would watch nothing, in silence.

    If they may come late, before the network is up for one, that is returned to be told instead; else nothing is.
    """
    known = [name for _, name in socket.if_nameindex()]
    missing = ", ".join(name for name in names if name not in known)
    if not missing:
        return ""
    if may_come_late:
        return f"there is no interface {missing} yet: what comes in there is judged when it is there"
    raise EdgeError(
        f"there is no interface {missing}",
        cure=f"name one of {', '.join(known)} in `interfaces` of [datapath], or start when it is up",
    )
