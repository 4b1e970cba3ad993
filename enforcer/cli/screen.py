"""What `enforcer run` shows: first what is in force, then each event in a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

from enforcer.edge.clock import Clock
from enforcer.model.calendar import iso
from enforcer.model.event import Event
from enforcer.model.verdict import SERVICES, Verdict
from enforcer.policy.ban import Actions, Ban, Phase
from enforcer.policy.compiled import Policy

COLOURS = {"block": "red", "flag": "yellow", "observe": "cyan"}


class Screen:
    """Text for a person, or a JSON object a line."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json

    def event(self, event: Event) -> None:
        if self._as_json:
            _say(json.dumps(event.as_dict(), ensure_ascii=False))
        elif event.kind == "decision":
            _say(f"{iso(event.at)[11:19]}  {_verdict(event)}  {_what(event)}")
        else:
            _say(f"{iso(event.at)[11:19]}  {event.kind}: {event.reason}")

    def in_force(self, policy: Policy, clock: Clock, store: Path) -> None:
        """Told once everything stands; the word `ready` is what a script waits for."""
        if self._as_json:
            _say(json.dumps({"ready": True, "revision": policy.revision, "at": iso(clock.now())}))
            return
        for line in _in_force(policy, clock):
            _say(line)
        _say(f"Records go to {store}; read them with: enforcer audit --store {store}")
        _say("ready: watching DNS over UDP and the first data of TCP connections. Ctrl-C stops and puts all back.")


def _say(line: str) -> None:
    click.echo(line)


def _in_force(policy: Policy, clock: Clock) -> Iterator[str]:
    now = clock.now()
    settings, site = policy.settings, policy.site.groups[0]
    trial = f" SIMULATED: the clock was set to {iso(now)}." if clock.trial else ""
    yield f"Policy revision {policy.revision}, profile {site.profile}, for {', '.join(site.subjects)}.{trial}"
    unjudged = "passes" if settings.fail == "open" else "waits"
    yield f"While no inspector answers, traffic {unjudged} (fail = {settings.fail})."
    for ban in policy.adopted(site):
        yield from _ban(ban, now, ban.phase_at(now), policy)
    later = [boundary for boundary in policy.boundaries if boundary > now]
    yield f"Next change of the calendar: {iso(later[0]) if later else 'none is known'}."


def _ban(ban: Ban, now: float, phase: Phase | None, policy: Policy) -> Iterator[str]:
    if phase is None:
        coming = [one.interval.starts for one in ban.phases if one.interval.starts > now]
        yield f"{ban.id}: not in force, {f'begins {iso(coming[0])}' if coming else 'ended'}."
        return
    until = "no end is known" if phase.interval.ends is None else f"until {iso(phase.interval.ends)}"
    yield f"{ban.id}: phase {phase.id} since {iso(phase.interval.starts)}, {until}"
    actions = phase.profiles[policy.site.groups[0].profile]
    for verdict in (Verdict.BLOCK, Verdict.FLAG, Verdict.OBSERVE):
        services = _services(actions, verdict)
        if services:
            yield f"  {verdict.word:<8}{', '.join(services)}"


def _services(actions: Actions, verdict: Verdict) -> list[str]:
    return [service for service in SERVICES if actions.of(service) is verdict]


def _verdict(event: Event) -> str:
    return click.style(f"{event.verdict:<7}", fg=COLOURS.get(event.verdict))


def _what(event: Event) -> str:
    subject = event.name or event.server or event.undecodable
    via = f" (by {event.matched})" if event.matched and event.matched != event.name else ""
    under = f"{event.ban}/{event.phase}" if event.ban else event.reason
    return f"{event.how:<4}  {subject}{via}  {event.client} {event.action}  {event.service or '-'}  {under}"
