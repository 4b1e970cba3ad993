"""`enforcer audit bundle`: one archive for the auditor."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from enforcer.audit.in_force import in_force
from enforcer.audit.report import Report
from enforcer.cli.audit import period_of
from enforcer.cli.audit_report import MONTH, as_form
from enforcer.cli.errors import told
from enforcer.cli.options import config_option, policies_option, store_option
from enforcer.cli.stored import stored
from enforcer.cli.written import file_or_output
from enforcer.edge.audit_bundle import chain_of, write_bundle
from enforcer.edge.clock import Clock
from enforcer.edge.files import read_set
from enforcer.edge.happenings import happened
from enforcer.edge.policy_source import Source, read_source
from enforcer.edge.records import Records
from enforcer.model.calendar import iso
from enforcer.policy.compiled import Policy

FORMS = ("html", "csv", "json")


@click.command("bundle")
@click.option("--since", metavar="WHEN", help="From this instant on. Default: 30d before --until.")
@click.option("--until", metavar="WHEN", help="Up to this instant, and not including it. Default: now.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="A .tar.gz to write; - is standard output.",
)
@store_option
@config_option
@policies_option
@told
def command(
    since: str | None, until: str | None, out: Path, store: Path | None, config: Path | None, policies: Path | None
) -> None:
    """One archive for the auditor: report, records, proofs, policies, configuration, and how to check them.

    The archive holds a verifier that needs only Python, and README.txt in plain words. On the gateway, as root, its
    list of files is signed with the store's key; from a copy it is not, and says so. WHEN is as in `enforcer audit`.
    The file is for its owner only, since it tells what people's computers did.

    \b
    enforcer audit bundle --since 2024-09-01 --until 2024-10-01 --out september.tar.gz
    tar xf september.tar.gz && cd enforcer-audit && python3 -I verify.py

    Exit codes: 0 written; 1 the store cannot be read, or FILE not written; 2 the command line; 3 the policy.
    """
    now = Clock().now()
    period = period_of(since, until, now, simulated=False, length=MONTH)
    assert period is not None  # noqa: S101 (only trials have none)
    source = read_source(policies, config)
    policy = source.load()
    path = store or Path(policy.settings.store)
    with stored(path) as records:
        chain, heads = chain_of(records, *period)
        about = {
            "version": 1,
            "gateway": _gateway(records),
            "store": path.name,
            "since": iso(period[0]),
            "until": iso(period[1]),
            "made": iso(now),
            "enforcer": version("egress-enforcer"),
            "revision": policy.revision,
            "key": heads[-1].key if heads else "",
            "chain": chain,
        }
        texts = {**_reports(records, policy, period, now), **_policies(source)}
        with file_or_output(out, "an archive") as file:
            listed = write_bundle(file, records, about, heads, texts)
    _tell(out, about, listed)


def _gateway(records: Records) -> str:
    """As its last record calls it."""
    last = records.event(records.newest())
    return last.gateway if last else ""


def _reports(records: Records, policy: Policy, period: tuple[float, float], now: float) -> dict[str, bytes]:
    report = Report(
        in_force=in_force(policy, now),
        store=records.path.name,
        simulated=False,
        happened=happened(records, *period, simulated=False, now=now),
    )
    return {f"report.{form}": as_form(form, report, policy).encode() for form in FORMS}


def _policies(source: Source) -> dict[str, bytes]:
    """The policies and the site file as they are loaded; a signed bundle of policies as its files."""
    files = source.bundle.files if source.bundle else read_set(source.folder)
    texts = {f"policies/{name}": bytes(data) for name, data in files.items()}
    return {**texts, "site.toml": source.site.encode(errors="surrogateescape")}


def _tell(out: Path, about: dict[str, Any], listed: bool) -> None:
    chain = about["chain"]
    count = chain["last"] - chain["first"] + 1
    where = "to standard output" if str(out) == "-" else out
    click.echo(f"wrote {where}: {count:,} records of {about['since']} to {about['until']}", err=True)
    if about["key"]:
        what = "records and list of files" if listed else "records"
        click.echo(f"{what} signed by the key {about['key']}", err=True)
        if not listed:
            why = "the store's key is not here, or this user may not read it: make it on the gateway as root"
            click.echo(f"reports, policies and configuration are not held by a signature, since {why}", err=True)
    else:
        click.echo("nothing in it is signed", err=True)
