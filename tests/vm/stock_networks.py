"""Run in the emulated machine only (tests/vm/run.sh): clients in VLANs and behind WireGuard in the kernel.

The kernels at hand have neither. The client host stands for one client in each network: two VLANs (802.1Q), one that is
tagged twice (802.1ad), and a tunnel that ends on the gateway. The daemon as a whole judges.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from classifier_fixtures import hello, server_name
from kernel_fixtures import SLOWER
from test_learned_addresses import BAN, put_policies
from test_whose_answer import BYSTANDERS

from enforcer.lab.daemon import ENFORCER, SITE, Daemon
from enforcer.lab.hosts import SPOOL, Host, Hosts
from enforcer.lab.servers import until

pytestmark = pytest.mark.lab

HERE = Path(__file__).parent
NETWORKS = {"lan.10": 10, "lan.20": 20, "lan.30.5": 30, "wg0": 88}
"""By the gateway's interface; 10.77.N.0/24 and fd77:N::/64, in which .1 is the gateway."""
BOUND = ("lan.10", "lan.30.5", "wg0")
BOTH = pytest.mark.parametrize("family", [4, 6])

GROUPS = """
subjects = ["bystander"]
[[group]]
name = "staff"
subjects = ["us-person"]
interfaces = ["lan.10", "lan.30.5"]
[[group]]
name = "travellers"
subjects = ["us-person"]
interfaces = ["wg0"]
[[group]]
name = "gateway"
subjects = ["us-person"]
subnets = ["10.89.0.1/32", "fd89::1/128"]
"""
WHOLE_SHARE = "client_share = 100"
"""Here a dozen packets, the first of their kind, cost more processor time than a client's share at once."""
FREE = hello(server_name(b"www.free.test")).decode("latin-1")
OURS = hello(server_name(b"upd.acme.test")).decode("latin-1")
NAMELESS = "\0\1\2nameless"


def address(number: int, family: int) -> str:
    """Where teaching_program.py has the names with this number."""
    return f"198.51.100.{number % 250 + 1}" if family == 4 else f"2001:db8:100::{number:x}"


def client_in(network: str, family: int) -> str:
    return f"10.77.{NETWORKS[network]}.2" if family == 4 else f"fd77:{NETWORKS[network]}::2"


def steps(first: int, family: int) -> list[list[str]]:
    """A name of nobody's; a blocked one, asked for and said; one that leads to a blocked one; nothing known."""
    return [
        ["ask", f"{first}.free.test"],
        ["send", address(first, family), FREE],
        ["ask", f"{first + 1}.upd.acme.test"],
        ["send", address(first + 2, family), OURS],
        ["ask", f"{first + 3}.alias.test"],
        ["send", address(first + 3, family), NAMELESS],
        ["send", address(first + 4, family), NAMELESS],
    ]


PASSES = ["address", "served", "address", "served", "address", "served", "served"]
STOPPED = ["address", "served", "refusal", "reset", "refusal", "reset", "served"]


SILENT = ["address", "served", "nothing", "TimeoutError", "refusal", "TimeoutError", "served"]
"""To the tunnel's own address wg-quick lets only what comes out of the tunnel: neither our answers nor our resets."""


def contacts(host: Host, source: str, asked: Sequence[Sequence[str]]) -> list[str]:
    orders = {"from": source, "steps": asked}
    done = host.run(sys.executable, str(HERE / "contacts_program.py"), json.dumps(orders), timeout=60 * SLOWER)
    assert done.returncode == 0, done.stderr
    said: list[str] = json.loads(done.stdout)
    return said


def key(host: Host, name: str) -> str:
    """Makes a private key in the spool; the public one."""
    private = host.must("wg", "genkey")
    host.file(f"{name}.key").write_text(private)
    return host.must("wg", "pubkey", text=private).strip()


def vlans(host: Host, trunk: str, own: int) -> None:
    """Addresses on the VLANs, and none on the trunk."""
    host.must(
        "sh",
        "-ec",
        f"""ip addr flush dev {trunk} scope global
        ip link add link {trunk} name {trunk}.10 type vlan id 10
        ip link add link {trunk} name {trunk}.20 type vlan id 20
        ip link add link {trunk} name {trunk}.30 type vlan proto 802.1ad id 30
        ip link add link {trunk}.30 name {trunk}.30.5 type vlan id 5
        ip link set {trunk}.30 up
        for one in 10:{trunk}.10 20:{trunk}.20 30:{trunk}.30.5; do
            net=${{one%%:*}} link=${{one#*:}}
            ip link set $link up
            ip addr add 10.77.$net.{own}/24 dev $link; ip addr add fd77:$net::{own}/64 dev $link
        done""",
    )


def tunnel(host: Host, link: str, own: str, peer: str, *, to: str = "", allowed: str = "0.0.0.0/0,::/0") -> None:
    """One end; `own` are its addresses, the key is KEY of the spool by the host's name."""
    end = ["endpoint", to, "persistent-keepalive", "5"] if to else []
    host.must("ip", "link", "add", link, "type", "wireguard")
    host.must(
        *("wg", "set", link, "listen-port", "51820", "private-key", f"{SPOOL}/{host.name}.key"),
        *("peer", peer, "allowed-ips", allowed, *end),
    )
    addresses = "".join(f"addr add {one} dev {link}\n" for one in own.split())
    host.must("ip", "-batch", "-", text=f"{addresses}link set {link} up\n")


def by_source(client: Host) -> None:
    """What has the address of a network leaves by it."""
    links = {10: "eth0.10", 20: "eth0.20", 30: "eth0.30.5", 88: "wg0"}
    for version, start, end in (("-4", "10.77.", ".1"), ("-6", "fd77:", "::1")):
        lines = (
            f"rule add from {start}{net}{end[:-1]}2 lookup {net}\n"
            f"route add default via {start}{net}{end} dev {link} table {net}\n"
            for net, link in links.items()
        )
        client.must("ip", version, "-batch", "-", text="".join(lines))


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    with Hosts() as hosts:
        program = str(HERE.parent / "lab/teaching_program.py")
        hosts.internet.start(sys.executable, program, output="teaching.log")
        vlans(hosts.gateway, "lan", 1)
        vlans(hosts.client, "eth0", 2)
        public = {host.name: key(host, host.name) for host in (hosts.client, hosts.gateway)}
        inside = "10.77.88.2/32,fd77:88::2/128"
        tunnel(hosts.gateway, "wg0", "10.77.88.1/24 fd77:88::1/64", public["client"], allowed=inside)
        tunnel(hosts.client, "wg0", "10.77.88.2/24 fd77:88::2/64", public["gateway"], to="10.77.20.1:51820")
        by_source(hosts.client)
        heard = hosts.internet.file("teaching.log")
        until(lambda: "{" in heard.read_text(), "internet", hosts.internet, "teaching.log", seconds=10 * SLOWER)
        yield hosts


@contextmanager
def enforcing(hosts: Hosts, site: str = GROUPS, datapath: str = "") -> Iterator[Daemon]:
    policies = put_policies(hosts.gateway, BAN)
    (hosts.gateway.file("policies") / "us/bystanders.toml").write_text(BYSTANDERS)
    daemon = Daemon(hosts.gateway, at=None, site=site, datapath=f"{WHOLE_SHARE}\n{datapath}", policies=policies)
    daemon.patience = 30 * SLOWER
    daemon.start()
    try:
        yield daemon
        assert daemon.stop() == 0
    finally:
        daemon.kill()
        hosts.gateway.must("sh", "-c", "nft flush ruleset && conntrack -F")


def test_of_several_vlans_one_is_judged(hosts: Hosts) -> None:
    with enforcing(hosts, site='subjects = ["us-person"]', datapath='interfaces = ["lan.10"]') as daemon:
        for family in (4, 6):
            said = {one: contacts(hosts.client, client_in(one, family), steps(10, family)) for one in NETWORKS}
            assert said == {one: STOPPED if one == "lan.10" else PASSES for one in NETWORKS}
        assert {client for client, _, _ in records(daemon)} == {client_in("lan.10", 4), client_in("lan.10", 6)}


def test_the_doctor_tells_who_names_the_trunk(hosts: Hosts) -> None:
    """No client comes in by it: `interfaces` has the VLANs' own names."""
    Daemon(hosts.gateway, at=None, datapath='interfaces = ["lan"]')
    asked = ("doctor", "--only", "interfaces", "--config", SITE, "--policies", put_policies(hosts.gateway))
    said = hosts.gateway.run(*ENFORCER, *asked, timeout=20 * SLOWER).stdout
    assert "clients that come in at lan.10, lan.20, lan.30.5, wg0 are not judged" in said


LOOK = "from enforcer.edge.surroundings import look; print(*(f'{one.name}={one.kind}' for one in look().client_links))"


def test_what_config_init_looks_at_knows_vlans_and_tunnels(hosts: Hosts) -> None:
    seen = hosts.gateway.must(sys.executable, "-c", LOOK).split()
    assert sorted(seen) == ["lan.10=vlan", "lan.20=vlan", "lan.30.5=vlan", "wg0=wireguard"]


@pytest.fixture(scope="module")
def daemon(hosts: Hosts) -> Iterator[Daemon]:
    with enforcing(hosts) as daemon:
        yield daemon


def records(daemon: Daemon) -> set[tuple[str, str, str]]:
    """Client, its group and the verdict of all decisions so far."""
    return {
        (one["client"], one.get("group", ""), one["verdict"]) for one in daemon.events() if one["kind"] == "decision"
    }


@BOTH
def test_each_client_is_judged_by_the_network_that_it_is_in(hosts: Hosts, daemon: Daemon, family: int) -> None:
    """All ask for the same, and whoever may not have it is stopped: by DNS, by name in TLS, by what it learned."""
    said = {one: contacts(hosts.client, client_in(one, family), steps(10, family)) for one in NETWORKS}
    assert said == {one: STOPPED if one in BOUND else PASSES for one in NETWORKS}
    groups = {"lan.10": "staff", "lan.30.5": "staff", "wg0": "travellers"}
    wanted = {(client_in(one, family), groups[one], "block") for one in BOUND}
    until(lambda: wanted <= records(daemon), "the records", hosts.gateway, daemon.output, seconds=5 * SLOWER)
    assert not any(
        client == client_in("lan.20", family) for client, _, verdict in records(daemon) if verdict == "block"
    )


@BOTH
def test_what_one_client_learned_is_no_others(hosts: Hosts, daemon: Daemon, family: int) -> None:
    """An answer shows neither VLAN nor tunnel: whose it is the kernel's routes tell (decision 0223)."""
    del daemon
    nameless = [["send", address(101, family), NAMELESS]]
    for one in BOUND:
        assert contacts(hosts.client, client_in(one, family), nameless) == ["served"], one
    taught = contacts(hosts.client, client_in("wg0", family), [["ask", "101.alias.test"], *nameless])
    assert taught == ["refusal", "reset"]
    assert contacts(hosts.client, client_in("lan.10", family), nameless) == ["served"]
    assert contacts(hosts.client, client_in("lan.20", family), [["ask", "101.alias.test"], *nameless]) == [
        "address",
        "served",
    ]


UPLINK = """[Interface]
PrivateKey = {private}
Address = 10.89.0.1/24, fd89::1/64
PostUp = ip route add 10.77.2.2/32 dev %i; ip -6 route add fd77:2::2/128 dev %i
[Peer]
PublicKey = {public}
Endpoint = 10.77.3.2:51820
AllowedIPs = 0.0.0.0/0, ::/0
"""
ONLY_SEALED = """table inet only {
 chain sealed {
  type filter hook postrouting priority 5
  oifname wan udp dport 51820 accept
  oifname wan meta l4proto { tcp, udp } drop
 }
}
"""


@contextmanager
def uplink(hosts: Hosts) -> Iterator[None]:
    """All that the gateway sends to the internet goes by a tunnel of wg-quick's in the kernel, and nothing past it."""
    gateway, internet = hosts.gateway, hosts.internet
    gateway.must("ip", "addr", "add", "10.77.3.1/24", "dev", "wan")
    internet.must("ip", "addr", "add", "10.77.3.2/24", "dev", "eth0")
    ours, theirs = key(gateway, "uplink"), key(internet, "internet")
    private = gateway.file("uplink.key").read_text().strip()
    gateway.file("wg1.conf").write_text(UPLINK.format(private=private, public=theirs))
    gateway.file("wg1.conf").chmod(0o600)
    tunnel(internet, "wg1", "10.89.0.2/24 fd89::2/64", ours)
    internet.must("sh", "-ec", "ip route replace default dev wg1; ip -6 route replace default dev wg1")
    done = gateway.run("wg-quick", "up", f"{SPOOL}/wg1.conf", timeout=60 * SLOWER)
    assert done.returncode == 0, done.stderr
    gateway.must("nft", "-f", "-", text=ONLY_SEALED)
    try:
        yield
    finally:
        gateway.must("nft", "delete", "table", "inet", "only")
        gateway.run("wg-quick", "down", f"{SPOOL}/wg1.conf", timeout=60 * SLOWER)
        internet.must("ip", "link", "del", "wg1")


def test_a_tunnel_as_uplink_is_judged_inside(hosts: Hosts, daemon: Daemon) -> None:
    """What clients and the gateway itself send into it; what comes out of it sealed is one flow, of nobody's."""
    with uplink(hosts):
        for family in (4, 6):
            for one, wanted in (("lan.10", STOPPED), ("lan.20", PASSES), ("wg0", STOPPED)):
                assert contacts(hosts.client, client_in(one, family), steps(200, family)) == wanted, (one, family)
            own = "10.89.0.1" if family == 4 else "fd89::1"
            assert contacts(hosts.gateway, own, steps(200, family)) == SILENT
            assert (own, "gateway", "block") in records(daemon)
        assert hosts.gateway.must("wg", "show", "wg1", "transfer").split()[1] != "0"
