"""What comes after our rules were taken out in a panic: whether they stay away, and that it is on record."""

from __future__ import annotations

import contextlib
import os
import pwd
import socket
import time
from pathlib import Path

from enforcer.edge import kernel
from enforcer.edge.asking import ask
from enforcer.edge.clock import Clock
from enforcer.edge.files import read_site
from enforcer.edge.running import Running
from enforcer.edge.store import Store
from enforcer.edge.syslog import Syslog
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event
from enforcer.model.request import Status
from enforcer.model.settings import Settings
from enforcer.model.state import Standing
from enforcer.policy.site_trust import settings_of

LOOKS, PAUSE = 5, 0.2
"""A daemon that was just putting its rules in place notices in a fraction of a second that it may not."""
PATIENCE = 3.0
"""Seconds in which a daemon that runs should have noticed."""


class NotRecorded(Exception):
    """It stands nowhere; says why."""


def stays_away(*, stay_off: bool) -> tuple[str, ...]:
    """Looks for a second, and removes what came back. What still came at the last look. Raises EdgeError."""
    back: tuple[str, ...] = ()
    for _ in range(LOOKS):
        time.sleep(PAUSE)
        back = kernel.uninstall(stay_off=stay_off)
    return back


def recorded(config: Path | None, store: Path | None, found: Running | None) -> str:
    """Where it is on record now, in a sentence. Raises NotRecorded.

    A daemon that runs (`found`) records it by itself, unless it hangs. Else we do, in the store and in syslog, as far
    as they go. Its socket and store are those that it has, whatever a site file says.
    """
    try:
        settings = settings_of(read_site(config)[0])
    except EdgeError:
        settings = Settings()
    if found is not None:
        if kept := _kept(found.socket or Path(settings.control.socket)):
            return kept
        store = store or found.store
    event = _event(settings)
    done, faults = [], []
    for name, write in (("the store", _store), ("syslog", _syslog)):
        try:
            done.append(f"{name} ({write(event, settings, store)})")
        except EdgeError as error:
            faults.append(f"{name}: {error.why}")
    if not done:
        raise NotRecorded("; ".join(faults))
    return f"on record in {' and '.join(done)}{'; not in ' if faults else ''}{'; '.join(faults)}"


def _kept(path: Path) -> str:
    """Where the daemon has it, once it says that its rules are gone; empty if it does not, or records nothing."""
    until = time.monotonic() + PATIENCE
    while (left := until - time.monotonic()) > 0:
        try:
            state = ask(path, Status(), left).state
        except EdgeError:
            return ""
        if state is not None and state.standing == Standing.NOT_IN_FORCE:
            return "" if state.store.fault else f"the running service has it on record in {state.store.path}"
        time.sleep(PAUSE)
    return ""


def _store(event: Event, settings: Settings, given: Path | None) -> Path:
    path = given or Path(settings.store)
    if not path.exists():
        raise EdgeError(f"there is none at {path}", cure="name it with --store")
    try:
        with Store(path) as store:
            store.append([(event, event.at)])
    finally:
        _give_to_owner(path)
    return path


def _give_to_owner(path: Path) -> None:
    """What root makes beside the store the service could not open, which has a user of its own."""
    owner = path.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        for file in path.parent.glob(f"{path.name}?*"):
            with contextlib.suppress(FileNotFoundError):  # SQLite's own come and go
                os.chown(file, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _syslog(event: Event, settings: Settings, _given: Path | None) -> str:
    if not settings.syslog:
        raise EdgeError("none is set", cure="set `syslog` in [output]")
    with Syslog(settings.syslog, hostname=event.gateway, facility=settings.facility) as syslog:
        syslog.send(event)
        if syslog.fault:
            raise EdgeError(f"{settings.syslog}: {syslog.fault}", cure="start the collector")
    return settings.syslog


def _event(settings: Settings) -> Event:
    told = f"the rules were taken out by `enforcer panic-off`, by {_who()}, while no service answered"
    return Event(
        at=Clock().now(),
        kind="off",
        gateway=settings.gateway or socket.gethostname(),
        mode=settings.mode,
        reason=f"{told}; nothing is judged until it is started again",
    )


def _who() -> str:
    """Who we are; through whom, if sudo says so."""
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = "a user without a name"
    through = os.environ.get("SUDO_USER", "")
    return f"{name} (uid {uid})" + (f", who came as {through}" if through.isprintable() and through else "")
