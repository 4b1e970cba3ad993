"""Access logs of proxies: Squid's own form, and the combined form of Squid, nginx and Apache.

A combined line names its host only where the request target does (a forward proxy: an absolute URL, or CONNECT), or
where the host stands in front (`vhost_combined`). A server's own log, which has neither, tells no contact of a client.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from enforcer.audit.contact import Contact, LogFault, address, names
from enforcer.audit.log_time import Dating, epoch
from enforcer.model.observation import How

_SQUID = re.compile(
    r"(?P<at>\d{9,11}\.\d{3}) +\d+ (?P<client>\S+) [A-Z_]+/\d{3} \d+ (?P<method>[A-Z]+) (?P<target>\S+) \S+"
    r" [A-Z_]+/(?P<server>\S+)"
)
_COMBINED = re.compile(
    r"(?:(?P<host>[\w.-]+):(?P<port>\d{1,5}) )?(?P<client>[0-9a-fA-F.:]+) \S+ \S+"
    r" \[(?P<day>\d{1,2})/(?P<month>[A-Z][a-z]{2})/(?P<year>\d{4}):(?P<clock>[\d:]{8})(?: (?P<zone>[+-]\d{4}))?\]"
    r' "(?P<method>[A-Z]+) (?P<target>\S+)[^"]*"'
)
CONNECT = "CONNECT"


class Squid:
    name = "squid"

    def __init__(self, dating: Dating) -> None:
        """Its times are whole: `dating` is not needed."""

    @staticmethod
    def knows(lines: Sequence[str]) -> bool:
        return any(_SQUID.match(line) for line in lines)

    def read(self, line: str) -> Iterator[Contact]:
        found = _SQUID.match(line)
        if not found:
            raise LogFault("it is no line of Squid's own form")
        contact = _contact(epoch(found["at"]), found["client"], found["method"], found["target"])
        if contact is not None:
            yield contact


class Combined:
    name = "combined"

    def __init__(self, dating: Dating) -> None:
        self._dating = dating

    @staticmethod
    def knows(lines: Sequence[str]) -> bool:
        return any(_COMBINED.match(line) for line in lines)

    def read(self, line: str) -> Iterator[Contact]:
        found = _COMBINED.match(line)
        if not found:
            raise LogFault("it is no line of the combined form")
        target = found["target"]
        if found["host"] and target.startswith("/"):
            target = f"http://{found['host']}:{found['port']}{target}"
        contact = _contact(self._at(found), found["client"], found["method"], target)
        if contact is not None:
            yield contact

    def _at(self, found: re.Match[str]) -> float:
        if found["zone"]:
            month = found["month"]
            at = Dating(newest=0).whole(found["year"], month, found["day"], found["clock"])
            hours, minutes = int(found["zone"][1:3]), int(found["zone"][3:])
            offset = hours * 3600 + minutes * 60
            return at + offset if found["zone"][0] == "-" else at - offset
        return self._dating.whole(found["year"], found["month"], found["day"], found["clock"])


def _contact(at: float, client: str, method: str, target: str) -> Contact | None:
    """CONNECT asks for a tunnel to the host, which TLS nearly always fills; the name is what the client asked for."""
    host, server_port = _authority(method, target)
    if address(host) is not None:
        return Contact(at, How.ADDRESS, (), client, None, host, server_port, "tcp")
    read = names([host])
    how = How.TLS if method == CONNECT else How.HTTP
    return Contact(at, how, read, client, None, "", server_port, "tcp") if read else None


def _authority(method: str, target: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(f"//{target}" if method == CONNECT else target)
        return parts.hostname or "", parts.port or {"http": 80, "https": 443, "ftp": 21}.get(parts.scheme)
    except ValueError:
        return "", None
