"""`enforcer policy export`: the policy at a date as files for other programs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from enforcer.cli.errors import told
from enforcer.cli.export_run import ExportRun, sole_text
from enforcer.cli.now import or_now
from enforcer.cli.options import at_option, config_option, json_option, policies_option, read_policy
from enforcer.edge.clock import Clock
from enforcer.edge.follow import follow as follow_boundaries
from enforcer.edge.text_files import made_folder
from enforcer.export.edition import Wishes
from enforcer.export.forms import FORMS, Form, forms_named
from enforcer.export.refusal import ExportRefused

STDOUT = "-"
_LIST = "\n".join(f"    {form.name:<9} {form.about}" for form in FORMS.values())


@click.command("export", epilog=f"\b\nFormats:\n{_LIST}")
@click.argument("formats", nargs=-1, required=True, metavar="FORMAT...")
@at_option
@click.option("--group", default="", metavar="NAME", help="For this client group instead of the site itself.")
@click.option(
    "--output", default=STDOUT, metavar="DIR|-", help="The folder for the files; - writes a single file out here."
)
@click.option("--log-only", is_flag=True, help="Also what is flagged or observed, to be logged and let pass.")
@click.option(
    "--nftset", default="", metavar="FAMILY#TABLE", help="For dnsmasq: sets for addresses of what is watched."
)
@click.option("--follow", is_flag=True, help="Stay, and write the files again at each boundary and on SIGHUP.")
@config_option
@policies_option
@json_option
@told
def command(
    formats: tuple[str, ...],
    at: float | None,
    group: str,
    output: str,
    log_only: bool,
    nftset: str,
    follow: bool,
    config: Path | None,
    policies: Path | None,
    as_json: bool,
) -> None:
    """Write the policy as it stands at a date in the forms of other programs.

    Only what is blocked at that instant for the group is blocked in a file, never more; where a form can say less
    than the policy, the file's header tells what is missing. Each header names the revision, the instant, and the
    next change of the calendar, from which the file may be wrong.

    \b
    enforcer policy export rpz                                     today's, to look at
    enforcer policy export rpz --at 2024-09-29T00:00:00-04:00      that of a day
    enforcer policy export bind nft --output /etc/bind/enforcer    as files
    enforcer policy export rpz --group phones --log-only --output /var/lib/unbound
    enforcer policy export rpz --follow --output /var/lib/unbound  kept right until stopped

    Exit codes: 0 done, or stopped as told; 1 a form cannot say the policy, or a file cannot be written; 2 the
    command line; 3 the policy or site files.
    """
    forms = _forms(formats)
    if output == STDOUT and (as_json or follow):
        raise click.UsageError("--json and --follow are about files; give their folder with --output DIR")
    policy = read_policy(policies, config)
    wishes = Wishes(group=group, log_only=log_only, nftset=nftset)
    if output == STDOUT:
        click.echo(sole_text(policy, or_now(at), forms, wishes), nl=False)
        return
    folder = made_folder(Path(output))
    run = ExportRun(policy, lambda: read_policy(policies, config), forms, replace(wishes, folder=str(folder)), as_json)
    _write(run, at, follow)


def _write(run: ExportRun, at: float | None, follow: bool) -> None:
    if follow:
        follow_boundaries(run.step, Clock.simulated(at) if at is not None else Clock())
    elif run.write(or_now(at)):
        raise click.exceptions.Exit(1)


def _forms(words: tuple[str, ...]) -> tuple[Form, ...]:
    try:
        return forms_named(words)
    except ExportRefused as refusal:
        raise click.UsageError(f"{refusal.why}\n{refusal.cure}") from refusal
