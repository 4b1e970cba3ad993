"""Suricata's EVE: JSON lines of the kinds dns (versions 1 to 3), tls, quic and http."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from enforcer.audit.contact import Contact, json_object, names
from enforcer.audit.log_time import Dating
from enforcer.model.names import HostName
from enforcer.model.observation import How
from enforcer.model.ports import DNS

NAMED_BY = {"tls": (How.TLS, "sni"), "quic": (How.QUIC, "sni"), "http": (How.HTTP, "hostname")}
LINKS = ("CNAME", "DNAME", "HTTPS", "SVCB")


class Eve:
    name = "suricata"

    def __init__(self, dating: Dating) -> None:
        self._dating = dating

    @staticmethod
    def knows(lines: Sequence[str]) -> bool:
        return any(line.startswith("{") and '"event_type"' in line and '"timestamp"' in line for line in lines)

    def read(self, line: str) -> Iterator[Contact]:
        members = json_object(line)
        how, read = _named(members)
        if not read:
            return
        ends = [(str(members.get(f"{end}_ip", "")), members.get(f"{end}_port")) for end in ("src", "dest")]
        if how is How.DNS and ends[0][1] == DNS and ends[1][1] != DNS:
            ends.reverse()  # an answer, told by the direction of its packet
        at = self._dating.iso(str(members.get("timestamp")))
        yield Contact(at, how, read, *ends[0], *ends[1], str(members.get("proto", "")).lower())


def _named(members: Mapping[str, Any]) -> tuple[How, tuple[HostName, ...]]:
    kind = members.get("event_type")
    about = members.get(kind) if isinstance(kind, str) else None
    if kind == "dns" and isinstance(about, dict):
        return How.DNS, _dns(about)
    how, field = NAMED_BY.get(str(kind), (How.TLS, ""))
    return how, names([about[field]]) if isinstance(about, dict) and field in about else ()


def _dns(about: Mapping[str, Any]) -> tuple[HostName, ...]:
    """A question, or an answer with its links. Version 3 lists the questions, the others have one."""
    queries = about.get("queries")
    asked = queries[0] if isinstance(queries, list) and queries else about
    answers = about.get("answers")
    records = answers if isinstance(answers, list) else [about]
    links = [one.get("rdata") for one in records if isinstance(one, dict) and one.get("rrtype") in LINKS]
    name = asked.get("rrname") if isinstance(asked, dict) else None
    return names([name or "", *filter(None, links)])
