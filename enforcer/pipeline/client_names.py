"""What a site's own files call its clients: leases of a DHCP server, or a hosts file. Text in, names by address out.

Three forms, told apart line by line: hosts(5) (`10.1.0.2 printer`), leases of dnsmasq (`EXPIRY MAC ADDRESS NAME ID`),
and those of Kea (comma-separated, with a header). A later line wins, as Kea appends. A name in a lease is what the
client says of itself: it helps a person to find the machine and proves nothing. What is no name is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address

MOST = 65_536
"""Names that are kept: about 15 MB."""
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")


def names_of(lines: Iterable[str]) -> dict[str, str]:
    """Names by address, as records spell addresses."""
    names: dict[str, str] = {}
    column = 0
    for line in lines:
        if line.startswith("address,"):
            header = line.strip().split(",")
            column = header.index("hostname") if "hostname" in header else 0
            continue
        address, name = _of_kea(line, column) if "," in line else _of_words(line)
        if address and _NAME.fullmatch(name) and (address in names or len(names) < MOST):
            names[address] = name
    return names


def _of_kea(line: str, column: int) -> tuple[str, str]:
    cells = line.strip().split(",")
    return (_address(cells[0]), cells[column].rstrip(".")) if 0 < column < len(cells) else ("", "")


def _of_words(line: str) -> tuple[str, str]:
    words = line.partition("#")[0].split()
    if len(words) >= 4 and words[0].isdecimal():
        return _address(words[2]), words[3]
    return (_address(words[0]), words[1].rstrip(".")) if len(words) >= 2 else ("", "")


def _address(text: str) -> str:
    """Empty if it is none of a client's."""
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    return "" if address.is_loopback or address.is_multicast or address.is_unspecified else str(address)
