"""What conntrack calls INVALID is cut by its address when its lane is blocked, and by nothing else."""

import re
import socket
import subprocess
from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path

import pytest
from namespace_fixtures import apart, nft
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6

from enforcer.model.calendar import Interval
from enforcer.model.places import NO_PLACES, Clients, Place, Places, Spared
from enforcer.model.settings import Settings
from enforcer.plan.learned_table import TABLE, learned_table

KEYS = {3: "a/update@", 4: "a/update@phones"}
NOW = {key: (Interval(1e9, None),) for key in KEYS.values()}
LATER = {key: (Interval(9e9, None),) for key in KEYS.values()}
EARLIER = {key: (Interval(1e9, 1.1e9),) for key in KEYS.values()}
CLIENT, SERVER, OTHER = ("10.0.0.1", "fd00::1"), ("192.0.2.1", "2001:db8::1"), ("192.0.2.2", "2001:db8::2")
LOOSE = Path("/proc/sys/net/netfilter/nf_conntrack_tcp_loose")
NETWORKS = Places(
    places=(
        Place(service="a/update", networks=(ip_network("192.0.2.1/32"), ip_network("2001:db8::1/128")), acts=True),
        Place(service="a/store", networks=(ip_network("192.0.2.2/32"), ip_network("2001:db8::2/128")), acts=False),
    ),
    clients=(Clients(name="phones", subnets=(ip_network("10.0.0.0/24"), ip_network("fd00::/64"))),),
)


def table(blocked: Mapping[str, Sequence[Interval]] = NOW, places: Places = NO_PLACES, **more: object) -> str:
    spared: dict[str, Sequence[Spared]] = more.pop("spared", {})  # type: ignore[assignment]
    return learned_table(KEYS, Settings(**more), places, spared, 0.0, blocked)  # type: ignore[arg-type]


def say(source: str, to: str, flags: str = "PA") -> None:
    """A segment in this namespace that is of no connection."""
    version, family = (IPv6, socket.AF_INET6) if ":" in to else (IP, socket.AF_INET)
    with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(bytes(version(src=source, dst=to) / TCP(sport=7000, dport=7001, flags=flags, seq=1) / b"x"), (to, 0))


def cut(text: str, *ways: tuple[tuple[str, str], tuple[str, str]], flags: str = "PA", learned: bool = True) -> int:
    """How many of these are, each over IPv4 and IPv6, where both clients were told the server's address."""

    def work() -> int:
        for address in (*CLIENT, *SERVER, *OTHER):
            host = f"{address}/{128 if ':' in address else 32}"
            subprocess.run(["ip", "addr", "add", host, "dev", "lo", "nodad"], check=True)
        nft("-f", "-", text=text)
        LOOSE.write_text("0")
        for version, client, server in zip("46", CLIENT, SERVER, strict=True) if learned else ():
            pair = f"{client} . {server} timeout 1h : goto lane_3"
            nft("add", "element", "inet", TABLE, f"pairs{version}", f"{{ {pair} }}")
        for source, to in ways:
            for one, other in zip(source, to, strict=True):
                say(one, other, flags)
        listed = nft("list", "counter", "inet", TABLE, "disowned_cut")
        return int(re.findall(r"packets (\d+)", listed)[0])

    return apart(work)


UP, DOWN = (CLIENT, SERVER), (SERVER, CLIENT)


@pytest.mark.kernel
def test_both_directions_of_a_pair_are_cut_from_the_instant_on_until_the_end() -> None:
    assert [cut(table(when), UP, DOWN) for when in (NOW, LATER, EARLIER)] == [4, 0, 0]


@pytest.mark.kernel
def test_other_addresses_and_what_begins_or_ends_a_connection_pass() -> None:
    assert cut(table(), (CLIENT, OTHER), (OTHER, CLIENT), (OTHER, SERVER)) == 0
    assert cut(table(), UP, DOWN, flags="S") == cut(table(), UP, DOWN, flags="R") == 0


@pytest.mark.kernel
def test_a_vendors_own_network_is_asked_for_the_client_by_its_group() -> None:
    one_each = {"a/update@phones": NOW["a/update@"]}
    site_only = {"a/update@": NOW["a/update@"]}
    ways = (UP, DOWN, (CLIENT, OTHER), (OTHER, SERVER))
    assert cut(table(one_each, NETWORKS), *ways, learned=False) == 2
    assert cut(table(site_only, NETWORKS), *ways, learned=False) == 2
    assert cut(table(site_only, NETWORKS), UP, learned=False) == 0
    assert cut(table(NOW, NETWORKS, interfaces=("lan0",)), *ways, learned=False) == 0


@pytest.mark.kernel
def test_who_is_spared_is_spared_this_too() -> None:
    nets = (ip_network("10.0.0.0/24"), ip_network("fd00::/64"))
    spared = {"a/update@": [Spared(net, (Interval(1e9, None),)) for net in nets]}
    assert cut(table(spared=spared), UP, DOWN) == 0


def test_a_machine_on_its_own_has_no_such_rule() -> None:
    assert "disowned" not in table(mode="host")
