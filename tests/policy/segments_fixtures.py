"""A vendor of given patterns, and the rows of its file."""

from collections.abc import Iterable
from datetime import date

from enforcer.model.names import HostName
from enforcer.policy.pattern_list import PatternList
from enforcer.policy.vendor import Hosts, Trap, Vendor


def hosts(
    names: Iterable[str] = (),
    domains: Iterable[str] = (),
    *,
    service: str = "update",
    names_list: PatternList | None = None,
    domains_list: PatternList | None = None,
) -> Hosts:
    return Hosts(
        service=service,
        names=_patterns(names),
        domains=_patterns(domains),
        names_list=names_list,
        domains_list=domains_list,
    )


def trap(names: Iterable[str] = (), domains: Iterable[str] = ()) -> Trap:
    return Trap(kind="look-alike", names=_patterns(names), domains=_patterns(domains), reason="r")


def vendor(*rows: Hosts | Trap, id_: str = "v") -> Vendor:
    return Vendor(
        id=id_,
        title=id_.upper(),
        verified_on=date(2026, 1, 1),
        sources={},
        hosts=tuple(row for row in rows if isinstance(row, Hosts)),
        traps=tuple(row for row in rows if isinstance(row, Trap)),
        file=f"vendors/{id_}.toml",
    )


def _patterns(names: Iterable[str]) -> tuple[HostName, ...]:
    return tuple(HostName(name) for name in names)


def listed(file: str, *patterns: str) -> PatternList:
    text = bytearray("".join(f"{pattern}\n" for pattern in patterns), "ascii")
    return PatternList(file, text, len(text), len(patterns))
