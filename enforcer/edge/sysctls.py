"""The kernel's switches that judgement depends on, read from /proc/sys."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from enforcer.doctor.connections import SWITCHES

RP_FILTERS = "net/ipv4/conf"


def sysctls(root: Path = Path("/")) -> dict[str, str]:
    """By their names as sysctl(8) spells them; what is not there, or not to be read, is not in it."""
    place = root / "proc/sys"
    names = [*(name.replace(".", "/") for name in SWITCHES), *_rp_filters(place)]
    found = ((name, _value(place / name)) for name in names)
    return {_dotted(name): value for name, value in found if value is not None}


def _rp_filters(place: Path) -> Iterable[str]:
    try:
        links = sorted(one.name for one in (place / RP_FILTERS).iterdir())
    except OSError:
        return ()
    return (f"{RP_FILTERS}/{link}/rp_filter" for link in links)


def _dotted(name: str) -> str:
    """A dot in an interface's name is a slash there (sysctl(8))."""
    return name.translate(str.maketrans("./", "/."))


def _value(file: Path) -> str | None:
    try:
        return file.read_text().strip()
    except OSError:
        return None
