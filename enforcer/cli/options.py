"""Options that mean the same for every verb, and what is read by them."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import click

from enforcer.edge.files import SITE_FILE, read_policies, read_site, shipped_policies
from enforcer.model.observation import Address
from enforcer.policy.compiled import Policy
from enforcer.policy.load import load

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_instant(text: str) -> float:
    """RFC 3339 with an offset, or a bare day, which is 00:00 UTC of it, as seconds since 1970.

    Raises click.BadParameter: no date, or a time of day without an offset.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        why = f"{text!r} is no date; write it like 2024-09-29T00:00:00-04:00 or 2024-09-29"
        raise click.BadParameter(why) from None
    if moment.tzinfo is None and len(text) > len("2024-09-29"):
        spelt = moment.isoformat()
        raise click.BadParameter(f"{text!r} has no offset; write {spelt}Z for UTC, or {spelt}-04:00 and the like")
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH).total_seconds()


def read_address(text: str) -> Address:
    """Raises click.BadParameter."""
    try:
        return ip_address(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no IPv4 or IPv6 address") from None


at_option = click.option(
    "--at",
    metavar="DATE",
    callback=lambda _context, _option, text: None if text is None else read_instant(text),
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
json_option = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")


def read_policy(policies: Path | None, config: Path | None) -> Policy:
    """The policy in the given folder and site file, or the shipped and the default ones.

    Raises EdgeError where a file cannot be read, PolicyError where it cannot be used.
    """
    site, site_name = read_site(config)
    return load(read_policies(policies or shipped_policies()), site, site_name)
