"""A report as one HTML page that needs nothing else: for the auditor, on a screen and on paper.

No script, no picture from elsewhere, no font: the page can be filed, and opened in ten years. All that came from the
wire is made visible and escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from enforcer.audit.charts import Tick, bars_chart, days_chart
from enforcer.audit.count import Count
from enforcer.audit.in_force import BanNow, GroupNow
from enforcer.audit.report import FOUND, ROW, WHY, Days, Finding, Happened, Report, Waived, Why
from enforcer.audit.report_cells import attribute, both, cell, figure, plain, table
from enforcer.audit.report_findings import use, way_title
from enforcer.audit.report_html_gaps import coverage_section
from enforcer.audit.report_page import STYLE
from enforcer.audit.report_words import duration, moment, number
from enforcer.model.event_schema import PASSED, SEEN
from enforcer.model.verdict import Verdict

MAX_ROWS = 2_000
"""Rows of the table; CSV and JSON have them all."""
MAX_CLIENTS = 10
"""Named of each finding."""
PROFILES = {
    "statutory": "never stricter than the text of the law",
    "protective": "what a careful organisation chooses, which may be stricter than the law",
}
NOTES = (
    "A contact is one look-up or connection that named a restricted vendor, or went to an address of one. <b>Block</b>:"
    " the policy says stop it. <b>Flag</b>: it passes and is reported. <b>Observe</b>: it passes and is only recorded."
    " All times are UTC.",
    "“Aligned with” stands where a text binds the vendor and not the user of a network, “required by” only where it"
    " binds the user. This is no legal advice.",
    "Only contacts with restricted vendors are kept. No record of a client is no proof that it made none: a name that"
    " no rule matches leaves no trace, and neither does what passed by a way that is not watched.",
    "The record behind this page is chained by hash: <code>enforcer audit verify</code> names the first record that"
    " was altered, and <code>enforcer audit explain NUMBER</code> tells one whole.",
)


def as_html(report: Report, days: Days, boundaries: Sequence[Tick]) -> str:
    """The whole page. `days` are contacts by UTC day and verdict, `boundaries` the instants at which phases began."""
    body = "\n".join(_body(report, days, boundaries))
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{_title(report)}</title>'
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head><body>\n{body}\n</body></html>\n'


def _title(report: Report) -> str:
    told = report.happened
    period = f" {moment(told.since)} to {moment(told.until)}" if told else ""
    return attribute(f"Restricted vendors:{period}")


def _whose(told: Happened | None) -> str:
    """The gateway whose record this is, or all of them; none where none is named in it."""
    names = [part.gateway for part in told.parts] or [told.gateway] if told else []
    named = ", ".join(cell(name) for name in names if name)
    return f"<b>Gateway{'s' * (len(names) > 1)} {named}</b><br>" if named else ""


def _body(report: Report, days: Days, boundaries: Sequence[Tick]) -> Iterator[str]:
    yield "<header><h1>Restricted vendors: what was seen and what was done</h1>"
    when = plain(moment(report.in_force.at))
    policy = f"policy revision {cell(report.in_force.revision)}"
    yield f"<p>{_whose(report.happened)}Written {when}, {policy}, from {cell(report.store)}</p>"
    if report.simulated:
        yield '<p class="warning">Simulated: these are trials, and nothing of this ever happened.</p>'
    yield "</header><main>"
    told = report.happened
    if told is None:
        yield "<p>Nothing was recorded yet: there is no store.</p>"
    else:
        yield from _happened(report, told, days, boundaries)
    yield from _in_force(report.in_force.groups)
    yield from _notes()
    yield "</main>"


def _happened(report: Report, told: Happened, days: Days, boundaries: Sequence[Tick]) -> Iterator[str]:
    yield "<section><h2>The period</h2>"
    period = plain(f"{moment(told.since)} to {moment(told.until)}")
    yield f"<p>{period} ({duration(told.until - told.since)}).</p>"
    yield from _figures(told)
    if told.others:
        other = "fact" if report.simulated else "simulated event"
        yield f"<p>{number(told.others, other)} of this time stand apart, and are not counted here.</p>"
    if told.rows.occurrences:
        yield figure(
            days_chart(days, told.since, told.until, boundaries),
            "Contacts with restricted vendors by day (UTC); dashed lines: a phase begins",
        )
        yield _legend()
    yield "</section>"
    yield from _bars(told.rows.rows)
    yield from _why("What was stopped, and why", [why for why in told.why if not why.passed])
    yield from _why("What was to be stopped and only seen, and why", [why for why in told.why if _missed(why)])
    yield from _why("What passed, and why", [why for why in told.why if why.passed and not _missed(why)])
    yield from _waivers(told.waived)
    yield from _findings(told.findings)
    yield from coverage_section(told)
    yield from _rows(told)


def _figures(told: Happened) -> Iterator[str]:
    rows = told.rows.rows
    blocked = [row for row in rows if row.key[ROW.index("verdict")] == "block"]
    missed = sum(row.occurrences for row in blocked if row.key[ROW.index("action")] in (PASSED, SEEN))
    flagged, observed, allowed = (
        sum(row.occurrences for row in rows if row.key[ROW.index("verdict")] == word)
        for word in ("flag", "observe", "allow")
    )
    clients = len({row.key[ROW.index("client")] for row in rows})
    gaps = None if told.coverage is None else len(told.coverage.gaps) + told.coverage.more
    shown = (
        (told.rows.occurrences, "contact" + "s" * (told.rows.occurrences != 1)),
        (sum(row.occurrences for row in blocked) - missed, "blocked"),
        (missed or None, "to be blocked, not stopped"),
        (flagged, "flagged"),
        (observed or None, "observed"),
        (allowed or None, "allowed"),
        (clients, "client" + "s" * (clients != 1)),
        (sum(one.count.occurrences for one in told.findings) or None, "findings"),
        (gaps, "gap in coverage" if gaps == 1 else "gaps in coverage"),
    )
    cells = "".join(f"<div><dt>{what}</dt><dd>{value:,}</dd></div>" for value, what in shown if value is not None)
    yield f'<dl class="figures">{cells}</dl>'


def _bars(rows: Sequence[Count]) -> Iterator[str]:
    if not rows:
        return
    for title, member in (("Clients", "client"), ("Services", "service")):
        chart = bars_chart(f"{title} by contacts", _amounts(rows, member).items())
        yield f"<section><h2>{title}</h2>{figure(chart, f'{title} with the most contacts, at most 20')}</section>"


def _amounts(rows: Iterable[Count], member: str) -> dict[str, dict[Verdict, int]]:
    found: dict[str, dict[Verdict, int]] = {}
    for row in rows:
        of = dict(zip(ROW, row.key, strict=True))
        verdict = Verdict.__members__.get(of["verdict"].upper(), Verdict.OBSERVE)
        amounts = found.setdefault(of[member] or "-", {})
        amounts[verdict] = amounts.get(verdict, 0) + row.occurrences
    return found


def _missed(why: Why) -> bool:
    return why.passed and why.count.key[WHY.index("verdict")] == "block"


def _why(title: str, reasons: Sequence[Why]) -> Iterator[str]:
    if reasons:
        body = (_reason(why) for why in reasons)
        head = ("Count", "Service", "Action", "Ban and phase", "Reason")
        yield f"<section><h2>{title}</h2>{table(title, head, body)}</section>"


def _reason(why: Why) -> tuple[str, ...]:
    of = dict(zip(WHY, why.count.key, strict=True))
    return (
        f"{why.count.occurrences:,}",
        both(of["vendor"], of["service"]),
        cell(of["action"]) or "-",
        both(of["ban"], of["phase"]),
        cell(why.reason),
    )


def _waivers(waived: Sequence[Waived]) -> Iterator[str]:
    if waived:
        head = ("Waiver", "What passed by it", "Asked for at the gateway (pauses)")
        body = ((cell(one.waiver) or "-", plain(use(one)), plain(cell(one.pause)) or "-") for one in waived)
        yield f"<section><h2>Waivers used</h2>{table('Waivers used', head, body)}</section>"


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    if findings:
        head = (
            "Finding",
            "Vendor",
            "Action",
            "Count",
            "Clients",
            "First and last (UTC)",
            "As the latest record tells it",
        )
        yield "<section><h2>Findings: ways around DNS, and what looks like a vendor&#39;s product</h2>"
        yield f"{table('Findings', head, map(_finding, findings))}</section>"


def _finding(one: Finding) -> tuple[str, ...]:
    of = dict(zip(FOUND, one.count.key, strict=True))
    clients = [f"{cell(row.key[0]) or '-'} ({row.occurrences:,})" for row in one.of_clients[:MAX_CLIENTS]]
    more = one.clients - len(clients)
    return (
        cell(way_title(of["way"])),
        both(of["vendor"], of["service"]),
        cell(of["action"]) or "-",
        f"{one.count.occurrences:,}",
        "<br>".join((*clients, f"and {more:,} more") if more else clients),
        _span(one.count),
        cell(one.reason),
    )


def _rows(told: Happened) -> Iterator[str]:
    if not told.rows.rows:
        yield "<section><h2>Contacts</h2><p>Nothing of a restricted vendor was seen.</p></section>"
        return
    shown = told.rows.rows[:MAX_ROWS]
    head = ("Client", "Service", "Verdict", "Action", "Count", "First and last (UTC)", "Ban and phase")
    yield f"<section><h2>Contacts</h2>{table('Contacts', head, map(_row, shown), verdict=head.index('Verdict'))}"
    left = len(told.rows.rows) - len(shown) + told.rows.omitted
    if left:
        yield f"<p>And {left:,} more rows: the CSV and JSON forms of this report have more.</p>"
    yield "</section>"


def _row(row: Count) -> tuple[str, ...]:
    of = dict(zip(ROW, row.key, strict=True))
    return (
        cell(of["client"]) or "-",
        both(of["vendor"], of["service"]),
        cell(of["verdict"]) or "-",
        cell(of["action"]) or "-",
        f"{row.occurrences:,}",
        _span(row),
        both(of["ban"], of["phase"]),
    )


def _span(count: Count) -> str:
    first, last = (f"<span>{plain(moment(at)).removesuffix(' UTC')}</span>" for at in (count.first, count.last))
    return first if first == last else f"{first}<br>{last}"


def _in_force(groups: Sequence[GroupNow]) -> Iterator[str]:
    yield "<section><h2>What is in force when this is written</h2>"
    for group in groups:
        whom = f"group {group.group.name}" if group.group.name else "the site"
        bound = f"{whom}, bound as {', '.join(group.group.subjects) or 'nobody'}"
        profile = str(group.group.profile)
        means = f"{PROFILES.get(profile, '')}.{_ceiling(group)}"
        yield f"<h3>In force for {cell(bound)}</h3><p>Profile {cell(profile)}: {means}</p>"
        head = ("Ban", "Phase", "Since and until", "Law", "What is done")
        rows = (_ban(ban) for ban in group.bans)
        yield (
            table(f"In force for {attribute(whom)}", head, rows) if group.bans else "<p>No adopted ban binds these.</p>"
        )
    yield "</section>"


def _ceiling(now: GroupNow) -> str:
    word = now.group.ceiling.word
    return "" if now.group.ceiling is Verdict.BLOCK else f" Ceiling {word}: whatever a ban asks for, no more is done."


def _ban(now: BanNow) -> tuple[str, ...]:
    phase = now.phase
    ends = phase.interval.ends if phase else None
    done = [f"{doing.verdict.word} {', '.join(doing.services)} of {doing.vendor}" for doing in now.doings]
    until = "no end is known" if ends is None else f"until {plain(moment(ends))}"
    return (
        f"{cell(now.ban.title)}<br><small>{cell(now.ban.id)}</small>",
        cell(phase.id) if phase else "not in force",
        f"{plain(moment(phase.interval.starts))};<br>{until}" if phase else "-",
        cell(f"{now.ban.wording} {'; '.join(now.ban.citations)}"),
        "<br>".join(map(cell, done)) or "-",
    )


def _notes() -> Iterator[str]:
    yield "<section><h2>How to read this</h2>"
    yield "".join(f"<p>{paragraph}</p>" for paragraph in NOTES)
    yield "</section>"


def _legend() -> str:
    marks = "".join(f'<li class="v-{one.word}">{one.word}</li>' for one in reversed(Verdict))
    return f'<ul class="legend">{marks}</ul>'
