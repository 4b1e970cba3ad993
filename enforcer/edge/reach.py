"""Whether local syslog and the collectors can be reached: all at once, in bounded time, and nothing is sent."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shutil import which

from enforcer.doctor.facts import Reach
from enforcer.edge.connections import connect
from enforcer.edge.link_faults import refusal
from enforcer.edge.links import PROBE, Sealed
from enforcer.edge.surroundings import LOG_SOCKETS
from enforcer.model.destination import UDP, UNIX, Destination

PATIENCE = 5.0
"""Seconds for all together: whoever needs longer is said not to answer."""
_PROGRAMS = "/usr/sbin:/usr/local/sbin:/sbin"
_SLOW = (f"it does not answer within {PATIENCE:.0f} s", "check the host, and firewalls on the way")


def syslog_reach(path: str) -> Reach:
    """Its cure is a command; `instead` a socket that is there."""
    reach = _reach(Destination(name=path, transport=UNIX, host=path))
    others = [one for one in LOG_SOCKETS if one != path and Path(one).exists()]
    if not reach.fault:
        return reach
    if which("rsyslogd", path=_PROGRAMS):
        return replace(reach, cure="systemctl start rsyslog")
    return replace(reach, cure="apt-get install rsyslog", instead=others[0] if others else "")


def reaches(collectors: Sequence[Destination]) -> tuple[Reach, ...]:
    """In the order given. Whoever is still being asked at the end is left to a thread that ends with the process."""
    found: dict[int, Reach] = {}
    answers: queue.SimpleQueue[tuple[int, Reach]] = queue.SimpleQueue()
    for number, one in enumerate(collectors):
        threading.Thread(target=lambda n=number, to=one: answers.put((n, _reach(to))), daemon=True).start()
    until = time.monotonic() + PATIENCE
    while len(found) < len(collectors):
        try:
            number, reach = answers.get(timeout=max(until - time.monotonic(), 0.0))
        except queue.Empty:
            break
        found[number] = reach
    slow = {number: Reach(name=one.name, fault=_SLOW[0], cure=_SLOW[1]) for number, one in enumerate(collectors)}
    return tuple((slow | found)[number] for number in range(len(collectors)))


def _reach(to: Destination) -> Reach:
    try:
        with connect(to, lambda: False) as link:
            if isinstance(link, Sealed):
                # TLS 1.3 tells that it refuses our certificate only after its side of the handshake.
                link.listen(PROBE)
                return Reach(name=to.name, expires=link.expires())
            return Reach(name=to.name, blind=to.transport == UDP)
    except (OSError, ValueError) as error:
        fault, cure = refusal(error, to)
        return Reach(name=to.name, fault=f"{to.address}: {fault}" if to.transport != UNIX else fault, cure=cure)
