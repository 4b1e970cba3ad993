"""Files that scapy and tcpdump's relatives write, read back; and files that nobody should have written."""

import io
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw
from scapy.utils import PcapNgWriter, PcapWriter

from enforcer.decode.capture_file import MAX_BLOCK, MAX_PACKET, Captured, CaptureReader
from enforcer.model.errors import DecodeError

AT = 1727582400.25


def frames() -> list[Packet]:
    made: list[Packet] = [
        Ether() / IP() / UDP(sport=40000 + n, dport=53) / Raw(bytes([n]) * (n * 7)) for n in range(40)
    ]
    made.insert(5, Ether() / IP() / TCP(sport=443, dport=40000, flags="A") / Raw(b"x" * 1400))  # bulk
    for n, frame in enumerate(made):
        frame.time = AT + n / 8
    return made


def expected() -> list[bytes]:
    return [bytes(frame) for n, frame in enumerate(frames()) if n != 5]


def read(data: bytes, step: int = 1 << 20) -> tuple[list[Captured], int]:
    stream = io.BytesIO(data)
    reader = CaptureReader(lambda count: stream.read(min(count, step)))
    return list(reader.packets()), reader.records


@pytest.fixture
def pcap(tmp_path: Path) -> Path:
    path = tmp_path / "a.pcap"
    with PcapWriter(str(path), linktype=1) as writer:
        writer.write(frames())
    return path


@pytest.fixture
def pcapng(tmp_path: Path) -> Path:
    path = tmp_path / "a.pcapng"
    with PcapNgWriter(str(path)) as writer:
        writer.write(frames())
    return path


@pytest.mark.parametrize("step", [1, 3, 100, 1 << 20])
@pytest.mark.parametrize("kind", ["pcap", "pcapng"])
def test_packets_with_their_times_however_they_come(request: pytest.FixtureRequest, kind: str, step: int) -> None:
    packets, records = read(request.getfixturevalue(kind).read_bytes(), step)
    assert [packet.data for packet in packets] == expected()
    assert [packet.at for packet in packets] == pytest.approx([AT + n / 8 for n in range(41) if n != 5], abs=1e-6)
    assert {packet.link for packet in packets} == {1}
    assert records == 41


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "ticks"), [(0xA1B2C3D4, 10**6), (0xA1B23C4D, 10**9)])
def test_both_byte_orders_and_both_fractions(order: str, magic: int, ticks: int) -> None:
    head = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 262144, 101)
    packet = struct.pack(f"{order}IIII", int(AT), ticks // 4, 3, 99) + b"abc"
    assert read(head + packet * 2) == ([Captured(AT, 101, b"abc")] * 2, 2)


@pytest.mark.parametrize("form", ["pcap", "nsecpcap", "pcapng"])
def test_as_tshark_writes_it(pcap: Path, tmp_path: Path, form: str) -> None:
    made = tmp_path / "made"
    subprocess.run(["tshark", "-r", pcap, "-F", form, "-w", made], check=True, capture_output=True)
    packets, records = read(made.read_bytes())
    assert [packet.data for packet in packets] == expected()
    assert packets[0].at == pytest.approx(AT, abs=1e-6)
    assert records == 41


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(f"{order}I", 12 + len(body))
    return struct.pack(f"{order}I", kind) + length + body + length


def section(order: str) -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order: str, link: int, *options: tuple[int, bytes]) -> bytes:
    told = b"".join(
        struct.pack(f"{order}HH", code, len(value)) + value + bytes(-len(value) % 4) for code, value in options
    )
    return block(order, 1, struct.pack(f"{order}HHI", link, 0, 0) + told + bytes(4) * bool(options))


def packet(order: str, which: int, ticks: int, data: bytes) -> bytes:
    return block(order, 6, struct.pack(f"{order}IIIII", which, ticks >> 32, ticks & 0xFFFFFFFF, len(data), 99) + data)


@pytest.mark.parametrize("order", ["<", ">"])
def test_each_interface_has_its_own_clock_and_link(order: str) -> None:
    file = (
        section(order)
        + interface(order, 1)
        + interface(order, 101, (9, b"\x09"), (14, struct.pack(f"{order}q", 1000)))
        + interface(order, 228, (9, b"\x8a"))
        + packet(order, 0, int(AT * 1e6), b"one")
        + packet(order, 1, int((AT - 1000) * 1e9), b"two!")
        + packet(order, 2, int(AT * 1024), b"three")
    )
    packets, _ = read(file)
    assert [(one.link, one.data) for one in packets] == [(1, b"one"), (101, b"two!"), (228, b"three")]
    assert [one.at for one in packets] == pytest.approx([AT] * 3, abs=1e-5)


def test_a_new_section_begins_anew() -> None:
    file = section("<") + interface("<", 101) + section(">") + interface(">", 228) + packet(">", 0, 8, b"x")
    assert [one.link for one in read(file)[0]] == [228]


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (b"", "empty"),
        (b"\xd4\xc3", "cut short"),
        (b"text", "neither"),
        (struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0, 1) + b"half", "cut short"),
        (struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0, 1) + struct.pack("<IIII", 1, 1, 9, 9) + b"a", "cut short"),
        (
            struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0, 1) + struct.pack("<IIII", 1, 1, MAX_PACKET + 1, 9),
            "are allowed",
        ),
        (section("<") + struct.pack("<III", 5, MAX_BLOCK + 4, 0), "are allowed"),
        (section("<") + struct.pack("<III", 5, 4, 0), "a block of 4"),
        (section("<") + packet("<", 0, 0, b""), "contradicts"),
        (section("<") + block("<", 3, bytes(8)), "without a time"),
        (block("<", 0x0A0D0D0A, bytes(16)), "byte order"),
    ],
)
def test_what_is_no_capture_is_refused(file: bytes, why: str) -> None:
    with pytest.raises(DecodeError, match=why):
        read(file)


@given(st.data())
def test_any_change_of_a_file_gives_packets_or_the_one_error(data: st.DataObject) -> None:
    order = data.draw(st.sampled_from("<>"))
    parts = [section(order), interface(order, 1), *(packet(order, 0, n, bytes(n)) for n in range(4))]
    file = bytearray(b"".join(parts))
    for _ in range(data.draw(st.integers(0, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(file)))
    try:
        read(bytes(file[:cut]), data.draw(st.sampled_from([1, 7, 1000])))
    except DecodeError as fault:
        assert fault.why
