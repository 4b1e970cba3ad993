"""Bans as they are named on the command line."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

import click

from enforcer.policy.ban import Ban
from enforcer.policy.compiled import Policy
from enforcer.policy.spelling import meant

FEW = 3
ALIKE = 0.8


def bans_named(policy: Policy, ids: Iterable[str]) -> tuple[Ban, ...]:
    """In the order given. Raises click.BadParameter, with the nearest right spelling."""
    known = {ban.id: ban for ban in policy.bans}
    for id_ in ids:
        if id_ not in known:
            raise click.BadParameter(f"no ban {id_!r} is loaded{_meant(id_, known)}")
    return tuple(known[id_] for id_ in ids)


def _meant(id_: str, known: Collection[str]) -> str:
    """Ids are long: what was typed may be the beginning or a part of one."""
    having = [one for one in known if id_ and id_ in one]
    if not having:
        heads = get_close_matches(id_[:100], [one[: len(id_) + 1] for one in known], n=1, cutoff=ALIKE)
        having = [one for one in known if heads and one.startswith(heads[0])]
    if not having:
        return meant(id_, known)
    more = ", …" if len(having) > FEW else ""
    return f"; did you mean {', '.join(map(repr, having[:FEW]))}{more}?"
