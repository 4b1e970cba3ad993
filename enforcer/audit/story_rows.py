"""The story of one record, row by row, for a person: every member that the record has is told, whatever its kind.

Everything from the wire is made harmless.
"""

from __future__ import annotations

from collections.abc import Iterator

from enforcer.audit.record_story import Story
from enforcer.audit.report_findings import way_title
from enforcer.audit.report_words import moment
from enforcer.audit.story_words import ALERT, DONE, KIND, SEEN, amount, fate
from enforcer.audit.visible import visible
from enforcer.model.calendar import iso
from enforcer.model.event import Event
from enforcer.policy.ban import Phase


def rows(told: Story) -> Iterator[tuple[str, str]]:
    """Label and text. A label is empty where the row goes on with the one before."""
    event = told.event
    yield "record", f"{told.number}, kind {visible(event.kind)}: {KIND.get(event.kind, 'no kind of this version')}"
    if event.simulated:
        yield "", "A TRIAL: the clock was set by --at, and this never happened"
    yield "when", _when(event)
    yield "recorded", iso(told.recorded)
    if event.gateway or event.mode:
        yield "gateway", f"{visible(event.gateway) or '-'}, mode {visible(event.mode) or '-'}"
    yield from _seen(event)
    if event.verdict or event.action:
        done = f", {visible(event.action)}: {DONE.get(event.action, 'no action of this version')}"
        yield "verdict", (visible(event.verdict) or "-") + (done if event.action else "")
    if event.alert:
        yield "alert", ALERT.get(event.alert, visible(event.alert))
    yield "why" if event.kind == "decision" else "what", visible(event.reason)
    yield from _rule(told)
    yield from _softened(event)
    if event.would_block_from is not None:
        yield "later", f"the same would be blocked from {moment(event.would_block_from)}"
    if event.fail:
        yield "traffic", fate(event)
    if event.ceiling:
        yield "ceiling", f"the site goes no further than: {visible(event.ceiling)}"
    if event.kind == "decision":
        yield "today", _today(told)
    yield from _proof(told)


def _when(event: Event) -> str:
    """A record of one thing has an end too, where it is about a gap."""
    times = amount(event)
    if event.last is None:
        return f"{iso(event.at)}, {times}" if times else iso(event.at)
    return f"{times} from {iso(event.at)} to {iso(event.last)}".lstrip()


def _seen(event: Event) -> Iterator[tuple[str, str]]:
    """Who reached for what, and by which reading that was seen."""
    if client := _client(event):
        yield "client", client
    if seen := _reached(event):
        yield "seen", seen
    if event.names:
        yield "names", f"{len(event.names)} of them: {', '.join(map(visible, event.names))}"
    if event.chain:
        yield "chain", " -> ".join(map(visible, event.chain))
    if event.undecodable:
        yield "unread", visible(event.undecodable)
    if event.way:
        yield "way", f"{visible(event.way)}: {visible(way_title(event.way))}"


def _client(event: Event) -> str:
    """Empty where the record is about nobody."""
    port = "" if event.client_port is None else f"port {event.client_port}"
    parts = [" ".join(filter(None, (visible(event.client), port)))]
    parts += [f"called {visible(event.client_name)}"] if event.client_name else []
    parts += [f"MAC {visible(event.mac)}"] if event.mac else []
    parts += [f"group {visible(event.group)}"] if event.group else []
    if not any(parts):
        return "unknown" if event.kind == "decision" else ""
    return ", ".join((parts[0] or "unknown", *parts[1:]))


def _reached(event: Event) -> str:
    """Empty where the record is about nothing that was reached for."""
    port = "" if event.server_port is None else f"port {event.server_port}"
    to = f"to {visible(event.server)}" if event.server else ""
    by = f"by {visible(event.protocol)}" if event.protocol else ""
    sent = " ".join(filter(None, (to, port, by)))
    if not (event.name or event.how or event.matched or sent):
        return ""
    parts = [visible(event.name or event.server or "no name")]
    parts += [SEEN.get(event.how, visible(event.how))] if event.how else []
    parts += [f"sent {sent}"] if sent else []
    by = f"; {visible(event.matched)} decided" if event.matched and event.matched != event.name else ""
    return ", ".join(parts) + by


def _rule(told: Story) -> Iterator[tuple[str, str]]:
    """What it was judged by: the rule, the ban with its law, the phase."""
    event, ban = told.event, told.ban
    service = f"service {visible(event.service)}" if event.service else ""
    whose = f"of {visible(event.vendor)}" if event.vendor else ""
    if rule := ", ".join(filter(None, (visible(event.pattern), " ".join(filter(None, (service, whose)))))):
        yield "rule", rule
    if event.ban:
        yield (
            "ban",
            f"{ban.id}: {ban.title}" if ban else f"{visible(event.ban)}, which the policy at hand does not have",
        )
    if event.citations:
        wording = f"{ban.wording} " if ban else ""
        yield "law", wording + "; ".join(map(visible, event.citations))
    if event.phase:
        yield "phase", visible(event.phase) + (f", {_period(told.phase)}" if told.phase else "")


def _period(phase: Phase) -> str:
    ends = phase.interval.ends
    until = "no end is known" if ends is None else f"until {moment(ends)}"
    return f"from {moment(phase.interval.starts)} ({phase.clock} time of day), {until}: {phase.summary}"


def _softened(event: Event) -> Iterator[tuple[str, str]]:
    """By a waiver or a pause, which is one; with its end, where the record has one."""
    if event.waiver:
        yield "waiver", visible(event.waiver)
    if event.until is not None:
        yield "until", f"over at {iso(event.until)} at the latest"


def _today(told: Story) -> str:
    """The policy at hand, put before the same contact at the same instant."""
    same = "the same revision" if told.revision == told.event.revision else f"revision {told.revision} instead"
    if told.today is None:
        return f"cannot be judged again from what was kept ({same})"
    if told.today.verdict.word == told.event.verdict:
        return f"the policy at hand says the same of it ({same})"
    return f"the policy at hand says {told.today.verdict.word} of it: {visible(told.today.reason)} ({same})"


def _proof(told: Story) -> Iterator[tuple[str, str]]:
    event = told.event
    if event.revision:
        revision = f"revision {visible(event.revision)}"
        yield "policy", f"judged by {revision}" if event.verdict else f"{revision} was in force"
    if event.configuration:
        yield "files", f"site and policy files as loaded have the SHA-256 {visible(event.configuration)}"
    fits = "fits the record before it" if told.intact else "DOES NOT FIT the record before it: it was altered"
    yield "digest", f"{told.digest} ({fits}; `enforcer audit verify` checks them all)"
