"""The exported rules in Suricata itself, which Debian 12 has no package of: run this by hand where there is one.

    debootstrap --variant=minbase --include=suricata trixie ROOT
    PYTHONPATH=tests python tests/export/suricata_by_hand.py ROOT

ROOT is the folder of such a system, or / for this one. It asks the thousand names of test_resolvers.py, each as a
question, in a ClientHello and in a Host field, each in a flow of its own, and compares the rules that matched with
decide(). What came of it, and with which release, stands in docs/export.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

from export_fixtures import asked, blocks, made, world
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw
from scapy.utils import wrpcap
from squid_fixtures import hello

from enforcer.export import suricata

CLIENT, SERVER = "10.0.0.1", "10.9.9.9"
CONFIG = "/etc/suricata/suricata.yaml"


def main(root: Path) -> None:
    names = [name for name in dict.fromkeys(asked(world(), 1050)) if len(name) < 250]
    work = root / "tmp/enforcer-suricata"
    work.mkdir(parents=True, exist_ok=True)
    (work / "enforcer.rules").write_text(suricata.write(made(world()))[0].text)
    wrpcap(str(work / "names.pcap"), [packet for index, name in enumerate(names) for packet in flows(index, name)])
    inside = Path("/tmp/enforcer-suricata")  # noqa: S108 (in the root given)
    common = ["chroot", str(root), "suricata", "-c", CONFIG, "-S", f"{inside}/enforcer.rules", "-l", str(inside)]
    print(subprocess.run([*common, "-T"], check=True, capture_output=True, text=True).stdout)
    (work / "eve.json").unlink(missing_ok=True)
    begun = time.monotonic()
    subprocess.run([*common, "-r", f"{inside}/names.pcap", "-k", "none"], check=True, capture_output=True)
    print(f"{3 * len(names)} flows in {time.monotonic() - begun:.1f} s")
    compare(names, work / "eve.json")


def compare(names: list[str], eve: Path) -> None:
    truth = {index for index, name in enumerate(names) if blocks(world(), name)}
    stopped: dict[str, set[int]] = defaultdict(set)
    for line in eve.read_text().splitlines():
        event = json.loads(line)
        if event["event_type"] == "alert":
            stopped[event["app_proto"]].add(int(IPv4Address(event["src_ip"])) - int(IPv4Address(CLIENT)))
    for protocol in ("dns", "tls", "http"):
        more, less = stopped[protocol] - truth, truth - stopped[protocol]
        print(f"{protocol}: {len(names)} names, {len(truth)} to be stopped, too many {len(more)}, too few {len(less)}")
        for index in sorted(more | less)[:10]:
            print(f"    {names[index]}")


def flows(index: int, name: str) -> Iterator[Packet]:
    """The name's number is in the client's address."""
    client = str(IPv4Address(CLIENT) + index)
    yield Ether() / IP(src=client, dst=SERVER) / UDP(sport=4000, dport=53) / DNS(rd=1, qd=DNSQR(qname=name))
    yield from stream(client, 443, hello(name.encode()))
    yield from stream(client, 80, b"GET / HTTP/1.1\r\nHost: " + name.encode() + b"\r\n\r\n")


def stream(client: str, port: int, data: bytes) -> Iterator[Packet]:
    there, back = Ether() / IP(src=client, dst=SERVER), Ether() / IP(src=SERVER, dst=client)
    end = 101 + len(data)

    def up(flags: str, seq: int, ack: int = 301) -> Packet:
        return there / TCP(sport=5000, dport=port, flags=flags, seq=seq, ack=ack)

    def down(flags: str, seq: int, ack: int) -> Packet:
        return back / TCP(sport=port, dport=5000, flags=flags, seq=seq, ack=ack)

    yield from (up("S", 100, 0), down("SA", 300, 101), up("A", 101), up("PA", 101) / Raw(data))
    yield from (down("A", 301, end), up("FA", end), down("FA", 301, end + 1), up("A", end + 1, 302))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
