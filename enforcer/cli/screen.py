"""What `enforcer run` shows: first what is in force, then each event in a line."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from enforcer.audit.in_force import in_force
from enforcer.audit.report_text import in_force_text
from enforcer.audit.report_words import moment
from enforcer.cli.event_line import event_line
from enforcer.edge.clock import Clock
from enforcer.model.calendar import iso
from enforcer.model.event import Event
from enforcer.model.settings import HOST, INLINE, TAP, Settings, manner
from enforcer.policy.compiled import Policy

WATCHED = {
    INLINE: "DNS, and what connections say of where they go. Ctrl-C stops and puts all back.",
    HOST: "this machine's own DNS, and what its connections say of where they go; not what it forwards."
    " Ctrl-C stops and puts all back.",
    TAP: "what the mirror shows of DNS, and of what connections say of where they go; nothing is stopped."
    " Ctrl-C ends it.",
}


class Screen:
    """Text for a person, or a JSON object a line."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json

    def event(self, event: Event) -> None:
        """Raises OSError where nobody reads it any more. What is said after that goes nowhere."""
        try:
            _say(json.dumps(event.as_dict(), ensure_ascii=False) if self._as_json else event_line(event))
        except OSError:
            with open(os.devnull, "wb") as nowhere:  # else Python fails at its end on what it could not write
                os.dup2(nowhere.fileno(), sys.stdout.fileno())
            raise

    def in_force(self, policy: Policy, clock: Clock, store: Path, doubts: tuple[str, ...] = ()) -> None:
        """Told once everything stands; the word `ready` is what a script waits for.

        Where nobody reads it, the next event finds that out.
        """
        with contextlib.suppress(OSError):
            self._say_in_force(policy, clock, store, doubts)

    def _say_in_force(self, policy: Policy, clock: Clock, store: Path, doubts: tuple[str, ...]) -> None:
        if self._as_json:
            told = {
                "ready": True,
                "mode": policy.settings.mode,
                "revision": policy.revision,
                "at": iso(clock.now()),
                "doubts": doubts,
            }
            _say(json.dumps(told))
            return
        for line in _in_force(policy, clock):
            _say(line)
        for doubt in doubts:
            _say(click.style(f"doubt: {doubt}", fg="yellow"))
        named = "" if str(store) == Settings().store else f" --store {store}"
        _say(f"Records go to {store}; read them with: enforcer audit{named}")
        _say(f"ready: watching {WATCHED[policy.settings.mode]}")


def _say(line: str) -> None:
    click.echo(line)


def _in_force(policy: Policy, clock: Clock) -> Iterator[str]:
    now = clock.now()
    yield f"In force at {moment(now)}, policy {policy.revision}"
    if clock.trial:
        yield "  SIMULATED: the clock was set by --at, and every record says so"
    yield f"  {manner(policy.settings)}"
    if policy.settings.mode != TAP:
        unjudged = "passes unjudged" if policy.settings.fail == "open" else "waits"
        yield f"  while no inspector answers, traffic {unjudged} (fail = {policy.settings.fail})"
    yield from in_force_text(in_force(policy, now))
