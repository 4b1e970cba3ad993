"""The policy in force, and how another one follows it: in the kernel, in the inspectors, on record.

It is the policy of the files, with the pauses that were asked for here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any

from enforcer.edge import tap
from enforcer.edge.charge import Charge
from enforcer.edge.chronicle import Chronicle
from enforcer.edge.crew import Crew
from enforcer.edge.pause_file import PauseFile
from enforcer.edge.pauses import Pauses
from enforcer.edge.peers import Peer
from enforcer.edge.rules import AS_PUT, Rules
from enforcer.model import request
from enforcer.model.calendar import iso
from enforcer.model.errors import EdgeError, PolicyError
from enforcer.model.pause import Pause
from enforcer.model.settings import TAP
from enforcer.policy.compiled import Policy
from enforcer.policy.pausing import paused

FIXED = {
    "gateway": "[site] name",
    **{key: f"[datapath] {key}" for key in ("mode", "interfaces", "queue", "inspectors", "mark_mask", "fail")},
    **{key: f"[output] {key}" for key in ("store", "syslog", "facility")},
    "limits": "[output] rotate_size, rotate_age, keep or keep_size",
    "metrics": "[output] metrics",
    "collectors": "[[collector]]",
    "control.socket": "[control] socket",
    "control.group": "[control] group",
}
"""Settings that need a restart, each as the site file calls it."""
AGAIN = 30.0
"""Seconds until a pause that is over, and could not be taken out, is tried again: the kernel knows its end anyway."""


class Succession:
    """`begin` once, when the crew is at work."""

    def __init__(self, charge: Charge, policy: Policy, crew: Crew, chronicle: Chronicle) -> None:
        self._charge = charge
        self._crew = crew
        self._chronicle = chronicle
        self._written = policy
        self._pauses = Pauses(PauseFile(charge.pauses))
        self._again = 0.0
        longest = policy.settings.control.longest_pause
        self._untold = list(self._pauses.restore(*charge.clock.both(), longest))
        self.policy, dropped = self._with_pauses(policy)
        self._untold += self._dropped(dropped)
        self.origin = ""
        """Where the policy in force came from, to stand in a sentence; empty if there is nothing to say of it."""

    @property
    def pauses(self) -> tuple[str, ...]:
        """The ids of those in force."""
        return tuple(one.id for one in self._pauses.held)

    def begin(self, rules: Rules | tap.NoRules) -> str:
        """Puts the first policy in force by these rules; says where it came from. Raises EdgeError."""
        self._rules = rules
        rules.install(self.policy, self._charge.clock.monotonic(), anew=True)
        self.origin = self._charge.accept()
        return self.origin

    def reload(self, by: str = "") -> str:
        """Reads the policy anew. One that is broken changes nothing; then why is returned, and else nothing."""
        again = f"; {AS_PUT}" if self._rules.weakness else ""
        try:
            written = self._charge.load()
            _refuse_what_needs_a_restart(self._written, written)
            policy, dropped = self._with_pauses(written)
            self._rules.install(policy, self._charge.clock.monotonic(), anew=True)
        except (PolicyError, EdgeError) as error:
            refused = f"reload refused, revision {self.policy.revision} stays in force: {error}{_cure(error)}"
            self._chronicle.record("error", f"{refused}{by}")
            return refused
        self._written, old, self.policy = written, self.policy, policy
        self._crew.replace_policy(policy, self._rules.numbers(policy))
        self.origin = self._origin()
        told = f"revision {policy.revision}{self.origin} replaces {old.revision}{again}{by}"
        self._chronicle.record("reload", told, **standing(policy))
        for why in self._dropped(dropped):
            self._chronicle.record("error", why)
        for id_ in dropped:
            self._tell_end(id_, "ended by the reload")
        return ""

    def pause(self, asked: request.Pause, peer: Peer) -> Pause:
        """Raises EdgeError: too long, about nobody who is known, or there is nothing that could be paused."""
        now, running = self._charge.clock.both()
        if self._written.settings.mode == TAP:
            raise EdgeError("mode tap stops nothing that could be paused", cure="see docs/modes.md")
        pause = self._pauses.begin(asked, peer, now, self._written.settings.control.longest_pause)
        self._change((*self._pauses.held, pause))
        whom = ", ".join((*pause.clients, *pause.vendors)) or "everybody and everything"
        told = f"paused by {peer.name} until {iso(pause.until)} for {whom}: {pause.reason}"
        ticket = f" ({pause.ticket})" if pause.ticket else ""
        told += f"{ticket}; what would be stopped is flagged and passes"
        self._chronicle.record("pause", told, waiver=pause.id, until=pause.until)
        try:
            self._pauses.hold(pause, now, running)
        except EdgeError as error:
            self._chronicle.record("error", f"{error}; a restart forgets the pause {pause.id}", waiver=pause.id)
        return pause

    def resume(self, id_: str, peer: Peer) -> tuple[str, ...]:
        """Ends one pause, or all; gives their ids. Raises EdgeError if there is none such."""
        ids = {one for one in self.pauses if id_ in ("", one)}
        if not ids:
            what = f"no pause {id_!r} is in force" if id_ else "no pause is in force"
            raise EdgeError(what, cure="`enforcer status` shows which are")
        self._end(ids, f"ended before its time by {peer.name}")
        return tuple(sorted(ids))

    def end_pauses(self) -> None:
        """Takes out what is over. Judges and kernel know its end by themselves: this only tidies up after it."""
        now, running = self._charge.clock.both()
        ids = self._pauses.over(now, running)
        if not ids or running < self._again:
            return
        try:
            self._end(ids, "over")
        except EdgeError:
            self._again = running + AGAIN

    def tell_of_before(self) -> None:
        """What there was to tell of the pauses of the run before, once we can record; each that is over is ended."""
        for told in self._untold:
            self._chronicle.record("error", told)
        try:
            begun = self._charge.unended()
        except EdgeError as error:
            self._chronicle.record("error", f"{error}; pauses on record may lack their end")
            return
        now = self._charge.clock.now()
        for pause in begun:
            if pause.waiver not in self.pauses:
                over = pause.until is not None and pause.until <= now
                how = "was over before this start" if over else "ended by the start, which does not take it up"
                self._tell_end(pause.waiver, how)

    def _end(self, ids: set[str], how: str) -> None:
        self._change([one for one in self._pauses.held if one.id not in ids])
        for id_ in sorted(ids):
            self._tell_end(id_, how)
        try:
            self._pauses.release(ids)
        except EdgeError as error:
            self._chronicle.record("error", f"{error}; a restart may take up a pause that was ended")

    def _tell_end(self, id_: str, how: str) -> None:
        self._chronicle.record("resume", f"pause {id_} {how}; revision {self.policy.revision}", waiver=id_)

    def _change(self, pauses: Iterable[Pause]) -> None:
        try:
            policy = paused(self._written, tuple(pauses))
        except ValueError as fault:
            raise EdgeError(str(fault), cure="see `enforcer policy list`, and [[group]] in the site file") from fault
        self._rules.install(policy, self._charge.clock.monotonic())
        self.policy = policy
        self._crew.replace_policy(policy, self._rules.numbers(policy))

    def _with_pauses(self, written: Policy) -> tuple[Policy, dict[str, str]]:
        """The written policy with the pauses in force; and by id why some cannot be: it does not know their clients."""
        kept, dropped = [], {}
        for pause in self._pauses.held:
            try:
                paused(written, [pause])
                kept.append(pause)
            except ValueError as fault:
                dropped[pause.id] = str(fault)
        return paused(written, kept), dropped

    def _dropped(self, dropped: Mapping[str, str]) -> list[str]:
        """They are in force no more. A sentence for each."""
        if dropped:
            with contextlib.suppress(EdgeError):  # the file keeps them, and they are dropped again at the next start
                self._pauses.release(set(dropped))
        return [f"pause {id_} is ended: {fault}" for id_, fault in dropped.items()]

    def _origin(self) -> str:
        """Where the policy came from that is in force now. What cannot be remembered of it is told, not undone."""
        try:
            return self._charge.accept()
        except EdgeError as error:
            self._chronicle.record("error", f"{error}; after a restart an older one may be taken for new")
            return ""


def standing(policy: Policy) -> dict[str, Any]:
    """What the record of a start or reload has of the policy that is in force from there on."""
    fail = "" if policy.settings.mode == TAP else policy.settings.fail
    return {"configuration": policy.configuration, "fail": fail, "ceiling": policy.site.ceiling}


def _cure(error: PolicyError | EdgeError) -> str:
    """To stand at the end of a sentence: a fault of the policy has none but to be put right."""
    return f"; {error.cure}" if isinstance(error, EdgeError) else ""


def _refuse_what_needs_a_restart(old: Policy, new: Policy) -> None:
    for key, named in FIXED.items():
        before, after = attrgetter(key)(old.settings), attrgetter(key)(new.settings)
        if before != after:
            how = f" from {before!r} to {after!r}" if isinstance(before, str | int | tuple) else ""
            raise EdgeError(
                f"{named} changed{'' if key == 'collectors' else how}, which a reload cannot do",
                cure="restart the service to change it",
            )
