"""Looks at this gateway, at no more than the chosen checks need, and changes nothing.

What cannot be looked at becomes `Unseen` and is told; nothing is raised for it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from enforcer.audit.posture import KernelView
from enforcer.doctor.check import Check
from enforcer.doctor.checks import needed
from enforcer.doctor.facts import (
    AS_ROOT,
    FACTS,
    Bound,
    ClockState,
    Disk,
    Facts,
    Features,
    Loaded,
    Names,
    Reach,
    Record,
    Rights,
    Service,
    Unit,
    Unseen,
)
from enforcer.doctor.finding import Examination, worst
from enforcer.doctor.foreign import Foreign
from enforcer.edge import kernel, nft, reach, sole
from enforcer.edge.asking import NobodyListens, ask
from enforcer.edge.clock_state import clock_state
from enforcer.edge.files import read_site
from enforcer.edge.foreign_rules import foreign_rules
from enforcer.edge.kernel_view import kernel_view
from enforcer.edge.nft import NEEDS_PERMISSION, UNFIT_HOST
from enforcer.edge.offload import can_offload
from enforcer.edge.own_names import own_names
from enforcer.edge.peers import group_number
from enforcer.edge.policy_source import read_source
from enforcer.edge.record_state import disk_state, record_state
from enforcer.edge.rights import rights
from enforcer.edge.strain import connections
from enforcer.edge.surroundings import bound_numbers, look
from enforcer.edge.sysctls import sysctls
from enforcer.edge.unit_files import unit
from enforcer.model.errors import EdgeError, PolicyError
from enforcer.model.members import Instant
from enforcer.model.request import Status
from enforcer.model.settings import Settings
from enforcer.model.state import ConntrackState, State
from enforcer.model.surroundings import Surroundings
from enforcer.policy.site_trust import settings_of

PATIENCE = 5.0
"""Seconds for the service's answer."""


class Gateway:
    """This machine, for one look. Each method is a fact of its name (doctor/facts.py); all may raise EdgeError."""

    def __init__(self, policies: Path | None = None, config: Path | None = None, root: Path = Path("/")) -> None:
        """`root`: where files of the system are. Raises EdgeError if the site file cannot be read."""
        self._policies, self._config, self._root = policies, config, root
        text, self.site_name = read_site(config)
        self.settings: Settings = settings_of(text)

    @property
    def name(self) -> str:
        return self.settings.gateway or socket.gethostname()

    def examine(self, checks: Collection[Check], now: float) -> Examination:
        """All their findings, in their order. `now` in POSIX seconds."""
        facts = self._facts(needed(tuple(checks)), now)
        findings = tuple(finding for check in checks for finding in check.findings(facts))
        return Examination(at=Instant(now), gateway=self.name, worst=worst(findings), findings=findings)

    def _facts(self, names: Iterable[str], now: float) -> Facts:
        found: dict[str, Any] = {name: _or_unseen(getattr(self, name)) for name in FACTS if name in names}
        return Facts(now=now, settings=self.settings, site_name=self.site_name, **found)

    def loaded(self) -> Loaded:
        try:
            return Loaded(policy=read_source(self._policies, self._config).load(looking=True))
        except PolicyError as error:
            return Loaded(error=error)

    def rights(self) -> Rights:
        return rights(self._state.pid if self._state else None)

    def nft(self) -> tuple[int, ...]:
        try:
            return nft.version()
        except EdgeError:
            return ()

    def features(self) -> Features:
        try:
            found = kernel.probe()
        except EdgeError as error:
            if error.code != UNFIT_HOST:
                raise
            return Features(lacking=error.why, cure=error.cure)
        flowtables = not self.settings.flowtable or can_offload()
        burden = "" if found.classifier else found.burden
        return Features(burden=burden, flowtables=flowtables, multipath=found.multipath)

    def foreign(self) -> Foreign:
        kernel.require_capabilities("CAP_NET_ADMIN")
        return foreign_rules(self._root)

    def bound(self) -> Bound:
        queues, groups = bound_numbers(self._root)
        return Bound(queues=queues, groups=groups, ours=sole.is_claimed())

    def surroundings(self) -> Surroundings:
        return look(self._root)

    def sysctls(self) -> dict[str, str]:
        return sysctls(self._root)

    def conntrack(self) -> ConntrackState:
        return connections()

    def names(self) -> Names:
        return own_names(self._root)

    def clock(self) -> ClockState:
        return clock_state(self._root)

    def syslog(self) -> Reach:
        return reach.syslog_reach(self.settings.syslog)

    def collectors(self) -> tuple[Reach, ...]:
        return reach.reaches(self.settings.collectors)

    def record(self) -> Record:
        return record_state(Path(self.settings.store), self._user())

    def _user(self) -> str:
        """Whom the service runs as: the one that runs, else as its unit says."""
        try:
            return Path(f"/proc/{self._state.pid}").owner() if self._state else self.unit().user
        except (EdgeError, OSError, KeyError):
            return self.unit().user

    def disk(self) -> Disk:
        return disk_state(Path(self.settings.store))

    def unit(self) -> Unit:
        return unit(self._root)

    def service(self) -> Service:
        settings = self.settings.control
        return Service(socket=settings.socket, state=self._state, group_missing=not _is_group(settings.group))

    def kernel(self) -> KernelView:
        kernel.require_capabilities("CAP_NET_ADMIN")
        found = kernel_view()
        if found is None:
            raise EdgeError("the kernel does not tell what rules of ours it has", cure="nft list ruleset")
        return found

    @cached_property
    def _state(self) -> State | None:
        """None where nobody listens. Raises EdgeError where we may not ask, or get no answer."""
        if not self.settings.control.socket:
            raise EdgeError("no control socket is set", cure='set `socket = "/run/enforcer/control"` in [control]')
        try:
            reply = ask(Path(self.settings.control.socket), Status(), PATIENCE)
        except NobodyListens:
            return None
        if reply.state is None:
            raise EdgeError(reply.told, cure=reply.cure)
        return reply.state


def _or_unseen(look_at: Callable[[], Any]) -> Any:  # noqa: ANN401
    try:
        return look_at()
    except EdgeError as error:
        return Unseen(why=error.why, cure=AS_ROOT if error.code == NEEDS_PERMISSION else error.cure)
    except PermissionError as error:
        return Unseen(why=f"this user may not look at {error.filename or 'it'}", cure=AS_ROOT)
    except OSError as error:
        return Unseen(why=str(error), cure="see dmesg, and docs/kernel.md")


def _is_group(name: str) -> bool:
    try:
        return not name or group_number(name) >= 0
    except EdgeError:
        return False
