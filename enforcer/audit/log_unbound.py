"""Unbound's log-queries and log-replies, as it writes them itself, with epoch or readable times, or through syslog.

Where both are logged each question stands there twice: a reply counts only until the first question was seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from enforcer.audit.contact import Contact, LogFault, names
from enforcer.audit.log_time import SYSLOG, Dating, epoch
from enforcer.model.observation import How

_STAMP = rf"(?:\[(?P<epoch>\d{{9,11}})\]|{SYSLOG})"
_LINE = re.compile(_STAMP + r"(?: [\w.-]+)?? unbound(?:\[[\d:]+\])?:? (?:\[[\d:]+\] )?(?P<level>\w+): (?P<rest>.*)")
_ASKED = re.compile(r"(?P<client>[0-9a-fA-F.:]+(?:%\w+)?) (?P<name>\S+) \S+ IN(?P<reply> [A-Z]+ [\d.]+ \d \d+)?(?: |$)")
LEVELS = ("info", "query", "reply")


class Unbound:
    name = "unbound"

    def __init__(self, dating: Dating) -> None:
        self._dating = dating
        self._questions = False

    @staticmethod
    def knows(lines: Sequence[str]) -> bool:
        return any(_LINE.match(line) for line in lines)

    def read(self, line: str) -> Iterator[Contact]:
        found = _LINE.match(line)
        if not found:
            raise LogFault("it is no line of Unbound")
        asked = _ASKED.match(found["rest"]) if found["level"] in LEVELS else None
        if asked is None or (asked["reply"] and self._questions):
            return
        self._questions = self._questions or not asked["reply"]
        read = names([asked["name"]])
        if read:
            yield Contact(self._at(found), How.DNS, read, asked["client"])

    def _at(self, found: re.Match[str]) -> float:
        if found["epoch"]:
            return epoch(found["epoch"])
        return self._dating.syslog(found)
