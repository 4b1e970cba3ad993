"""What is found on a machine: a namespace made to look like a gateway, with other programs' rules in it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from enforcer.edge.surroundings import look

GATEWAY = """
ip link set lo up
ip link add wan type veth peer name beyond
ip addr add 192.0.2.2/24 dev wan && ip addr add 2001:db8::2/64 dev wan && ip link set wan up
ip link add br0 type bridge && ip addr add 10.1.0.1/24 dev br0 && ip link set br0 up
ip link add port1 type veth peer name client && ip link set port1 master br0 up
ip link add lan1 type veth peer name guest
ip addr add 10.7.0.1/24 dev lan1 && ip link set lan1 up
ip link add wan2 type veth peer name beyond2
ip addr add 198.51.100.2/24 dev wan2 && ip link set wan2 up
ip link add tun7 type veth peer name far && ip addr add 10.8.0.2/24 dev tun7 && ip link set tun7 up
ip link add trunk type veth peer name switch && ip link set trunk up && ip addr add fe80::9/64 dev trunk
ip route add default nexthop via 192.0.2.1 nexthop via 198.51.100.1
ip route add default dev tun7 table 51820 && ip rule add not fwmark 51820 lookup 51820
echo 1 > /proc/sys/net/ipv4/ip_forward
nft 'add table ip filter; add chain ip filter DOCKER; add table inet firewalld'
nft 'add chain inet firewalld filter_INPUT'
"""
LOOK = "from enforcer.edge.surroundings import look; print(repr(look()))"


def in_namespace(script: str) -> str:
    # In a chroot the kernel makes no user namespace, and root needs none.
    user = ("--user", "--map-root-user") if os.getuid() else ()
    told = subprocess.run(
        ["unshare", *user, "--net", "sh", "-ec", f"{script}\nexec {sys.executable} -c '{LOOK}'"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return told.stdout


@pytest.mark.kernel
def test_a_gateway_is_seen_as_it_is() -> None:
    from enforcer.model.surroundings import Link, Surroundings

    found = eval(in_namespace(GATEWAY), {"Link": Link, "Surroundings": Surroundings})  # noqa: S307 (our own repr)
    assert isinstance(found, Surroundings)
    by_name = {link.name: link for link in found.links}
    assert by_name["wan"].uplink and "192.0.2.2/24" in by_name["wan"].addresses
    assert "2001:db8::2/64" in by_name["wan"].addresses
    assert (by_name["br0"].kind, by_name["br0"].uplink) == ("bridge", False)
    assert (by_name["port1"].master, by_name["lan1"].kind) == ("br0", "veth")
    assert not by_name["client"].up
    assert by_name["lo"].kind == "loopback"
    assert {link.name for link in found.uplinks} == {"wan", "wan2", "tun7"}
    assert {link.name for link in found.client_links} == {"br0", "lan1"}
    assert {link.name for link in found.inner} >= {"br0", "lan1", "trunk"}
    assert found.forwards4 and not found.forwards6
    assert set(found.chains) == {("ip filter", "DOCKER"), ("inet firewalld", "filter_INPUT")}
    assert found.unseen == ()


def machine(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


HEAD = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
ROW = "  10: {}:{} 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 20000 2 0000 0\n"


@pytest.mark.parametrize(
    ("table", "rows", "serves"),
    [
        ("udp", [("00000000", "0035")], True),
        ("udp", [("0101A8C0", "0035")], True),
        ("udp", [("0100007F", "0035"), ("3500007F", "0035")], False),
        ("udp6", [("0" * 32, "0035")], True),
        ("udp6", [("0" * 24 + "01000000", "0035")], False),
        ("udp", [("00000000", "1035"), ("00000000", "0043")], False),
    ],
)
def test_a_resolver_serves_others_if_it_listens_beyond_loopback(
    tmp_path: Path, table: str, rows: list[tuple[str, str]], serves: bool
) -> None:
    text = HEAD + "".join(ROW.format(*row) for row in rows)
    other = "udp6" if table == "udp" else "udp"
    machine(tmp_path, {f"proc/net/{table}": text, f"proc/net/{other}": HEAD})
    assert look(tmp_path).serves_dns is serves


def test_what_files_say(tmp_path: Path) -> None:
    machine(
        tmp_path,
        {
            "etc/resolv.conf": "# mine\nsearch example.net\nnameserver 127.0.0.53\nnameserver fd00::53\nnameserver\n",
            "proc/sys/net/ipv4/ip_forward": "0\n",
            "proc/sys/net/ipv6/conf/all/forwarding": "1\n",
            "proc/net/netfilter/nfnetlink_queue": " 4010  311  0 2 65531  0  0  12  1\n"
            + "    0  70  0 2  1500  0  0  3  1\n",
            "dev/log": "",
        },
    )
    found = look(tmp_path)
    assert found.resolvers == ("127.0.0.53", "fd00::53")
    assert (found.forwards4, found.forwards6) == (False, True)
    assert found.queues == (0, 4010)
    assert found.log_socket == "/dev/log"


def test_what_is_not_there_is_told_and_never_raised(tmp_path: Path) -> None:
    found = look(tmp_path)
    assert any("resolv.conf" in why for why in found.unseen)
    assert any("ip_forward" in why for why in found.unseen)


def test_a_machine_without_nft_or_the_right_to_ask_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert any(why.startswith("other firewalls: ") for why in look().unseen)
    refuses = tmp_path / "nft"
    refuses.write_text("#!/bin/sh\necho 'Operation not permitted (you must be root)' >&2; exit 1\n")
    refuses.chmod(0o755)
    assert "other firewalls: Operation not permitted (you must be root)" in look().unseen
    refuses.write_text("#!/bin/sh\necho '{\"odd\": 1}'\n")
    assert any(why.startswith("other firewalls: ") for why in look().unseen)
