import re
import socket
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from enforcer.edge.alerts import Alerts
from enforcer.edge.clock import Clock
from enforcer.edge.happenings import FOREVER
from enforcer.edge.outputs import Outputs
from enforcer.edge.records import Records
from enforcer.edge.store import Store
from enforcer.edge.syslog import Syslog
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event
from enforcer.pipeline.stamp import Stamp

STAMP = Stamp(gateway="gw", mode="inline", simulated=False)


def test_a_store_that_fails_is_told_once_and_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is what cannot fail on demand here; tests/edge/test_store.py fills a real one."""
    seen: list[Event] = []
    store = Store(tmp_path / "events.sqlite")
    outputs = Outputs(Clock(), STAMP, store, None, seen.append)
    real = store.append

    def full(_events: Sequence[tuple[Event, float]]) -> tuple[Event, ...]:
        raise EdgeError("the disk is full", cure="free some space")

    monkeypatch.setattr(store, "append", full)
    for at in (1.0, 2.0):
        outputs.keep([Event(at=at)])
    assert [(event.kind, event.reason) for event in seen] == [
        ("decision", ""),
        ("error", "the disk is full; free some space"),
        ("decision", ""),
    ]
    assert {event.gateway for event in seen if event.kind == "error"} == {"gw"}
    assert outputs.weakness == "; NOTHING IS RECORDED: the disk is full"
    monkeypatch.setattr(store, "append", real)
    outputs.keep([Event(at=3.0)])
    assert outputs.weakness == ""
    monkeypatch.setattr(store, "append", full)
    outputs.keep([Event(at=4.0)])
    assert [event.kind for event in seen[3:]] == ["decision", "repair", "decision", "error"]
    monkeypatch.setattr(store, "append", real)
    outputs.close()


def test_a_watcher_who_is_gone_is_told_of_once_and_stops_nobody(tmp_path: Path) -> None:
    asked: list[Event] = []

    def gone(event: Event) -> None:
        asked.append(event)
        raise BrokenPipeError(32, "Broken pipe")

    path = tmp_path / "events.sqlite"
    with Store(path) as store:
        outputs = Outputs(Clock(), STAMP, store, None, gone)
        for at in (1.0, 2.0):
            outputs.keep([Event(at=at), Event(at=at)])
    assert len(asked) == 1
    with Records(path) as records:
        kept = list(records.events(0, FOREVER, kinds=("decision", "error")))
    assert sorted(event.kind for event in kept) == [*4 * ["decision"], "error"]
    assert [event.reason for event in kept if event.kind == "error"] == [
        "what happens is no longer shown where the service was started: [Errno 32] Broken pipe; "
        "it goes on record as before"
    ]


def test_events_are_on_the_disk_when_keep_returns(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    outputs = Outputs(Clock(), STAMP, Store(path), None, lambda _event: None)
    outputs.keep([Event(at=1.0, name="a.test")])
    assert b"a.test" in path.read_bytes() + Path(f"{path}-wal").read_bytes()
    outputs.close()


def test_a_collector_is_told_of_the_head_at_start_and_stop(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="log-") as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(f"{folder}/log")
        log.settimeout(60)
        seen: list[Event] = []
        store = Store(tmp_path / "events.sqlite")
        outputs = Outputs(Clock(), STAMP, store, Alerts(Syslog(f"{folder}/log", hostname="gw")), seen.append)
        for kind in ("start", "finding", "stop"):
            outputs.keep([Event(at=1.0, kind=kind, verdict="flag", reason="why")])
            outputs.flush()
        assert store.head is not None
        stopped = store.head
        outputs.close()
        got = [log.recv(65536).decode() for _ in range(5)]
    kinds = [line.split()[5] for line in got]
    assert kinds == ["start", "head", "finding", "stop", "head"]
    assert stopped.noted in got[-1]
    assert re.search(f"by key {stopped.key}$", got[-1])
    assert [event.kind for event in seen] == ["start", "finding", "stop"], "a head is for the collector only"
    assert b'"head"' not in (tmp_path / "events.sqlite").read_bytes()


def test_a_signature_that_cannot_be_written_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Event] = []
    store = Store(tmp_path / "events.sqlite")
    outputs = Outputs(Clock(), STAMP, store, None, seen.append)
    real = store.seal

    def full(_at: float) -> bool:
        raise EdgeError("the disk is full", cure="free some space")

    monkeypatch.setattr(store, "seal", full)
    outputs.flush()
    outputs.flush()
    assert [event.kind for event in seen] == ["error"]
    monkeypatch.setattr(store, "seal", lambda at: real(at) or True)
    outputs.flush()
    assert [event.kind for event in seen] == ["error", "repair"]
    outputs.close()


def test_a_store_that_fails_while_a_collector_is_told_of_is_told_to_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Event] = []

    class Away(Alerts):
        def __bool__(self) -> bool:
            return True

        def send(self, *events: Event) -> tuple[Event, ...]:
            sent.extend(events)
            return () if events else (STAMP.event(1.0, "a collector is away", kind="error"),)

    def full(_events: Sequence[tuple[Event, float]]) -> tuple[Event, ...]:
        raise EdgeError("the disk is full", cure="free some space")

    store = Store(tmp_path / "events.sqlite")
    outputs = Outputs(Clock(), STAMP, store, Away(), lambda _event: None)
    with monkeypatch.context() as patched:
        patched.setattr(store, "append", full)
        outputs.flush()
    assert [event.reason for event in sent] == ["the disk is full; free some space"]
    outputs.close()
