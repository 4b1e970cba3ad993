"""Collectors fed from the store by the real process: each transport, what breaks, what is repeated, what is lost."""

import errno
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from collector_fixtures import PATIENCE, STAMP, Daemon, StreamCollector, daemon, first_times, record, tcp, until
from event_fixtures import BLOCKED, CUT_OFF, event, plain
from port_fixtures import free_port

from enforcer.audit.envelope import Envelope
from enforcer.edge import collectors as collectors_module
from enforcer.edge.clock import Clock
from enforcer.edge.collectors import Collectors
from enforcer.edge.cursor import Cursor, begin, path_of
from enforcer.edge.sender import Orders, Sender
from enforcer.edge.spool import Spool
from enforcer.edge.store import Store
from enforcer.model.destination import SEVERITIES, Destination
from enforcer.model.errors import EdgeError


@pytest.fixture
def collector() -> Iterator[StreamCollector]:
    started = StreamCollector().start()
    yield started
    started.stop()


@pytest.fixture
def short() -> Iterator[Path]:
    """For the path of a socket, which has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="syslog-") as made:
        yield Path(made)


def test_every_record_comes_once_and_in_order(tmp_path: Path, collector: StreamCollector) -> None:
    with daemon(tmp_path, tcp(collector)) as running:
        for _ in range(10):
            running.keep_numbered(100)
    assert collector.records == list(range(1, 1001))
    assert running.told == []


def test_what_is_not_grave_enough_is_not_sent(tmp_path: Path, collector: StreamCollector) -> None:
    chatty, grave = tcp(collector, "chatty", up_to="info"), tcp(collector, "grave", up_to="error")
    with daemon(tmp_path, tcp(collector, "usual"), chatty, grave) as running:
        running.keep(event(verdict="observe"), BLOCKED, plain(CUT_OFF, "error"))
    assert sorted(collector.records) == [1, 2, 2, 3, 3, 3]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_udp(tmp_path: Path, host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as taker:
        taker.bind((host, 0))
        taker.settimeout(60)
        to = Destination(name="u", transport="udp", host=host, port=taker.getsockname()[1], max_bytes=2048)
        with daemon(tmp_path, to) as running:
            running.keep_numbered(50)
            running.keep(event(chain=("x" * 250 + ".example",) * 60))
        got = [taker.recv(65536) for _ in range(51)]
    assert [record(one) for one in got] == list(range(1, 52))
    assert len(got[-1]) <= 2048
    assert b'cut="chain"' in got[-1]


def test_udp_to_nobody_is_noticed_and_sent_when_somebody_is_there(tmp_path: Path) -> None:
    port = free_port()
    with daemon(tmp_path, Destination(name="u", transport="udp", host="127.0.0.1", port=port)) as running:
        running.keep_numbered(5)
        running.hear_until(lambda: running.told, "nothing was told")
        assert running.told[0].reason.startswith(
            f"collector u at udp://127.0.0.1:{port}: nothing listens there; 5 records wait for it in the store; "
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taker:
            taker.bind(("127.0.0.1", port))
            taker.settimeout(60)
            got = [record(taker.recv(65536)) for _ in range(6)]
    assert got == list(range(1, 7))  # the sixth is the error


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_local_socket(tmp_path: Path, short: Path, kind: socket.SocketKind) -> None:
    path = short / "log"
    with socket.socket(socket.AF_UNIX, kind) as taker:
        taker.bind(str(path))
        if kind == socket.SOCK_STREAM:
            taker.listen()
        taker.settimeout(60)
        with daemon(tmp_path, Destination(name="l", transport="unix", host=str(path))) as running:
            running.keep_numbered(3)
            if kind == socket.SOCK_DGRAM:
                got = [record(taker.recv(65536)) for _ in range(3)]
            else:
                with taker.accept()[0] as connection:
                    lines = connection.makefile("rb")
                    got = [record(lines.readline()) for _ in range(3)]
    assert got == [1, 2, 3]


def test_a_collector_that_was_away_gets_all_of_it_in_order(tmp_path: Path, collector: StreamCollector) -> None:
    with daemon(tmp_path, tcp(collector)) as running:
        running.keep_numbered(100)
        running.hear_until(lambda: len(collector.records) == 100, "the first did not come")
        collector.stop()
        for _ in range(20):
            running.keep_numbered(100)
        running.hear_until(lambda: running.told, "nobody told that it is away")
        collector.start()
        running.hear_until(lambda: len(running.told) == 2, "nobody told that it is back")
        running.hear_until(lambda: max(collector.records) == 2102, "what waited did not all come")
    assert [one.kind for one in running.told] == ["error", "repair"]
    assert running.told[1].reason == f"the collector siem at tcp://127.0.0.1:{collector.port} takes events again"
    assert first_times(collector.records) == list(range(1, 2103))


def test_a_collector_that_does_not_read_holds_up_nobody(tmp_path: Path, collector: StreamCollector) -> None:
    other = StreamCollector().start()
    collector.reading.clear()
    with daemon(tmp_path, tcp(collector, "hung"), tcp(other, "well")) as running:
        for _ in range(20):
            running.keep_numbered(100)
        until(lambda: len(other.messages) == 2000, "the other one waited")
        assert collector.messages == []
        collector.reading.set()
        until(lambda: len(collector.messages) == 2000, "it did not come after all")
    other.stop()
    assert collector.records == other.records == list(range(1, 2001))


def test_killed_at_any_time_it_goes_on_and_leaves_no_hole(tmp_path: Path, collector: StreamCollector) -> None:
    for _ in range(4):
        running = Daemon(tmp_path, tcp(collector))
        running.keep_numbered(500)
        running.kill()
    with daemon(tmp_path, tcp(collector)) as running:
        running.keep_numbered(1)
        running.hear_until(lambda: max(collector.records, default=0) == 2001, "what waited did not all come")
    assert first_times(collector.records) == list(range(1, 2002))


def test_the_process_has_no_capability(tmp_path: Path, collector: StreamCollector) -> None:
    with daemon(tmp_path, tcp(collector)) as running:
        running.keep(BLOCKED)
        until(lambda: collector.messages, "it did not come")
        assert "CapEff:\t0000000000000000" in Path(f"/proc/{running.collectors.pid}/status").read_text()


def test_the_process_alone_is_killed_and_started_again(tmp_path: Path, collector: StreamCollector) -> None:
    with daemon(tmp_path, tcp(collector)) as running:
        running.keep_numbered(100)
        until(lambda: len(collector.records) == 100, "the first did not come")
        os.kill(running.collectors.pid, signal.SIGKILL)
        running.keep_numbered(100)
        running.hear_until(lambda: running.told, "it was not started again")
    (told,) = running.told
    assert (told.kind, "ended (by signal 9); it was started again" in told.reason) == ("error", True)
    assert first_times(collector.records) == list(range(1, 202))


def test_without_free_descriptors_it_is_started_again_later(
    tmp_path: Path, collector: StreamCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def fails(*_: Any, **_more: Any) -> None:
        tries.append(1)
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(collectors_module, "RESTART", 0.0)
    with daemon(tmp_path, tcp(collector)) as running:
        os.kill(running.collectors.pid, signal.SIGKILL)
        with monkeypatch.context() as crowded:
            crowded.setattr(subprocess, "Popen", fails)
            running.hear_until(lambda: tries, "it was not tried")
        running.hear_until(lambda: running.told, "it was not started again")
        running.keep_numbered(3)
        until(lambda: len(collector.records) >= 3, "they did not come")


def test_a_start_without_it_says_why(
    tmp_path: Path, collector: StreamCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    path = tmp_path / "events.sqlite"
    with Store(path), pytest.raises(EdgeError, match="no process that serves collectors can be started"):
        Collectors([tcp(collector)], path, STAMP, Clock())


def test_one_that_is_to_end_before_it_began_delivers_all_the_same(tmp_path: Path, collector: StreamCollector) -> None:
    path, orders = tmp_path / "events.sqlite", Orders()
    begin(path, "siem")
    with Store(path) as store:
        store.append([(event(), CUT_OFF)] * 3)
    orders.end_within(PATIENCE)
    envelope = Envelope(hostname="gw.example", procid=1)
    Sender(tcp(collector), Spool(path, SEVERITIES["info"]), Cursor(path_of(path, "siem")), envelope, orders).run()
    until(lambda: collector.records == [1, 2, 3], "they were not delivered")


def test_a_new_collector_begins_with_what_comes_then(tmp_path: Path, collector: StreamCollector) -> None:
    with daemon(tmp_path, tcp(collector, "old")) as running:
        running.keep_numbered(10)
    collector.messages.clear()
    with daemon(tmp_path, tcp(collector, "new")) as running:
        running.keep_numbered(10)
    assert collector.records == list(range(11, 21))


def test_records_that_left_the_store_are_told_as_lost(tmp_path: Path, collector: StreamCollector) -> None:
    collector.stop()
    with daemon(tmp_path, tcp(collector)) as running:
        running.keep_numbered(100)
    with sqlite3.connect(running.path) as store:
        store.execute("DELETE FROM events WHERE number <= 60")
    collector.start()
    with daemon(tmp_path, tcp(collector)) as running:
        running.hear_until(lambda: running.told, "no loss was told")
        running.hear_until(lambda: len(collector.records) == 41, "the rest did not come")
    (loss,) = running.told
    assert (loss.kind, loss.count, loss.gateway) == ("loss", 60, "gw.example")
    assert loss.reason.endswith(f"did not reach the collector siem at tcp://127.0.0.1:{collector.port}")
    assert collector.records == list(range(61, 102))  # the last is the loss itself
    with daemon(tmp_path, tcp(collector)) as running:
        running.keep_numbered(1)
        until(lambda: collector.records[-1] == 102, "the next did not come")
        assert running.collectors.send() == ()
    assert running.told == []


def test_above_its_bound_the_oldest_are_given_up_and_counted(tmp_path: Path, collector: StreamCollector) -> None:
    collector.stop()
    to = tcp(collector, spool=1000)
    with daemon(tmp_path, to) as running:
        running.keep(event(at=CUT_OFF, verdict="observe", count=9))
        running.keep(*(event(at=CUT_OFF + n, count=2) for n in range(1999)))
        running.hear_until(lambda: running.told, "no loss was told")
    (loss, *_) = running.told
    # Of 2,000 records 900 are left. The first, which was not for it, is no loss.
    assert (loss.kind, loss.count, loss.at, loss.last) == ("loss", 2198, CUT_OFF, CUT_OFF + 1098)
    collector.start()
    with daemon(tmp_path, to):
        until(lambda: len(collector.records) >= 901, "the rest did not come")
    assert collector.records[:901] == list(range(1101, 2002))


def test_a_record_that_nobody_can_read_is_a_loss_and_no_end(tmp_path: Path, collector: StreamCollector) -> None:
    collector.stop()
    with daemon(tmp_path, tcp(collector)) as running:
        running.keep_numbered(5)
    with sqlite3.connect(running.path) as store:
        store.execute("UPDATE events SET body = '{}' WHERE number = 1")
    collector.start()
    with daemon(tmp_path, tcp(collector)) as running:
        running.hear_until(lambda: len(collector.records) == 5, "the rest did not come")
    assert [(one.kind, one.count) for one in running.told] == [("loss", 1)]
    assert collector.records == [2, 3, 4, 5, 6]


def test_another_store_is_sent_from_its_first_record(tmp_path: Path, collector: StreamCollector) -> None:
    with daemon(tmp_path, tcp(collector)) as running:
        running.keep_numbered(10)
    running.path.unlink()
    with daemon(tmp_path, tcp(collector)) as running:
        running.keep_numbered(3)
    assert collector.records == [*range(1, 11), 1, 2, 3]


def test_a_broken_cursor_is_taken_for_a_new_collector(tmp_path: Path, collector: StreamCollector) -> None:
    with daemon(tmp_path, tcp(collector)) as running:
        running.keep_numbered(10)
    path_of(running.path, "siem").write_text("{")
    with daemon(tmp_path, tcp(collector)) as running:
        running.keep_numbered(1)
    assert collector.records == list(range(1, 12))


def test_what_cannot_be_recorded_is_told_past_the_record(tmp_path: Path, collector: StreamCollector) -> None:
    with daemon(tmp_path, tcp(collector)) as running:
        running.collectors.urgent(plain(CUT_OFF, "error", reason="the disk is full"))
        until(lambda: collector.messages, "it did not come")
    assert b"the disk is full" in collector.messages[0]
    assert collector.records == [0]


def test_doubts_at_the_start_name_collector_fault_and_cure(tmp_path: Path, collector: StreamCollector) -> None:
    away = StreamCollector().start()
    away.stop()
    with daemon(tmp_path, tcp(collector), tcp(away, "away")) as running:
        until(running.collectors.doubts, "nothing was known")
        (doubt,) = running.collectors.doubts()
    where = f"collector away at tcp://127.0.0.1:{away.port}: nothing listens there"
    assert doubt == f"events wait: {where}; start the collector, or correct `address`"
