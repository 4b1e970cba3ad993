import gzip
from datetime import UTC
from pathlib import Path

import pytest
from event_fixtures import CUT_OFF
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.utils import PcapWriter
from stream_fixtures import START, data, query

from enforcer.audit.replayed import Replayed
from enforcer.edge.files import read_policies, shipped_policies
from enforcer.edge.replay import EMPTY, STEP, Task, replay
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event
from enforcer.policy.load import load

LINE = "[{at}] unbound[1:0] info: 10.1.0.2 {name}. A IN\n"


@pytest.fixture(scope="module")
def task() -> Task:
    policy = load(read_policies(shipped_policies()), '[site]\nbans = ["us-commerce-kaspersky-2024"]\n')
    return Task(policy=policy, zone=UTC, now=CUT_OFF)


def run(path: Path, task: Task) -> tuple[Replayed, list[Event], int]:
    events: list[Event] = []
    read = [0]
    result = replay(path, task, events.append, lambda more: read.append(more))
    return result, events, sum(read)


def test_a_log_is_judged_line_by_line(tmp_path: Path, task: Task) -> None:
    path = tmp_path / "unbound.log"
    names = ["www.example.com", "s07.upd.kaspersky.com"] * STEP
    path.write_text(
        "odd\n\n" + "".join(LINE.format(at=int(CUT_OFF) - 1 + n, name=name) for n, name in enumerate(names))
    )
    result, events, read = run(path, task)
    assert (result.form, result.records, result.contacts, result.unread) == ("unbound", 2 * STEP + 2, 2 * STEP, 1)
    assert [(fault.number, fault.why) for fault in result.faults] == [(1, "it is no line of Unbound")]
    assert {(event.name, event.verdict) for event in events} == {("s07.upd.kaspersky.com", "block")}
    assert [row.contacts for row in result.ordered()] == [len(events)] == [STEP]
    assert read == path.stat().st_size


def test_a_cut_file_is_told(tmp_path: Path, task: Task) -> None:
    path = tmp_path / "unbound.log.gz"
    names = (f"s{n}.upd.kaspersky.com" if n % 20 == 0 else f"s{n}.example.com" for n in range(20_000))
    text = "".join(LINE.format(at=int(CUT_OFF), name=name) for name in names)
    path.write_bytes(gzip.compress(text.encode())[:-500])
    result, events, _ = run(path, task)
    assert 0 < result.records < 20_000
    assert f"behind record {result.records}" in result.broken
    assert len(events) == -(-result.records // 20)


def test_one_that_is_cut_within_its_first_lines_is_told_too(tmp_path: Path, task: Task) -> None:
    path = tmp_path / "unbound.log.gz"
    text = "".join(LINE.format(at=int(CUT_OFF), name=f"s{n}.upd.kaspersky.com") for n in range(3))
    path.write_bytes(gzip.compress(text.encode() + b"x" * (3 << 20), 0)[: 2 << 20])
    result, events, _ = run(path, task)
    assert (result.records, len(events)) == (3, 3)
    assert "behind record 3" in result.broken


@pytest.mark.parametrize("content", [b"It was a dark and stormy night.\n"])
def test_what_is_of_no_known_form_is_refused(tmp_path: Path, task: Task, content: bytes) -> None:
    path = tmp_path / "prose"
    path.write_bytes(content)
    with pytest.raises(EdgeError):
        run(path, task)


def test_a_capture_is_judged_and_one_that_is_cut_is_told(tmp_path: Path, task: Task) -> None:
    path = tmp_path / "a.pcap.gz"
    question = Ether() / IP(src="10.1.0.2") / UDP(sport=9, dport=53) / DNS(qd=DNSQR(qname="s07.upd.kaspersky.com"))
    question.time = CUT_OFF
    with PcapWriter(str(tmp_path / "a.pcap"), linktype=1) as writer:
        writer.write([question] * 3)
    path.write_bytes(gzip.compress((tmp_path / "a.pcap").read_bytes()[:-1]))
    result, events, read = run(path, task)
    assert (result.form, result.records, result.contacts) == ("pcap", 2, 2)
    assert "behind packet 2: the file is cut short" in result.broken
    assert [(event.mode, event.verdict) for event in events] == [("replay", "block")]
    assert read == path.stat().st_size


def test_dnstap_is_judged_and_a_file_without_its_end_is_told(tmp_path: Path, task: Task) -> None:
    path = tmp_path / "taps"
    path.write_bytes(START + data(query("www.example.")) + data(query("s07.upd.kaspersky.com.", 9)) + data(b"\xff"))
    result, events, read = run(path, task)
    assert (result.form, result.records, result.contacts, result.unread) == ("dnstap", 3, 2, 1)
    assert [(event.name, event.client, event.verdict) for event in events] == [
        ("s07.upd.kaspersky.com", "10.1.0.2", "block")
    ]
    assert "the stream has no end" in result.broken
    assert read == path.stat().st_size


def test_a_log_without_a_line_is_read_and_no_fault(tmp_path: Path, task: Task) -> None:
    for text in ("", "\n \n"):
        path = tmp_path / "dnsmasq.log"
        path.write_text(text)
        result, events, _ = run(path, task)
        assert (result.form, result.records, result.contacts, result.broken, events) == (EMPTY, 0, 0, "", [])
