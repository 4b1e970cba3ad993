"""`enforcer audit report`: a period as a page, a table, or for a program."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click

from enforcer.audit.charts import Tick
from enforcer.audit.report import Report
from enforcer.audit.report_csv import as_csv
from enforcer.audit.report_html import as_html
from enforcer.audit.report_json import members
from enforcer.audit.report_text import text
from enforcer.cli.audit import period_of, report_of
from enforcer.cli.errors import told
from enforcer.cli.options import config_option, policies_option, read_policy
from enforcer.cli.written import write
from enforcer.edge.clock import Clock
from enforcer.policy.ban import Ban
from enforcer.policy.compiled import Policy

FORMS = ("html", "csv", "json", "text")
ENDINGS = {"": "text", ".txt": "text", ".text": "text", ".html": "html", ".htm": "html", ".csv": "csv", ".json": "json"}
MONTH = 30 * 86400.0


@click.command("report")
@click.option("--since", metavar="WHEN", help="From this instant on. Default: 30d before --until.")
@click.option("--until", metavar="WHEN", help="Up to this instant, and not including it. Default: now.")
@click.option("--form", type=click.Choice(FORMS), help="Default: what the name of --out ends in, else text.")
@click.option("-o", "--out", type=click.Path(path_type=Path), default=Path("-"), metavar="FILE", help="Default: print.")
@click.option(
    "--store",
    "stores",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The event store to use instead of the site file's. Several, of several gateways, are put together.",
)
@click.option("--simulated", is_flag=True, help="Tell of trials instead of facts.")
@config_option
@policies_option
@told
def command(
    since: str | None,
    until: str | None,
    form: str | None,
    out: Path,
    stores: tuple[Path, ...],
    simulated: bool,
    config: Path | None,
    policies: Path | None,
) -> None:
    """A period as one HTML page with charts, as CSV, JSON or text: what was stopped, what passed and why, and gaps.

    The page needs nothing else: no network, no script; it prints well. WHEN is as in `enforcer audit`. Of several
    stores, one of each gateway, contacts are added up, and gaps are told for each, and how long none was in force.

    \b
    enforcer audit report -o september.html --since 2024-09-01 --until 2024-10-01
    enforcer audit report -o week.csv --since 7d
    enforcer audit report --form json --since 24h
    enforcer audit report -o site.html --store gw-1/events.sqlite --store gw-2/events.sqlite

    Exit codes: 0 told; 1 the store cannot be read, or FILE not written; 2 the command line; 3 the policy.
    """
    form = form or _form_of(out)
    now = Clock().now()
    period = period_of(since, until, now, simulated, length=MONTH)
    policy = read_policy(policies, config)
    report = report_of(policy, stores, period, simulated, now)
    write(out, as_form(form, report, policy))


def as_form(form: str, report: Report, policy: Policy) -> str:
    """The report in one of FORMS."""
    return _FORMS[form](report, policy)


def _form_of(out: Path) -> str:
    """Raises BadParameter: an ending that no form has, such as `.pdf`, is not to hold text."""
    ending = out.suffix.lower()
    if ending in ENDINGS:
        return ENDINGS[ending]
    what = "print the .html one from a browser" if ending == ".pdf" else "give --form"
    raise click.BadParameter(
        f"no form ends in {ending}: name it .html, .csv, .json or .txt, or {what}", param_hint="'--out'"
    )


def _html(report: Report, policy: Policy) -> str:
    told = report.happened
    if told is None:
        return as_html(report, {}, ())
    phases = ((phase.interval.starts, phase.id) for ban in _adopted(policy) for phase in ban.phases)
    ticks = tuple(Tick(at, label) for at, label in sorted(set(phases)) if told.since <= at < told.until)
    return as_html(report, told.days, ticks)


def _adopted(policy: Policy) -> list[Ban]:
    return [ban for group in policy.site.groups for ban in policy.adopted(group)]


_FORMS: dict[str, Callable[[Report, Policy], str]] = {
    "html": _html,
    "csv": lambda report, _policy: as_csv(report),
    "json": lambda report, _policy: json.dumps(members(report), indent=2) + "\n",
    "text": lambda report, _policy: "\n".join(text(report)) + "\n",
}
