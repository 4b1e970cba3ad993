"""BIND's category `queries`, in a file of its own or through syslog, with any of its print-time forms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from enforcer.audit.contact import Contact, LogFault, names
from enforcer.audit.log_time import SYSLOG, Dating
from enforcer.model.observation import How

_STAMP = (
    r"(?:(?P<own_day>\d{1,2})-(?P<own_month>[A-Z][a-z]{2})-(?P<own_year>\d{4}) (?P<own_clock>[\d:.]+)"
    rf"|{SYSLOG})"
)
_QUERY = re.compile(
    r"client (?:@\S+ )?(?P<client>[^\s#]+)#(?P<port>\d{1,5})(?:/key \S+)?(?: \(.*?\))?: "
    r"(?:view \S+: )?query: (?P<name>\S+) (?P<class>\S+) (?P<type>\S+)"
    r"(?: (?P<flags>[+-]\S*))?(?: \((?P<server>[^)]+)\))?"
)
_LINE = re.compile(_STAMP + r" .*?" + _QUERY.pattern)


class Bind:
    name = "bind"

    def __init__(self, dating: Dating) -> None:
        self._dating = dating

    @staticmethod
    def knows(lines: Sequence[str]) -> bool:
        return any(_LINE.match(line) for line in lines)

    def read(self, line: str) -> Iterator[Contact]:
        found = _LINE.match(line)
        if not found:
            if _QUERY.search(line):
                raise LogFault("it has no time: set print-time in BIND's channel")
            return  # of another category, in a file that several share
        read = names([found["name"]])
        if read:
            protocol = "tcp" if "T" in (found["flags"] or "") else "udp"
            server = found["server"] or ""
            yield Contact(self._at(found), How.DNS, read, found["client"], found["port"], server, None, protocol)

    def _at(self, found: re.Match[str]) -> float:
        if found["own_year"]:
            return self._dating.whole(found["own_year"], found["own_month"], found["own_day"], found["own_clock"])
        return self._dating.syslog(found)
