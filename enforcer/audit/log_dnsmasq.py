"""dnsmasq's log-queries, plain or `extra`, as it writes it itself or through syslog; Pi-hole's text log is the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from enforcer.audit.contact import Contact, LogFault, names
from enforcer.audit.log_time import SYSLOG, Dating
from enforcer.model.observation import How

_LINE = re.compile(rf"(?:{SYSLOG})(?: \S+)? dnsmasq(?:\[\d+\])?: (?P<rest>.*)")
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
            yield Contact(self._dating.syslog(found), How.DNS, read, query["client"], port)
