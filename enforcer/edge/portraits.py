"""What stands in our tables now, asked of the kernel by netlink: a few milliseconds, and no nft program."""

from __future__ import annotations

from collections.abc import Iterable

from enforcer.edge.netfilter import Netfilter
from enforcer.plan.portrait import Portrait, elements_request, portrait, requests, watched_sets

TRIES = 5


def taken(tables: Iterable[tuple[int, str]]) -> tuple[Portrait, list[str]]:
    """Of all these tables together, and which of their sets' elements are part of it. Raises OSError.

    A list that changes while it is read may be told with holes: what counts is what was told twice in a row.
    """
    tables = list(tables)
    before = _once(tables)
    for _ in range(TRIES):
        again = _once(tables)
        if again == before:
            break
        before = again
    return before


def _once(tables: list[tuple[int, str]]) -> tuple[Portrait, list[str]]:
    whole: Portrait = {}
    sets: list[str] = []
    with Netfilter() as kernel:
        for family, table in tables:
            told = [answer for request in requests(family, table) for answer in kernel.dump(request)]
            named = watched_sets(told)
            told += [answer for name in named for answer in kernel.dump(elements_request(family, table, name))]
            whole |= portrait(family, table, told)
            sets += named
    return whole, sets
