"""The `[[collector]]` tables of the site file: who gets events over syslog, how, and in which form."""

from __future__ import annotations

import re

from enforcer.model.destination import BYTES, FORMS, LARGEST, PORTS, SEVERITIES, TLS, UNIX, Destination
from enforcer.policy.table import Table

MAX_COLLECTORS = 16
LEAST_BYTES = 2048
MAX_SPOOL = 1_000_000_000
LONGEST_PATH = 107
"""Of a socket, in bytes: unix(7)."""
ADDRESS = re.compile(
    r"(?P<transport>udp|tcp|tls)://(?:\[(?P<v6>[0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|(?P<host>[A-Za-z0-9_.-]{1,253}))"
    r"(?::(?P<port>[0-9]{1,5}))?|unix://(?P<path>/.+)",
    re.ASCII,
)
_WANTED = (
    'wanted one like "tls://siem.example:6514", "tcp://192.0.2.7:601", "udp://[2001:db8::7]:514" or "unix:///dev/log"'
)
_ONLY_TLS = ("ca", "certificate", "key", "server_name")


def read_collectors(table: Table, facilities: tuple[str, ...], facility: str) -> tuple[Destination, ...]:
    """`facility` is that of `[output]`, for collectors that say none."""
    read = [_collector(one, facilities, facility) for one in table.tables("collector", MAX_COLLECTORS)]
    seen: set[str] = set()
    for index, one in enumerate(read):
        if one.name in seen:
            table.fault(f"collector[{index}].name", f"{one.name!r} is the name of another collector already")
        seen.add(one.name)
    return tuple(read)


def _collector(table: Table, facilities: tuple[str, ...], facility: str) -> Destination:
    transport, host, port = _address(table)
    read = Destination(
        name=table.word("name"),
        transport=transport,
        host=host,
        port=port,
        form=table.choice("format", FORMS, FORMS[0]),
        up_to=table.choice("up_to", tuple(SEVERITIES), "notice"),
        facility=table.choice("facility", facilities, facility),
        max_bytes=table.number("max_bytes", BYTES[transport], LEAST_BYTES, LARGEST),
        spool=table.number("spool", 0, 0, MAX_SPOOL),
        ca=_path(table, "ca"),
        certificate=_path(table, "certificate"),
        key=_path(table, "key"),
        server_name=table.text("server_name", ""),
    )
    _tls(table, read)
    table.done()
    return read


def _address(table: Table) -> tuple[str, str, int]:
    text = table.text("address")
    match = ADDRESS.fullmatch(text)
    if match is None:
        if text:
            table.fault("address", f"{text[:200]!r} is no address of a collector; {_WANTED}")
        return TLS, "", 0
    if path := match["path"]:
        if len(path.encode()) > LONGEST_PATH:
            table.fault(
                "address", f"the path of a socket has at most {LONGEST_PATH} bytes, this has {len(path.encode())}"
            )
        return UNIX, path, 0
    transport = match["transport"]
    port = int(match["port"] or PORTS.get(transport, 0))
    if match["port"] is None and not port:
        table.fault("address", f"names no port, and TCP has no usual one: write {text + ':514'!r} or {text + ':601'!r}")
    elif not 0 < port < 65_536:
        table.fault("address", f"port {port} is not between 1 and 65535")
    return transport, match["v6"] or match["host"], port


def _path(table: Table, key: str) -> str:
    path = table.text(key, "")
    if path and not path.startswith("/"):
        table.fault(key, f"{path[:200]!r} is no absolute path")
    return path


def _tls(table: Table, read: Destination) -> None:
    if read.transport != TLS:
        for key in _ONLY_TLS:
            if getattr(read, key):
                table.fault(key, f"is for tls:// only, and this is {read.transport}://: nothing would be checked")
        return
    if read.certificate and not read.key:
        table.fault("key", "is missing: a certificate proves nothing without its key")
    if read.key and not read.certificate:
        table.fault("certificate", "is missing: a key is shown by its certificate only")
