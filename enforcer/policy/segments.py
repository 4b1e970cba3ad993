"""All patterns of all vendors, in parts of which each has one meaning and one place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from enforcer.model.names import HostName
from enforcer.policy.pattern_list import PatternList
from enforcer.policy.vendor import Hosts, Trap, Vendor


@dataclass(frozen=True, slots=True)
class Segment:
    """The patterns of one key of one `[[hosts]]` or `[[trap]]` table, or of the list that it names."""

    vendor: Vendor
    row: Hosts | Trap
    exact: bool
    """Names; else domains."""
    patterns: Sequence[HostName] | PatternList
    file: str
    path: str
    """Where in the file; empty for a list, whose patterns stand one a line."""

    @property
    def place(self) -> str:
        return f"{self.file}: {self.path}" if self.path else self.file

    def packed(self) -> PatternList:
        return self.patterns if isinstance(self.patterns, PatternList) else PatternList.of(self.patterns)


def segments(vendors: Iterable[Vendor]) -> list[Segment]:
    """Those that hold something: first all of names, then all of domains, each in the order of vendors and tables."""
    return [one for exact in (True, False) for vendor in vendors for one in _of_vendor(vendor, exact) if one.patterns]


def _of_vendor(vendor: Vendor, exact: bool) -> Iterator[Segment]:
    key = "names" if exact else "domains"
    tables: list[tuple[str, Sequence[Hosts | Trap]]] = [("hosts", vendor.hosts), ("trap", vendor.traps)]
    for array, rows in tables:
        for index, row in enumerate(rows):
            written, listed = (row.names, row.names_list) if exact else (row.domains, row.domains_list)
            yield Segment(vendor, row, exact, written, vendor.file, f"{array}[{index}].{key}")
            if listed is not None:
                yield Segment(vendor, row, exact, listed, listed.file, "")
