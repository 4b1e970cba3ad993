"""A contact that another program wrote down: what a log or a capture tells, ready to be judged by a policy."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any, NamedTuple

from enforcer.model.names import HostName, NameFault, host_name
from enforcer.model.observation import Address, How

# Not `lower`: the Kelvin sign's lower case is a plain k.
_LOWER = {capital: capital + 0x20 for capital in range(0x41, 0x5B)}
_ODD = re.compile(r"[^a-z0-9_.\\-]")
MAX_ESCAPED = 4 * 253
MAX_LINKS = 32
"""As many names as are read of one DNS message on the wire."""


class LogFault(ValueError):
    """A line that cannot be read; the message says why, without the line's place."""


class Contact(NamedTuple):
    """As the record spells it: nearly every contact is nobody's, so what costs is left for those that are not."""

    at: float
    """By the record's own time."""
    how: How
    names: tuple[HostName, ...]
    """First the name asked for, then each further link; empty where an address stands in its place (`server`)."""
    client: str = ""
    client_port: str | int | None = None
    server: str = ""
    server_port: str | int | None = None
    protocol: str = ""
    """`udp` or `tcp`, where it is told."""


def json_object(line: str) -> dict[str, Any]:
    """The members of a line that is a JSON object. Raises LogFault."""
    try:
        members = json.loads(line)
    except (ValueError, RecursionError):
        raise LogFault("it is no JSON") from None
    if not isinstance(members, dict):
        raise LogFault("it is no JSON object")
    return members


def address(text: object) -> Address | None:
    """The address, or None for anything else: a log may hold names, dashes, or nothing there."""
    try:
        return ip_address(text) if isinstance(text, str) else None
    except ValueError:
        return None


def port(text: object) -> int | None:
    """A port number, or None for anything else."""
    try:
        number = int(text) if isinstance(text, (str, int)) else -1
    except ValueError:
        return None
    return number if 0 <= number <= 0xFFFF else None


def names(texts: Sequence[object]) -> tuple[HostName, ...]:
    """The names, the first being what was asked for; none if that one is none: the root, or nothing at all."""
    read: list[HostName] = []
    for text in texts[:MAX_LINKS]:
        name = _name(str(text))
        if name is not None:
            read.append(name)
        elif not read:
            return ()
    return tuple(read) if len(read) == 1 else tuple(dict.fromkeys(read))


def _name(text: str) -> HostName | None:
    """As the wire's reader would have it, odd bytes escaped; BIND writes them so by itself."""
    try:
        return host_name(text)
    except NameFault:
        pass
    name = _ODD.sub(_escaped, text.translate(_LOWER).removesuffix("."))
    labels = name.split(".")
    return HostName(name) if all(labels) and len(name) <= MAX_ESCAPED else None


def _escaped(odd: re.Match[str]) -> str:
    return "".join(f"\\{byte:03d}" for byte in odd[0].encode("utf-8", "surrogateescape"))
