"""A report for a person at a terminal: at most 80 columns, plain words, nothing that a name in it could do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from enforcer.audit.count import Count
from enforcer.audit.in_force import BanNow, Change, GroupNow, InForce
from enforcer.audit.report import OWN_KINDS, ROW, WHY, Happened, Part, Report, Why
from enforcer.audit.report_findings import days_text, findings_text, waivers_text
from enforcer.audit.report_gaps import gaps_text, none_text
from enforcer.audit.report_words import WIDTH, duration, moment, number, wrapped
from enforcer.audit.visible import visible
from enforcer.model.calendar import iso
from enforcer.model.settings import TAP
from enforcer.model.verdict import Verdict

MAX_LINES = 40
"""Rows shown for each phase; JSON has them all."""
_CLIENT = 15
"""Wide enough for every IPv4 address; what is longer gets a line of its own."""


def text(report: Report) -> Iterator[str]:
    """The report line by line."""
    yield f"In force at {moment(report.in_force.at)}, policy {report.in_force.revision}"
    for told in _daemons(report):
        yield from wrapped(told, "  ", "  ")
    yield from in_force_text(report.in_force)
    yield ""
    if report.happened is not None:
        yield from _happened(report, report.happened)
        return
    yield from wrapped(f"Nothing was recorded yet: there is no store at {visible(report.store)}.")
    yield from wrapped("Records begin with the first `enforcer run`; another store is named by --store.")


# --- what is in force


def _daemons(report: Report) -> Iterator[str]:
    """Of each gateway, if the report is of several."""
    if report.happened is None or not report.happened.parts:
        yield _daemon(report, report.store, report.happened)
        return
    for part in report.happened.parts:
        yield f"{visible(part.gateway)}: {_daemon(report, part.store, part)}"


def _daemon(report: Report, store: str, told: Happened | Part | None) -> str:
    """Whether the policy is only written down, or a daemon judges by it."""
    if told is None or not told.writing:
        return f"no daemon writes to {visible(store)}: this is the policy, not what is done"
    if not report.simulated and told.revision and told.revision != report.in_force.revision:
        other = f"the daemon judges by another revision, {told.revision}"
        return f"{other}{_mode(told)}; SIGHUP makes it read the files anew"
    return f"the daemon is running{_mode(told)}"


def _mode(told: Happened | Part) -> str:
    if told.mode == TAP:
        return " in mode tap: traffic is seen and flagged, nothing is enforced"
    return f", mode {told.mode}" if told.mode else ""


def in_force_text(now: InForce) -> Iterator[str]:
    """What holds for each group, and what changes next; `enforcer run` shows it too."""
    for group in now.groups:
        yield from _group(group)
    if now.next_change is None:
        yield "Next change: none is known."
        return
    yield f"Next change: {moment(now.next_change)}"
    for _, alike in groupby(sorted(now.changes, key=_apart), key=_apart):
        yield from wrapped(_change(list(alike)), "  ", "    ")


def _group(now: GroupNow) -> Iterator[str]:
    group = now.group
    whom = f"group {visible(group.name)}: " if group.name else ""
    held = "" if group.ceiling is Verdict.BLOCK else f"; ceiling {group.ceiling.word}: no more is done"
    yield from wrapped(f"{whom}for {', '.join(group.subjects)}, profile {group.profile}{held}", "  ", "  ")
    yield ""
    if not now.bans:
        yield "No adopted ban binds these subjects: nothing is observed, flagged or blocked."
        yield ""
    for ban in now.bans:
        yield from _ban(ban)
        yield ""


def _ban(now: BanNow) -> Iterator[str]:
    ban = now.ban
    yield from wrapped(f"{ban.id}: {_state(now)}", "", "  ")
    yield from wrapped(f"{ban.wording} {', '.join(ban.citations)}", "  ", "    ")
    vendor = ""
    for doing in now.doings:
        first = "" if doing.vendor == vendor else doing.vendor
        vendor = doing.vendor
        yield from wrapped(", ".join(doing.services), f"  {first:<12} {doing.verdict.word:<8} ", " " * 24)


def _state(now: BanNow) -> str:
    tentative = f"; {now.ban.tentative}, so it never blocks by itself" if now.ban.tentative else ""
    if now.phase is None:
        return (f"not in force, begins {moment(now.begins)}" if now.begins is not None else "ended") + tentative
    ends = now.phase.interval.ends
    until = "no end is known" if ends is None else f"until {moment(ends)}"
    return f"phase {now.phase.id} since {moment(now.phase.interval.starts)}, {until}{tentative}"


def _apart(change: Change) -> tuple[object, ...]:
    """Equal for changes that one sentence can tell."""
    return change.group, change.vendor, -change.after, -change.before, change.ban, change.phase, change.waiver


def _change(alike: Sequence[Change]) -> str:
    one = alike[0]
    services = ", ".join(change.service for change in alike)
    whom = f", for group {visible(one.group)}" if one.group else ""
    why = f" (phase {one.phase} of {one.ban})" if one.phase else ""
    waiver = f", by waiver {visible(one.waiver)}" if one.waiver else ""
    return f"{one.before.word} becomes {one.after.word}: {one.vendor} {services}{whom}{waiver}{why}"


# --- what happened


def _happened(report: Report, told: Happened) -> Iterator[str]:
    trial = "SIMULATED, what trials did and never a fact: " if report.simulated else ""
    yield from wrapped(
        f"{trial}From {moment(told.since)} to {moment(told.until)} ({duration(told.until - told.since)})"
    )
    if not told.rows.rows:
        yield "  nothing of a restricted vendor was seen"
    for (ban, phase), rows in groupby(_by_phase(told.rows.rows), key=lambda row: row.key[:2]):
        yield ""
        yield from _phase(ban, phase, list(rows))
    if told.rows.omitted:
        yield f"  and {number(told.rows.omitted, 'more row')}: narrow the time to see them"
    yield from _reasons("Stopped, and why", [why for why in told.why if not why.passed])
    yield from _reasons("To be stopped and only seen (mode tap), and why", [why for why in told.why if why.only_seen])
    yield from _reasons("Passed, and why", [why for why in told.why if why.passed and not why.only_seen])
    yield from waivers_text(told.waived)
    yield from findings_text(told.findings)
    yield from days_text(told.days)
    yield ""
    yield from _service(report, told)


def _by_phase(rows: Sequence[Count]) -> list[Count]:
    """Bans and phases together, and within them the most frequent first."""
    return sorted(rows, key=lambda row: (not row.key[0], row.key[:2], -row.occurrences, row.key))


def _phase(ban: str, phase: str, rows: list[Count]) -> Iterator[str]:
    clients = len({row.key[ROW.index("client")] for row in rows})
    total = sum(row.occurrences for row in rows)
    what = f"{visible(ban)}, phase {visible(phase)}" if phase else visible(ban) or "Under no ban"
    yield from wrapped(f"{what}: {number(total, 'time')}, {number(clients, 'client')}", "", "  ")
    yield from wrapped(
        f"first {moment(min(row.first for row in rows))}, last {moment(max(row.last for row in rows))}", "  "
    )
    yield f"  {'CLIENT':<{_CLIENT}}  {'SERVICE':<13}  {'VERDICT':<7}  {'ACTION':<9}  {'COUNT':>7}  LAST"
    for row in rows[:MAX_LINES]:
        yield from _row(row)
    if len(rows) > MAX_LINES:
        left = rows[MAX_LINES:]
        times = number(sum(row.occurrences for row in left), "time")
        yield f"  and {len(left):,} more rows, {times}: --json has them"


def _row(row: Count) -> Iterator[str]:
    of = dict(zip(ROW, map(visible, row.key), strict=True))
    client = of["client"] or "-"
    if len(client) > _CLIENT:
        yield f"  {client}"
        client = ""
    last = f"{iso(row.last)[:16]}Z"
    yield (
        f"  {client:<{_CLIENT}}  {of['service'] or '-':<13}  {of['verdict']:<7}  {of['action']:<9}"
        f"  {row.occurrences:>7}  {last}"
    )


def _reasons(title: str, reasons: Sequence[Why]) -> Iterator[str]:
    if not reasons:
        return
    yield ""
    yield title
    sums: dict[str, int] = {}
    for why in reasons:
        waiver = why.count.key[WHY.index("waiver")]
        note = f" [waiver {visible(waiver)}]" if waiver and waiver not in why.reason else ""
        said = visible(why.reason) + note
        sums[said] = sums.get(said, 0) + why.count.occurrences
    for said, occurrences in sorted(sums.items(), key=lambda one: -one[1]):
        yield from wrapped(said, f"{occurrences:>7}  ", " " * 9)


# --- the service itself


def _coverage(told: Happened) -> Iterator[str]:
    if told.coverage is None:
        return
    if not told.parts:
        yield from gaps_text(told.coverage, told.since, told.until)
        return
    for part in told.parts:
        if part.coverage is not None:
            yield f"{visible(part.gateway)}: {number(part.occurrences, 'contact')} on record"
            yield from (f"  {line}" for line in gaps_text(part.coverage, told.since, told.until, width=WIDTH - 2))
    yield from wrapped(none_text(told), "", "  ")


def _service(report: Report, told: Happened) -> Iterator[str]:
    yield from _coverage(told)
    if told.own:
        own = sorted(told.own, key=lambda row: OWN_KINDS.index(row.key[0]))
        yield from wrapped("The service recorded: " + ", ".join(f"{row.records} {row.key[0]}" for row in own))
    if told.last_error:
        yield from wrapped(f"Last error: {visible(told.last_error)}", "", "  ")
    if told.others and report.simulated:
        yield from wrapped(
            f"{number(told.others, 'fact')} of this time stand apart: leave out --simulated to see them."
        )
    elif told.others:
        yield from wrapped(
            f"{number(told.others, 'simulated event')} of this time stand apart: --simulated shows them."
        )
