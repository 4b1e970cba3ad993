"""What is fuzzed beside the wire's decoders: files that are replayed, and the pure daemon as a whole."""

import io
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, partial

from fuzz_targets import NAME, Target, datagrams, messages, streams
from hello_matrix import AT, FILES
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from stream_fixtures import START, STOP, field, frame, query, response
from stream_fixtures import data as framed

from enforcer.audit.contact import Contact, LogFault
from enforcer.audit.log_dnstap import Dnstap
from enforcer.audit.log_forms import FORMS, named
from enforcer.audit.log_time import Dating
from enforcer.decode.capture_file import MAX_PACKET, CaptureReader
from enforcer.decode.link import KNOWN, ip_start
from enforcer.model.command import Fate
from enforcer.model.errors import DecodeError
from enforcer.model.marks import REJECT
from enforcer.model.request import Pause, Reload, Resume, Status, read_request, request_line
from enforcer.pipeline.inspector import Inspector
from enforcer.pipeline.stamp import Stamp
from enforcer.policy.load import load


# --- what is called, with what must hold ---------------------------------------------------------------------------
def captured(data: bytes) -> object:
    """However it comes from the disk, the packets are the same, and there are no more of them than bytes."""
    found = list(CaptureReader(io.BytesIO(data).read).packets())
    small = io.BytesIO(data)
    assert list(CaptureReader(lambda _: small.read(4096)).packets()) == found
    assert sum(len(packet.data) for packet in found) <= len(data)
    assert all(len(packet.data) <= MAX_PACKET for packet in found)
    return found


def tapped(data: bytes) -> object:
    """Of each frame at most one contact with its answer, and one that had to wait no longer."""
    log, found = Dnstap(), list[Contact]()
    for one in log.frames(io.BytesIO(data).read):
        with suppress(LogFault):
            told = list(log.read(one))
            assert len(told) <= 1
            found += told
    found += log.rest()
    assert sum(len(contact.names) for contact in found) <= len(data)
    return found


def taps() -> Sequence[bytes]:
    """A question, its answer, and a frame of nobody's, in one stream."""
    told = [query("www.example."), response("www.example."), query("s07.upd.kaspersky.com.", 9), frame(field(1, 3))]
    whole = START + b"".join(map(framed, told)) + STOP
    return [whole, whole * 2, START + framed(told[1])]


def linked(data: bytes) -> object:
    """The first byte tells the link."""
    start = ip_start(KNOWN[data[0] % len(KNOWN)] if data else 0, data[1:])
    assert start <= len(data)
    return start


def lines(form: str, data: bytes) -> object:
    log = named(form).reader(Dating(newest=AT))
    contacts: list[Contact] = []
    try:
        for line in data.decode(errors="replace").splitlines():
            contacts += log.read(line)
    except LogFault as fault:
        raise DecodeError(str(fault), 0) from None
    return contacts


@cache
def daemon() -> Inspector:
    """One for all inputs: what one leaves behind, the next meets."""
    policy = load(FILES)
    stamp = Stamp(gateway="gw", mode="inline", simulated=False)
    return Inspector(policy, stamp, {lane.key: number for number, lane in enumerate(policy.lanes)})


def judged(data: bytes) -> object:
    """A packet raises nothing whatever, DecodeError neither; here that stands for one that does not pass."""
    try:
        outcome = daemon().packet(data, AT)
    except DecodeError as fault:
        raise AssertionError("a packet raises") from fault
    daemon().tick(AT)
    if outcome.mark == REJECT or outcome.fate is not Fate.ACCEPT:
        raise DecodeError(f"stopped: {outcome.fate.name}", 0)
    return outcome


# --- where it starts from ------------------------------------------------------------------------------------------
def files() -> list[bytes]:
    packet = bytes(IP() / UDP(sport=4000, dport=53) / messages()[0])
    made = []
    for order in "<>":
        record = struct.pack(f"{order}IIII", 1, 1, len(packet), len(packet)) + packet
        made.append(struct.pack(f"{order}IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101) + record * 3)
        section = block(order, 0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))
        link = block(order, 1, struct.pack(f"{order}HHI", 101, 0, 0) + struct.pack(f"{order}HHB3x", 9, 1, 9) + bytes(4))
        head = struct.pack(f"{order}IIIII", 0, 1, 1, len(packet), len(packet))
        made.append(section + link + block(order, 6, head + packet) * 3)
    return made


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(f"{order}I", 12 + len(body))
    return struct.pack(f"{order}I", kind) + length + body + length


def records() -> list[bytes]:
    """Each link with a header that says IPv4 in both places where one may say it."""
    return [bytes([number]) + b"\x08\0" + bytes(12) + b"\x08\0" + bytes(30) for number in range(len(KNOWN))]


LOGS = {
    "zeek": b"#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tquery\n"
    b"1727582400.5\t10.1.0.2\t5353\t192.0.2.53\t53\ta.example\n",
    "suricata": b'{"timestamp":"2024-09-29T04:00:00.1+0000","event_type":"tls","src_ip":"10.1.0.2",'
    b'"tls":{"sni":"a.example"}}\n',
    "dnsmasq": b"Sep 29 04:00:00 dnsmasq[1]: query[A] a.example from 10.1.0.2\n",
    "unbound": b"[1727582400] unbound[12:0] info: 10.1.0.2 www.example.com. A IN\n",
    "bind": b"29-Sep-2024 04:00:00.000 client @0x7f 10.1.0.2#58125 (a.example): query: a.example IN A + (10.0.0.1)\n",
    "squid": b"1727582400.837 4221 10.1.0.2 NONE_NONE/000 0 CONNECT a.example:443 - HIER_NONE/- -\n",
    "combined": b'10.1.0.2 - joe [29/Sep/2024:00:00:00 -0400] "GET http://a.example/ HTTP/1.1" 200 1 "-" "curl"\n',
}
"""Of each form a line that tells something."""


def one_or_more(log: bytes) -> Sequence[bytes]:
    return [log, log * 3]


def whole_packets() -> list[bytes]:
    hello = streams()[0]
    fronts = [IP(src="10.0.0.1", dst="192.0.2.1"), IPv6(src="fd00::1", dst="2001:db8::1")]
    backs = [
        *[UDP(sport=4000, dport=53) / message for message in messages()[:2]],
        *[UDP(sport=53, dport=4000) / message for message in messages()[2:]],
        *[UDP(sport=4001, dport=443) / datagram for datagram in datagrams()[:3]],
        TCP(sport=4002, dport=443, flags="S", seq=0),
        TCP(sport=4002, dport=443, flags="PA", seq=1) / hello,
        TCP(sport=4003, dport=80, flags="PA", seq=1) / f"GET / HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode(),
        TCP(sport=4004, dport=53, flags="PA", seq=1) / (b"\0\x2a" + messages()[0]),
    ]
    return [bytes(front / back) for front in fronts for back in backs]


def _log(form: str) -> Target:
    corpus: Callable[[], Sequence[bytes]] = partial(one_or_more, LOGS[form])
    return Target(partial(lines, form), corpus, 2_000_000)


def requests() -> Sequence[bytes]:
    pause = Pause(seconds=600, reason="a test", ticket="T-1", clients=("10.1.0.7",), vendors=("acme",))
    return [request_line(one) for one in (Status(), Reload(), pause, Resume(id="pause-1"))]


FILE_TARGETS = {
    "control": Target(read_request, requests, 1_000),
    "capture_file": Target(captured, files, 400_000),
    "dnstap": Target(tapped, taps, 400_000),
    "link": Target(linked, records, 50),
    **{f"log_{form.name}": _log(form.name) for form in FORMS},
    "daemon": Target(judged, whole_packets, 900_000),
}
