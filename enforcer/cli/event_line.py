"""An event in one line, for a terminal: what `enforcer run` and `enforcer audit tail` show."""

from __future__ import annotations

import click

from enforcer.audit.visible import visible
from enforcer.model.calendar import iso
from enforcer.model.event import Event

COLOURS = {"block": "red", "flag": "yellow", "observe": "cyan"}
TROUBLE = ("loss", "error", "inspector", "repair", "pause", "off")


def event_line(event: Event, *, dated: bool = False) -> str:
    """`dated` gives the day too, and says of a trial that it is one; a running daemon said so when it began."""
    when = iso(event.at)
    stamp = f"{when[:19]}Z" if dated else when[11:19]
    trial = click.style("trial  ", fg="magenta") if dated and event.simulated else ""
    if event.kind == "decision":
        return f"{stamp}  {trial}{_verdict(event)}  {_what(event)}"
    kind = click.style(event.kind, fg="yellow") if event.kind in TROUBLE else event.kind
    return f"{stamp}  {trial}{kind}: {visible(event.reason)}"


def _verdict(event: Event) -> str:
    return click.style(f"{event.verdict:<7}", fg=COLOURS.get(event.verdict))


def _what(event: Event) -> str:
    subject = visible(event.name or event.server or event.undecodable)
    via = f" (by {visible(event.matched)})" if event.matched and event.matched != event.name else ""
    under = f"{event.ban}/{event.phase}" if event.ban else event.reason
    others = f", {len(event.names)} names" if event.names else ""
    times = f"  {event.count} times{others}" if event.count > 1 else ""
    action = f"{visible(event.client)} {visible(event.action)}"
    return (
        f"{visible(event.how):<4}  {subject}{via}  {action}  {visible(event.service) or '-'}  {visible(under)}{times}"
    )
