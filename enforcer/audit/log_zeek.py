"""Zeek's dns.log, ssl.log, http.log and quic.log, as tab-separated text with its header or as JSON lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from enforcer.audit.contact import Contact, LogFault, json_object, names
from enforcer.audit.log_time import Dating, epoch
from enforcer.model.names import HostName
from enforcer.model.observation import How

UNSET = ("-", "(empty)")
NAMED_BY = {"query": How.DNS, "server_name": How.TLS, "host": How.HTTP}
"""The field that holds the name, for each kind of log; QUIC's has the same as TLS's."""


class Zeek:
    """One file: its header, if it has one, stands before its lines."""

    name = "zeek"

    def __init__(self, dating: Dating) -> None:
        self._dating = dating
        self._fields: list[str] = []
        self._path = ""
        self._named = -1
        """Which of the fields holds the name; -1 if none does."""

    @staticmethod
    def knows(lines: Sequence[str]) -> bool:
        return any(line.startswith("#separator") for line in lines[:1]) or any(
            line.startswith("{") and '"id.orig_h"' in line and '"ts"' in line for line in lines
        )

    def read(self, line: str) -> Iterator[Contact]:
        if line.startswith("#"):
            self._header(line)
            return
        members = json_object(line) if line.startswith("{") else self._members(line)
        found = self._contact(members) if members else None
        if found is not None:
            yield found

    def _header(self, line: str) -> None:
        word, _, rest = line.partition("\t")
        if word == "#fields":
            self._fields = rest.split("\t")
            self._named = next((self._fields.index(name) for name in NAMED_BY if name in self._fields), -1)
        elif word == "#path":
            self._path = rest

    def _members(self, line: str) -> dict[str, Any] | None:
        values = line.split("\t")
        if not self._fields:
            raise LogFault("there is no #fields line before it")
        if len(values) != len(self._fields):
            raise LogFault(f"{len(values)} fields, not {len(self._fields)}")
        if self._named < 0 or values[self._named] in UNSET:
            return None
        return dict(zip(self._fields, values, strict=True))

    def _contact(self, members: Mapping[str, Any]) -> Contact | None:
        for field, how in NAMED_BY.items():
            text = members.get(field)
            if text is not None and text not in UNSET:
                read = names([_host(text) if how is How.HTTP else text, *_links(members, how)])
                quic = how is How.TLS and (self._path == "quic" or "client_initial_dcid" in members)
                return self._made(members, How.QUIC if quic else how, read) if read else None
        return None

    def _made(self, members: Mapping[str, Any], how: How, read: tuple[HostName, ...]) -> Contact:
        return Contact(
            self._at(members.get("ts")),
            how,
            read,
            str(members.get("id.orig_h", "")),
            members.get("id.orig_p"),
            str(members.get("id.resp_h", "")),
            members.get("id.resp_p"),
            _protocol(members, how),
        )

    def _at(self, ts: object) -> float:
        return self._dating.iso(ts) if isinstance(ts, str) and "T" in ts else epoch(ts)


def _links(members: Mapping[str, Any], how: How) -> list[object]:
    """The names among a DNS answer's records; addresses and texts are no host names and fall out."""
    answers = members.get("answers", ()) if how is How.DNS else ()
    if answers in UNSET or not answers:
        return []
    texts = answers.split(",") if isinstance(answers, str) else answers if isinstance(answers, list) else ()
    return [text for text in texts if isinstance(text, str) and not _is_data(text)]


def _is_data(text: str) -> bool:
    """An address or a text; tested by its shape, since nearly every record is one."""
    return ":" in text or " " in text or text.rpartition(".")[2].isdigit()


def _host(text: object) -> str:
    """Without a port."""
    return str(text).rpartition(":")[0] if str(text).rpartition(":")[2].isdecimal() else str(text)


def _protocol(members: Mapping[str, Any], how: How) -> str:
    told = members.get("proto")
    if told in ("udp", "tcp"):
        return str(told)
    return "udp" if how is How.QUIC else "tcp" if how is not How.DNS else ""
