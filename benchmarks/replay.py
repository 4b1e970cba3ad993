"""What replaying a capture costs, beside other readers of the same file in one run.

    .venv/bin/python benchmarks/replay.py [--packets N]

The capture is made: of 50 packets 48 are bulk (1,200 bytes of TCP from a server), one is a DNS question and one a TLS
hello. tshark asks for the same names; tcpdump only finds the packets to ports 53 and 443; ndpiReader classifies flows.
Seconds are of CPU, the program's start included: on a shared machine they tell more than a clock.
"""

import argparse
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/decode"))

from browser_hellos import browser_hello
from decode_fixtures import dns_query
from hello_matrix import recorded, renamed

OF = 50
"""Packets for one question and one hello."""
ETHERNET = bytes(12) + b"\x08\0"
CLIENT, SERVER = bytes.fromhex("0a010002"), bytes.fromhex("c0000202")
BULK = bytes(1200)


def ip(protocol: int, source: bytes, destination: bytes, data: bytes) -> bytes:
    return b"\x45\0" + struct.pack("!HHHBBH", 20 + len(data), 0, 0x4000, 64, protocol, 0) + source + destination + data


def udp(port: int, data: bytes) -> bytes:
    return ip(17, CLIENT, SERVER, struct.pack("!HHHH", port, 53, 8 + len(data), 0) + data)


def tcp(port: int, seq: int, data: bytes, *, back: bool = False) -> bytes:
    ports = (443, port) if back else (port, 443)
    head = struct.pack("!HHIIBBHHH", *ports, seq, 1, 0x50, 0x18, 65535, 0, 0)
    return ip(6, SERVER if back else CLIENT, CLIENT if back else SERVER, head + data)


def make(path: Path, packets: int) -> None:
    shape = browser_hello("safari")[5:]
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for number in range(packets):
            group, place = divmod(number, OF)
            name, port = f"h{group % 5000}.example.org", 1024 + group % 60_000
            if place == 0:
                packet = udp(port, dns_query(name))
            elif place == 1:
                packet = tcp(port, 1, recorded(renamed(shape, name), 16_384))
            else:
                packet = tcp(port, 1 + 1200 * place, BULK, back=True)
            size = len(packet) + 14
            file.write(struct.pack("<IIII", 1_727_582_400 + group, place, size, size) + ETHERNET + packet)


def cost(command: list[str]) -> float:
    """Seconds of CPU."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def readers(path: str) -> dict[str, list[str]]:
    fields = ("-e", "dns.qry.name", "-e", "tls.handshake.extensions_server_name")
    return {
        # As root it would give the file that it writes to its own user, and this one is everybody's.
        "tcpdump": ["tcpdump", "-Z", "root", "-n", "-r", path, "-w", "/dev/null", "dst port 53 or dst port 443"],
        "ndpiReader": ["ndpiReader", "-i", path],
        "tshark": ["tshark", "-n", "-r", path, "-Y", "dns || tls.handshake.type == 1", "-T", "fields", *fields],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--packets", type=int, default=500_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.pcap"
        make(path, options.packets)
        load = Path("/proc/loadavg").read_text().split()[0]
        print(f"{options.packets:,} packets, {path.stat().st_size / 1e6:.0f} MB; load {load}", flush=True)
        ours = cost([sys.executable, "-P", "-m", "enforcer", "audit", "replay", str(path)])
        print(f"replay      {ours:6.1f} s")
        for name, command in readers(str(path)).items():
            if shutil.which(command[0]) is None:
                print(f"{name:11} not installed")
                continue
            theirs = cost(command)
            print(f"{name:11} {theirs:6.1f} s   replay takes {ours / theirs:.2f} of it", flush=True)


if __name__ == "__main__":
    main()
