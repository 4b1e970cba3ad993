"""Bans as they are named on the command line."""

from __future__ import annotations

from collections.abc import Iterable

import click

from enforcer.policy.ban import Ban
from enforcer.policy.compiled import Policy
from enforcer.policy.spelling import meant


def bans_named(policy: Policy, ids: Iterable[str]) -> tuple[Ban, ...]:
    """In the order given. Raises click.BadParameter, with the nearest right spelling."""
    known = {ban.id: ban for ban in policy.bans}
    for id_ in ids:
        if id_ not in known:
            raise click.BadParameter(f"no ban {id_!r} is loaded{meant(id_, known)}")
    return tuple(known[id_] for id_ in ids)
