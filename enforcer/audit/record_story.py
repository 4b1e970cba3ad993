"""One record, told whole: what was seen, what was done, why, by which text, and what the policy of today says of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from enforcer.audit.chain import Kept
from enforcer.audit.rejudge import judged
from enforcer.audit.report_words import moment
from enforcer.audit.visible import visible
from enforcer.model.calendar import MICROSECONDS, iso
from enforcer.model.decision import Decision
from enforcer.model.event import Event
from enforcer.policy.ban import Ban, Phase
from enforcer.policy.compiled import Policy

DONE = {
    "passed": "it was let through",
    "answered": "the gateway refused the question in the server's place; it never left",
    "rewritten": "the server's answer was replaced by a refusal",
    "reset": "the connection was reset on both sides before the name reached the server",
    "rejected": "the connection was rejected, so that the client turns to TCP",
    "dropped": "it was dropped without an answer",
    "cut": "the kernel ended a live connection at its date",
    "redirected": "it was sent to the site's own resolver",
    "seen": "it was seen and passed: a mirror stops nothing (mode tap)",
}
"""What each action means, in a sentence."""
SEEN = {
    "dns": "in a question to a resolver, or its answer",
    "tls": "as the server name of a TLS connection",
    "quic": "as the server name of a QUIC connection",
    "http": "as the host of an HTTP request",
    "socks": "as the host asked of a SOCKS proxy",
    "address": "by its address alone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    number: int
    recorded: float
    """When the record was made."""
    event: Event
    digest: str
    """Of the record, in hexadecimal: as `enforcer audit verify --head` takes it."""
    intact: bool
    """Whether the record fits the digest of the one before it."""
    ban: Ban | None
    """The ban that decided, as the policy at hand has it."""
    phase: Phase | None
    today: Decision | None
    """What the policy at hand says of the same contact at the same instant; None if it cannot be judged again."""
    revision: str
    """Of the policy at hand."""


def story(policy: Policy, kept: Kept, event: Event, *, intact: bool) -> Story:
    """Puts a record beside the policy at hand, which need not be the one that judged it."""
    ban = next((one for one in policy.bans if one.id == event.ban), None)
    return Story(
        number=kept.number,
        recorded=kept.recorded / MICROSECONDS,
        event=event,
        digest=kept.digest.hex(),
        intact=intact,
        ban=ban,
        phase=next((one for one in ban.phases if one.id == event.phase), None) if ban else None,
        today=judged(policy, event, event.at),
        revision=policy.revision,
    )


def members(told: Story) -> dict[str, Any]:
    """As JSON; null where there is nothing to say."""
    today = told.today
    return {
        "version": 1,
        "number": told.number,
        "recorded": iso(told.recorded),
        "event": told.event.as_dict(),
        "digest": told.digest,
        "intact": told.intact,
        "ban": told.ban and {"ban": told.ban.id, "title": told.ban.title, "sources": dict(told.ban.sources)},
        "phase": told.phase and {"phase": told.phase.id, "summary": told.phase.summary, **_span(told.phase)},
        "today": today and {"verdict": today.verdict.word, "reason": today.reason, "ban": today.ban},
        "revision": told.revision,
    }


def _span(phase: Phase) -> dict[str, Any]:
    ends = phase.interval.ends
    return {"starts": iso(phase.interval.starts), "ends": None if ends is None else iso(ends), "clock": phase.clock}


def rows(told: Story) -> Iterator[tuple[str, str]]:
    """Label and text, for a person; everything from the wire made harmless."""
    event = told.event
    yield "record", f"{told.number}, kind {visible(event.kind)}"
    if event.simulated:
        yield "", "A TRIAL: the clock was set by --at, and this never happened"
    yield "when", _when(event)
    yield "recorded", iso(told.recorded)
    if event.gateway or event.mode:
        yield "gateway", f"{visible(event.gateway) or '-'}, mode {visible(event.mode) or '-'}"
    if event.kind == "decision":
        yield from _decision(told)
    else:
        yield "what", visible(event.reason)
    yield from _proof(told)


def _when(event: Event) -> str:
    if event.count == 1 or event.last is None:
        return iso(event.at) + (f", {event.count} times" if event.count > 1 else "")
    return f"{event.count} times from {iso(event.at)} to {iso(event.last)}"


def _decision(told: Story) -> Iterator[tuple[str, str]]:
    event = told.event
    yield "client", _client(event)
    yield "seen", _seen(event)
    if event.names:
        yield "names", f"{len(event.names)} of them: {', '.join(map(visible, event.names))}"
    if event.chain:
        yield "chain", " -> ".join(map(visible, event.chain))
    if event.undecodable:
        yield "unread", visible(event.undecodable)
    yield (
        "verdict",
        f"{visible(event.verdict)}, {visible(event.action)}: {DONE.get(event.action, 'no action of this version')}",
    )
    yield "why", visible(event.reason)
    if event.vendor:
        yield "rule", f"{visible(event.pattern or '-')}, service {visible(event.service)} of {visible(event.vendor)}"
    yield from _law(told)
    if event.waiver:
        yield "waiver", visible(event.waiver)
    if event.would_block_from is not None:
        yield "later", f"the same would be blocked from {moment(event.would_block_from)}"
    yield "today", _today(told)


def _client(event: Event) -> str:
    parts = [visible(event.client) or "unknown"]
    if event.client_port is not None:
        parts[0] += f" port {event.client_port}"
    parts += [f"called {visible(event.client_name)}"] if event.client_name else []
    parts += [f"MAC {visible(event.mac)}"] if event.mac else []
    parts += [f"group {visible(event.group)}"] if event.group else []
    return ", ".join(parts)


def _seen(event: Event) -> str:
    what = visible(event.name or event.server or "no name")
    port = "" if event.server_port is None else f" port {event.server_port}"
    to = f", sent to {visible(event.server)}{port} by {visible(event.protocol)}" if event.server else ""
    by = f"; {visible(event.matched)} decided" if event.matched and event.matched != event.name else ""
    return f"{what}, {SEEN.get(event.how, visible(event.how))}{to}{by}"


def _law(told: Story) -> Iterator[tuple[str, str]]:
    event, ban = told.event, told.ban
    if not event.ban:
        return
    if ban is None:
        yield "ban", f"{visible(event.ban)}, which the policy at hand does not have"
    else:
        yield "ban", f"{ban.id}: {ban.title}"
    if event.citations:
        wording = f"{ban.wording} " if ban else ""
        yield "law", wording + "; ".join(map(visible, event.citations))
    if event.phase:
        yield "phase", visible(event.phase) + (f", {_period(told.phase)}" if told.phase else "")


def _period(phase: Phase) -> str:
    ends = phase.interval.ends
    until = "no end is known" if ends is None else f"until {moment(ends)}"
    return f"from {moment(phase.interval.starts)} ({phase.clock} time of day), {until}: {phase.summary}"


def _today(told: Story) -> str:
    """The policy at hand, put before the same contact at the same instant."""
    same = "the same revision" if told.revision == told.event.revision else f"revision {told.revision} instead"
    if told.today is None:
        return f"cannot be judged again from what was kept ({same})"
    if told.today.verdict.word == told.event.verdict:
        return f"the policy at hand says the same of it ({same})"
    return f"the policy at hand says {told.today.verdict.word} of it: {visible(told.today.reason)} ({same})"


def _proof(told: Story) -> Iterator[tuple[str, str]]:
    if told.event.revision:
        yield "policy", f"judged by revision {visible(told.event.revision)}"
    if told.event.configuration:
        yield "files", f"site and policy files as loaded have the SHA-256 {visible(told.event.configuration)}"
    fits = "fits the record before it" if told.intact else "DOES NOT FIT the record before it: it was altered"
    yield "digest", f"{told.digest} ({fits}; `enforcer audit verify` checks them all)"
