"""Looks at this machine: links and routes by pyroute2 (its one home, docs/decisions/0401), the rest by /proc and nft.

Reads only. What cannot be read is told in `unseen`, never raised: whoever sets up gets as far as the machine lets.
"""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from enforcer.doctor.foreign import ALL_BITS, MarkRoute
from enforcer.model.surroundings import LOOPBACK, Link, Surroundings

LOG_SOCKETS = ("/dev/log", "/run/systemd/journal/dev-log")
_PATIENCE = 10  # seconds
_MOST = 2**20
"""Characters read of a file in /proc or /etc: they have some kilobytes."""
_LOOPBACK_FLAG = 0x8  # IFF_LOOPBACK
_UP_FLAG = 0x1  # IFF_UP
_MAIN_TABLE, _LOCAL_TABLE = 254, 255  # RT_TABLE_MAIN, RT_TABLE_LOCAL


def look(root: Path = Path("/")) -> Surroundings:
    """`root`: where /proc and /etc are read."""
    unseen: list[str] = []
    return Surroundings(
        hostname=socket.gethostname(),
        links=_links(unseen),
        forwards4=_read(root / "proc/sys/net/ipv4/ip_forward", unseen).strip() == "1",
        forwards6=_read(root / "proc/sys/net/ipv6/conf/all/forwarding", unseen).strip() == "1",
        resolvers=name_servers(_read(root / "etc/resolv.conf", unseen)),
        serves_dns=any(_serves_dns(_read(root / f"proc/net/{table}", unseen)) for table in ("udp", "udp6")),
        queues=_queues(_optional(root / "proc/net/netfilter/nfnetlink_queue")),
        chains=_chains(unseen),
        log_socket=next((path for path in LOG_SOCKETS if (root / path.lstrip("/")).exists()), ""),
        unseen=tuple(unseen),
    )


def _links(unseen: list[str]) -> tuple[Link, ...]:
    from pyroute2 import IPRoute, NetlinkError  # half a second that no other verb should pay

    try:
        with IPRoute() as route:
            links = list(route.get_links())
            addresses = [
                (one["index"], f"{one.get_attr('IFA_ADDRESS')}/{one['prefixlen']}") for one in route.get_addr()
            ]
            uplinks = _ways_out(route)
    except (NetlinkError, OSError) as error:
        unseen.append(f"interfaces and routes: {error}")
        return ()
    names = {link["index"]: str(link.get_attr("IFLA_IFNAME")) for link in links}
    return tuple(
        Link(
            name=names[link["index"]],
            kind=_kind(link),
            up=bool(link["flags"] & _UP_FLAG),
            addresses=tuple(address for index, address in addresses if index == link["index"]),
            uplink=link["index"] in uplinks,
            master=names.get(link.get_attr("IFLA_MASTER"), ""),
        )
        for link in links
    )


def _ways_out(route: Any) -> set[int]:  # noqa: ANN401 (pyroute2 has no types)
    """The indices of the links by which default routes leave: those of wg-quick and of a second uplink stand in tables
    of their own, and several hops of one route are told apart from a single one."""
    rules = [*route.get_rules(family=socket.AF_INET), *route.get_rules(family=socket.AF_INET6)]
    tables = {_MAIN_TABLE, *(int(rule.get_attr("FRA_TABLE") or rule["table"]) for rule in rules)} - {_LOCAL_TABLE}
    defaults = [one for table in tables for one in route.get_default_routes(table=table)]
    several = {hop["oif"] for one in defaults for hop in one.get_attr("RTA_MULTIPATH") or ()}
    return several | {one.get_attr("RTA_OIF") for one in defaults if one.get_attr("RTA_OIF")}


def mark_routes(unseen: list[str]) -> tuple[MarkRoute, ...]:
    """The rules of policy routing that ask for a packet's mark. What cannot be read is told in `unseen`."""
    from pyroute2 import IPRoute, NetlinkError

    try:
        with IPRoute() as route:
            rules = [
                (family, rule)
                for family in (socket.AF_INET, socket.AF_INET6)
                for rule in route.get_rules(family=family)
            ]
    except (NetlinkError, OSError) as error:
        unseen.append(f"policy routing: {error}")
        return ()
    return tuple(
        MarkRoute(
            value=int(rule.get_attr("FRA_FWMARK")),
            mask=int(rule.get_attr("FRA_FWMASK") or ALL_BITS),
            table=int(rule.get_attr("FRA_TABLE") or rule["table"]),
            ipv6=family == socket.AF_INET6,
        )
        for family, rule in rules
        if rule.get_attr("FRA_FWMARK")
    )


def _kind(link: Any) -> str:  # noqa: ANN401 (pyroute2 has no types)
    if link["flags"] & _LOOPBACK_FLAG:
        return LOOPBACK
    info = link.get_attr("IFLA_LINKINFO")
    return str(info.get_attr("IFLA_INFO_KIND")) if info else "ether"


def name_servers(text: str) -> tuple[str, ...]:
    """Of a text as in resolv.conf(5)."""
    words = (line.split() for line in text.splitlines())
    return tuple(line[1] for line in words if len(line) > 1 and line[0] == "nameserver")


def _serves_dns(table: str) -> bool:
    """proc(5), /proc/net/udp: the local address is hexadecimal, `00000000:0035`. Loopback serves nobody but itself."""
    local = (line.split()[1].rpartition(":") for line in table.splitlines()[1:] if len(line.split()) > 1)
    return any(port == "0035" and not _is_loopback(address) for address, _, port in local)


def _is_loopback(address: str) -> bool:
    """In the byte order of the machine, as /proc writes it: 127.0.0.1 ends in 7F, ::1 in 01000000 (little endian)."""
    return (len(address) == 8 and address.endswith("7F")) or address == "0" * 24 + "01000000"


def bound_numbers(root: Path = Path("/")) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Netfilter queues, and NFLOG groups, that a program here has bound. Raises OSError if we may not look."""
    tables = (root / "proc/net/netfilter" / name for name in ("nfnetlink_queue", "nfnetlink_log"))
    queues, groups = (_queues(table.read_text()) if table.exists() else () for table in tables)
    return queues, groups


def _queues(table: str) -> tuple[int, ...]:
    """The first column of nfnetlink_queue: a row for each queue that is bound."""
    return tuple(sorted(int(line.split()[0]) for line in table.splitlines() if line.split()))


def _chains(unseen: list[str]) -> tuple[tuple[str, str], ...]:
    try:
        told = subprocess.run(
            ["nft", "--json", "list", "chains"], capture_output=True, text=True, timeout=_PATIENCE, check=True
        ).stdout
        return tuple(_names(json.loads(told)))
    except subprocess.CalledProcessError as error:
        unseen.append(f"other firewalls: {error.stderr.strip().splitlines()[0] if error.stderr.strip() else error}")
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        unseen.append(f"other firewalls: {error}")
    return ()


def _names(listing: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for item in listing["nftables"]:
        if chain := item.get("chain"):
            yield f"{chain['family']} {chain['table']}", chain["name"]


def _read(path: Path, unseen: list[str]) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_MOST)
    except OSError as error:
        unseen.append(f"{path}: {error.strerror}")
        return ""


def _optional(path: Path) -> str:
    """A file that is there only where a kernel module is."""
    return _read(path, []) if path.exists() else ""
