"""Whom this machine's own programs ask for names: /etc/resolv.conf, and systemd-resolved's settings."""

from __future__ import annotations

import contextlib
from pathlib import Path

from enforcer.doctor.facts import Names
from enforcer.edge.surroundings import name_servers
from enforcer.edge.unit_files import values

_STUBS = ("127.0.0.53", "127.0.0.54")
"""systemd-resolved listens there (systemd-resolved.service(8))."""
_FOLDERS = ("usr/lib", "usr/local/lib", "run", "etc")
"""Of settings, below each `systemd`: the later ones have the last word, within one by name (resolved.conf(5))."""
_OFF = ("", "no", "false", "0", "off")


def own_names(root: Path = Path("/")) -> Names:
    """`root`: where /etc and its like are."""
    servers = name_servers(_text(root / "etc/resolv.conf"))
    over_tls = _over_tls(root) if any(server in _STUBS for server in servers) else ""
    return Names(servers=servers, over_tls="" if over_tls in _OFF else over_tls)


def _over_tls(root: Path) -> str:
    drop_ins = {
        path.name: path for folder in _FOLDERS for path in (root / folder).glob("systemd/resolved.conf.d/*.conf")
    }
    files = [root / "etc/systemd/resolved.conf", *(drop_ins[name] for name in sorted(drop_ins))]
    found = [value.lower() for file in files for value in values(_text(file), "Resolve", "DNSOverTLS")]
    return found[-1] if found else ""


def _text(path: Path) -> str:
    with contextlib.suppress(OSError), path.open(encoding="utf-8", errors="replace") as file:
        return file.read(2**16)
    return ""
