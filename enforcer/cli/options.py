"""Options that mean the same for every verb, and what is read by them."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import click

from enforcer.edge.files import SITE_FILE
from enforcer.edge.policy_source import read_source
from enforcer.model.calendar import iso
from enforcer.model.instants import parse_instant
from enforcer.model.observation import Address
from enforcer.policy.compiled import Policy
from enforcer.policy.table import LAST


def read_instant(text: str) -> float:
    """RFC 3339 with an offset, or a bare day, which is 00:00 UTC of it, as seconds since 1970.

    Raises click.BadParameter: no date, a time of day without an offset, or beyond what a calendar can hold.
    """
    try:
        at = parse_instant(text)
    except ValueError as fault:
        raise click.BadParameter(str(fault)) from None
    if at >= LAST.timestamp():
        raise click.BadParameter(f"{text!r} is outside the years 1970 to 2261")
    return at


def is_day(text: str) -> bool:
    return len(text) == len("2024-09-29")


def read_address(text: str) -> Address:
    """Raises click.BadParameter."""
    try:
        return ip_address(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no IPv4 or IPv6 address") from None


def _at(_context: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    if text is None:
        return None
    at = read_instant(text)
    if is_day(text):
        click.echo(f"--at {text} is taken as {iso(at)}", err=True)
    return at


def _client(_context: click.Context, _option: click.Parameter, text: str | None) -> Address | None:
    return None if text is None else read_address(text)


at_option = click.option(
    "--at",
    metavar="DATE",
    callback=_at,
    help="Judge at this time instead of now: RFC 3339 with an offset, or a day (then 00:00 UTC).",
)
policies_option = click.option(
    "--policies",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The policy set to use instead of the shipped one.",
)
config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"The site file to use instead of {SITE_FILE}.",
)
trials_option = click.option("--simulated", is_flag=True, help="Of the records of trials instead of facts.")
store_option = click.option(
    "--store",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The event store to use instead of the site file's.",
)
client_option = click.option(
    "--client",
    metavar="ADDRESS",
    callback=_client,
    help="Judge as for this client, by its group in the site file.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")


def read_policy(policies: Path | None, config: Path | None) -> Policy:
    """The policy in the given folder and site file; else in the site file's bundle, the shipped policies.

    Raises EdgeError where a file cannot be read, PolicyError where it cannot be used, or nobody trusted signed it.
    """
    return read_source(policies, config).load()
