"""dnsmasq's log-queries, plain or `extra`, as it writes it itself or through syslog; Pi-hole's text log is the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from enforcer.audit.contact import Contact, LogFault, names
from enforcer.audit.log_time import Dating
from enforcer.model.observation import How

_LINE = re.compile(
    r"(?:(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?P<clock>[\d:]{8})|(?P<iso>\d{4}-\d\d-\d\dT[\d:.]+\S*))"
    r"(?: \S+)? dnsmasq(?:\[\d+\])?: (?P<rest>.*)"
)
_QUERY = re.compile(r"(?:\d+ (?P<ends>\S+) )?query\[[^\]]+\] (?P<name>.+) from (?P<client>\S+)")


# The name is what the client sent, spaces included: whatever it says of clients, the last word is dnsmasq's.


class Dnsmasq:
    name = "dnsmasq"

    def __init__(self, dating: Dating) -> None:
        self._dating = dating

    @staticmethod
    def knows(lines: Sequence[str]) -> bool:
        return any(_LINE.match(line) for line in lines)

    def read(self, line: str) -> Iterator[Contact]:
        found = _LINE.match(line)
        if not found:
            raise LogFault("it is no line of dnsmasq")
        query = _QUERY.match(found["rest"])
        read = names([query["name"]]) if query else ()
        if query is not None and read:
            port = query["ends"].rpartition("/")[2] if query["ends"] else None
            yield Contact(self._at(found), How.DNS, read, query["client"], port)

    def _at(self, found: re.Match[str]) -> float:
        if found["iso"]:
            return self._dating.iso(found["iso"])
        return self._dating.without_year(found["month"], found["day"], found["clock"])
