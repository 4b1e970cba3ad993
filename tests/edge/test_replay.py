import gzip
from datetime import UTC
from pathlib import Path

import pytest
from event_fixtures import CUT_OFF

from enforcer.audit.replayed import Replayed
from enforcer.edge.files import read_policies, shipped_policies
from enforcer.edge.replay import STEP, Task, replay
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
    text = "".join(LINE.format(at=int(CUT_OFF), name=f"s{n}.upd.kaspersky.com") for n in range(20_000))
    path.write_bytes(gzip.compress(text.encode())[:-500])
    result, events, _ = run(path, task)
    assert 0 < result.records < 20_000
    assert f"behind record {result.records}" in result.broken
    assert len(events) == result.records


@pytest.mark.parametrize("content", [b"", b"It was a dark and stormy night.\n", b"\xd4\xc3\xb2\xa1" + bytes(40)])
def test_what_is_of_no_known_form_is_refused(tmp_path: Path, task: Task, content: bytes) -> None:
    path = tmp_path / "prose"
    path.write_bytes(content)
    with pytest.raises(EdgeError):
        run(path, task)
