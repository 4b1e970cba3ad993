"""A report as one HTML page that needs nothing else: for the auditor, on a screen and on paper.

No script, no picture from elsewhere, no font: the page can be filed, and opened in ten years. All that came from the
wire is made visible and escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from enforcer.audit.charts import Tick, bars_chart, days_chart
from enforcer.audit.count import Count
from enforcer.audit.in_force import BanNow, GroupNow
from enforcer.audit.report import ROW, WHY, Happened, Report, Why
from enforcer.audit.report_page import STYLE
from enforcer.audit.report_text import duration, gap_text, moment
from enforcer.audit.visible import visible
from enforcer.model.verdict import Verdict

Days = Mapping[int, Mapping[Verdict, int]]
MAX_ROWS = 2_000
"""Rows of the table; CSV and JSON have them all."""


NOTES = (
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
    return _e(f"Restricted vendors:{period}")


def _body(report: Report, days: Days, boundaries: Sequence[Tick]) -> Iterator[str]:
    yield "<header><h1>Restricted vendors: what was seen and what was done</h1>"
    when = moment(report.in_force.at)
    yield f"<p>Policy revision {_e(report.in_force.revision)}, written {when}, from {_e(report.store)}</p>"
    if report.simulated:
        yield '<p class="warning">Simulated: these are trials, and nothing of this ever happened.</p>'
    yield "</header><main>"
    told = report.happened
    if told is None:
        yield "<p>Nothing was recorded yet: there is no store.</p>"
    else:
        yield from _happened(told, days, boundaries)
    yield from _in_force(report.in_force.groups)
    yield from _notes()
    yield "</main>"


def _happened(told: Happened, days: Days, boundaries: Sequence[Tick]) -> Iterator[str]:
    yield "<section><h2>The period</h2>"
    yield f"<p>{moment(told.since)} to {moment(told.until)} ({duration(told.until - told.since)}), times in UTC.</p>"
    yield from _figures(told)
    if told.rows.occurrences:
        yield _figure(
            days_chart(days, told.since, told.until, boundaries),
            "Contacts with restricted vendors by day (UTC); dashed lines: a phase begins",
        )
        yield _legend()
    yield "</section>"
    yield from _bars(told.rows.rows)
    yield from _why("What was stopped, and why", [why for why in told.why if not why.passed])
    yield from _why("What passed, and why", [why for why in told.why if why.passed])
    yield from _waivers(told.why)
    yield from _coverage(told)
    yield from _rows(told)


def _figures(told: Happened) -> Iterator[str]:
    rows = told.rows.rows
    stopped = sum(row.occurrences for row in rows if row.key[ROW.index("verdict")] == "block")
    flagged = sum(row.occurrences for row in rows if row.key[ROW.index("verdict")] == "flag")
    clients = len({row.key[ROW.index("client")] for row in rows})
    gaps = "-" if told.coverage is None else f"{len(told.coverage.gaps) + told.coverage.more:,}"
    shown = (
        (f"{told.rows.occurrences:,}", "contacts"),
        (f"{stopped:,}", "blocked"),
        (f"{flagged:,}", "flagged"),
        (f"{clients:,}", "clients"),
        (gaps, "gaps in coverage"),
    )
    cells = "".join(f"<div><dt>{what}</dt><dd>{value}</dd></div>" for value, what in shown)
    yield f'<dl class="figures">{cells}</dl>'


def _bars(rows: Sequence[Count]) -> Iterator[str]:
    if not rows:
        return
    for title, member in (("Clients", "client"), ("Services", "service")):
        chart = bars_chart(f"{title} by contacts", _amounts(rows, member).items())
        yield f"<section><h2>{title}</h2>{_figure(chart, f'{title} with the most contacts, at most 20')}</section>"


def _amounts(rows: Iterable[Count], member: str) -> dict[str, dict[Verdict, int]]:
    found: dict[str, dict[Verdict, int]] = {}
    for row in rows:
        of = dict(zip(ROW, row.key, strict=True))
        verdict = Verdict.__members__.get(of["verdict"].upper(), Verdict.OBSERVE)
        amounts = found.setdefault(of[member] or "-", {})
        amounts[verdict] = amounts.get(verdict, 0) + row.occurrences
    return found


def _why(title: str, reasons: Sequence[Why]) -> Iterator[str]:
    if reasons:
        body = ((f"{why.count.occurrences:,}", _e(why.reason)) for why in reasons)
        yield f"<section><h2>{title}</h2>{_table(('Count', 'Reason'), body)}</section>"


def _waivers(reasons: Sequence[Why]) -> Iterator[str]:
    used: dict[str, int] = {}
    for why in reasons:
        if waiver := why.count.key[WHY.index("waiver")]:
            used[waiver] = used.get(waiver, 0) + why.count.occurrences
    if used:
        body = ((_e(waiver), f"{count:,}") for waiver, count in sorted(used.items()))
        yield f"<section><h2>Waivers used</h2>{_table(('Waiver', 'Contacts'), body)}</section>"


def _coverage(told: Happened) -> Iterator[str]:
    if told.coverage is None:
        return
    yield "<section><h2>When nothing was enforced, or nobody watched</h2>"
    if not told.coverage.gaps:
        yield "<p>No gap is known in this period.</p></section>"
        return
    yield _table(("From, to, and why",), ((_e(gap_text(gap)),) for gap in told.coverage.gaps))
    if told.coverage.more:
        yield f"<p>And {told.coverage.more:,} more.</p>"
    yield "</section>"


def _rows(told: Happened) -> Iterator[str]:
    if not told.rows.rows:
        yield "<section><h2>Contacts</h2><p>Nothing of a restricted vendor was seen.</p></section>"
        return
    shown = told.rows.rows[:MAX_ROWS]
    head = ("Ban", "Phase", "Vendor", "Client", "Service", "Verdict", "Action", "Count", "First", "Last")
    body = (
        (*(_e(part) or "-" for part in row.key), f"{row.occurrences:,}", moment(row.first), moment(row.last))
        for row in shown
    )
    yield f"<section><h2>Contacts</h2>{_table(head, body, verdict=ROW.index('verdict'))}"
    left = len(told.rows.rows) - len(shown) + told.rows.omitted
    if left:
        yield f"<p>And {left:,} more rows: the CSV and JSON forms of this report have more.</p>"
    yield "</section>"


def _in_force(groups: Sequence[GroupNow]) -> Iterator[str]:
    yield "<section><h2>What is in force when this is written</h2>"
    for group in groups:
        whom = f"Group {group.group.name}, " if group.group.name else ""
        yield f"<h3>{_e(whom)}{_e(', '.join(group.group.subjects))}, profile {_e(str(group.group.profile))}</h3>"
        head = ("Ban", "Phase", "Since", "Until", "Law", "What is done")
        yield _table(head, (_ban(ban) for ban in group.bans)) if group.bans else "<p>No adopted ban binds these.</p>"
    yield "</section>"


def _ban(now: BanNow) -> tuple[str, ...]:
    phase = now.phase
    ends = phase.interval.ends if phase else None
    done = "; ".join(f"{doing.verdict.word} {', '.join(doing.services)} of {doing.vendor}" for doing in now.doings)
    return (
        f"{_e(now.ban.title)}<br><small>{_e(now.ban.id)}</small>",
        _e(phase.id) if phase else "not in force",
        moment(phase.interval.starts) if phase else "-",
        moment(ends) if ends is not None else "no end is known" if phase else "-",
        _e(f"{now.ban.wording} {'; '.join(now.ban.citations)}"),
        _e(done) or "-",
    )


def _notes() -> Iterator[str]:
    yield "<section><h2>How to read this</h2>"
    yield "".join(f"<p>{paragraph}</p>" for paragraph in NOTES)
    yield "</section>"


def _table(head: Sequence[str], body: Iterable[Sequence[str]], *, verdict: int = -1) -> str:
    """The cells of `body` are HTML already. The column `verdict` is coloured by what stands there."""
    top = "".join(f'<th scope="col">{one}</th>' for one in head)
    lines = "".join(f"<tr>{''.join(_cell(at == verdict, cell) for at, cell in enumerate(row))}</tr>" for row in body)
    return f'<div class="wide" tabindex="0"><table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table></div>'


def _cell(coloured: bool, content: str) -> str:
    return f'<td class="v-{content}">{content}</td>' if coloured else f"<td>{content}</td>"


def _figure(chart: str, caption: str) -> str:
    return f'<figure><div class="wide" tabindex="0">{chart}</div><figcaption>{caption}</figcaption></figure>'


def _legend() -> str:
    marks = "".join(f'<li class="v-{one.word}">{one.word}</li>' for one in reversed(Verdict))
    return f'<ul class="legend">{marks}</ul>'


def _e(text: str) -> str:
    return escape(visible(text))
