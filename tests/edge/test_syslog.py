"""Alerts as a collector gets them: rsyslog, and sockets of our own for what rsyslog does not do."""

import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from event_fixtures import BLOCKED, CUT_OFF, HOSTILE, event, plain
from rsyslog_fixtures import Rsyslog

from enforcer.audit.rfc5424 import INFO, sentence
from enforcer.audit.visible import visible
from enforcer.edge.syslog import Syslog
from enforcer.model.errors import EdgeError
from enforcer.model.event import Event


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short, for the path of a socket has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="syslog-") as made:
        yield Path(made)


@pytest.fixture
def syslog(folder: Path) -> Iterator[Syslog]:
    with Syslog(str(folder / "log"), hostname="spare") as made:
        yield made


@pytest.fixture
def rsyslog(folder: Path) -> Iterator[Rsyslog]:
    started = Rsyslog(folder)
    started.start()
    yield started
    started.stop()


def datagrams(path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    made.bind(str(path))
    made.settimeout(60)
    return made


def drain(collector: socket.socket) -> list[bytes]:
    """What is there now."""
    collector.setblocking(False)
    got = []
    while True:
        try:
            got.append(collector.recv(65536))
        except BlockingIOError:
            return got


def numbered(count: int, first: int = 0) -> list[Event]:
    return [event(at=CUT_OFF + n, client_port=n) for n in range(first, first + count)]


def number(message: bytes) -> int:
    return int(message.split(b'client_port="')[1].split(b'"')[0])


# --- with rsyslog


@pytest.mark.lab
def test_rsyslog_reads_every_member(rsyslog: Rsyslog, syslog: Syslog) -> None:
    one = event(simulated=True, count=3, last=CUT_OFF + 9, chain=("a.example", "b.example"), would_block_from=CUT_OFF)
    assert syslog.send(one) == ()
    (got,) = rsyslog.messages(1)
    want = {name: str(value) for name, value in one.as_dict().items()}
    want |= {"simulated": "true", "chain": "a.example b.example", "citations": "89 FR 52434; 15 CFR 791.109"}
    assert got == {
        "time": "2024-09-29T04:00:05.250000Z",
        "host": "gw.example",
        "severity": "warning",
        "text": sentence(one),
        "event": want,
    }


@pytest.mark.lab
def test_rsyslog_reads_hostile_text_as_text(rsyslog: Rsyslog, syslog: Syslog) -> None:
    sent = [event(name=text, chain=(text, text), reason=f"why {text}", waiver=text) for text in HOSTILE]
    syslog.send(*sent)
    for got, one in zip(rsyslog.messages(len(sent)), sent, strict=True):
        data, shown = got["event"], visible(one.name)
        assert data.keys() == one.as_dict().keys()
        assert data["name"] == data["waiver"] == shown
        assert data["chain"] == f"{shown} {shown}"
        assert data["reason"] == f"why {shown}"
        assert data["verdict"] == "block"
        assert got["text"].removeprefix("\ufeff") == visible(sentence(one))


@pytest.mark.lab
def test_rsyslog_takes_the_longest_message_whole(rsyslog: Rsyslog, syslog: Syslog) -> None:
    one = event(chain=tuple(f"{n:03}." + "x" * 240 + ".example" for n in range(64)), name="y" * 1000, waiver="é" * 900)
    syslog.send(one)
    (got,) = rsyslog.messages(1)
    assert got["event"]["cut"] == "chain"
    assert got["event"]["name"] == one.name
    assert got["text"].endswith(one.reason)


@pytest.mark.lab
def test_rsyslog_stopped_and_started_again_gets_everything_in_order(rsyslog: Rsyslog, syslog: Syslog) -> None:
    syslog.send(*numbered(5))
    rsyslog.messages(5)
    rsyslog.stop()
    for one in numbered(300, 5):
        assert syslog.send(one) == ()
    assert syslog.waiting == 300
    assert syslog.fault
    rsyslog.start()
    while syslog.waiting:
        assert syslog.flush() == ()
    assert syslog.fault == ""
    assert [int(got["event"]["client_port"]) for got in rsyslog.messages(305)] == list(range(305))


@pytest.mark.lab
def test_rsyslog_learns_what_was_lost_while_it_was_away(rsyslog: Rsyslog) -> None:
    rsyslog.stop()
    told: list[Event] = []
    with Syslog(str(rsyslog.socket), hostname="spare", backlog=20) as syslog:
        syslog.send(*numbered(50))
        rsyslog.start()
        while syslog.waiting:
            told += syslog.flush()
    # The first was already on its way when the collector went; what is after it and before the last 20 is lost.
    first, loss, *rest = rsyslog.messages(22)
    assert first["event"]["client_port"] == "0"
    assert (loss["event"]["kind"], loss["severity"], loss["event"]["count"]) == ("loss", "err", "29")
    text = "loss: 29 events from 2024-09-29T04:00:01Z to 2024-09-29T04:00:29Z did not reach"
    assert loss["text"] == f"{text} syslog at {rsyslog.socket}"
    assert [int(got["event"]["client_port"]) for got in rest] == list(range(30, 50))
    assert [(one.kind, one.count, one.at, one.last) for one in told] == [("loss", 29, CUT_OFF + 1, CUT_OFF + 29)]


@pytest.mark.lab
def test_rsyslog_reads_it_on_the_system_socket_too(folder: Path, syslog: Syslog) -> None:
    rsyslog = Rsyslog(folder, own_socket=False)
    rsyslog.start()
    try:
        syslog.send(BLOCKED)
        (got,) = rsyslog.messages(1)
    finally:
        rsyslog.stop()
    assert got["time"] == "2024-09-29T04:00:05.250000Z"
    assert got["event"]["name"] == BLOCKED.name


# --- with sockets of our own


def test_sends_alerts_and_what_the_service_does_but_no_observations(folder: Path, syslog: Syslog) -> None:
    with datagrams(folder / "log") as collector:
        syslog.send(event(verdict="observe"), event(verdict="allow"), event(verdict="flag"), plain(1.0, "start"))
        assert [data.split(b">")[0] for data in drain(collector)] == [b"<165", b"<165"]
        with Syslog(str(folder / "log"), hostname="h", up_to=INFO) as chatty:
            chatty.send(event(verdict="observe"))
        assert drain(collector)[0].startswith(b"<166>")


def test_an_absent_collector_is_no_error(folder: Path, syslog: Syslog) -> None:
    assert syslog.send(BLOCKED) == ()
    assert (syslog.waiting, syslog.fault) == (1, "No such file or directory")
    with datagrams(folder / "log") as collector:
        syslog.flush()
        assert syslog.waiting == 0
        assert len(drain(collector)) == 1


def test_a_collector_that_does_not_read_holds_nothing_up(folder: Path, syslog: Syslog) -> None:
    with datagrams(folder / "log") as collector:
        syslog.send(*numbered(3000))
        assert 0 < syslog.waiting < 3000
        assert syslog.fault == "the collector does not keep up"
        got = drain(collector)
        while syslog.waiting:
            syslog.flush()
            got += drain(collector)
        assert [number(data) for data in got] == list(range(3000))


def test_a_stream_collector_gets_every_message_whole_and_in_order(folder: Path, syslog: Syslog) -> None:
    got = bytearray()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(folder / "log"))
        listener.listen()

        def collect() -> None:
            connection, _ = listener.accept()
            with connection:
                while data := connection.recv(1000):
                    got.extend(data)

        thread = threading.Thread(target=collect)
        thread.start()
        syslog.send(*numbered(2000))
        while syslog.waiting:
            syslog.flush()
        syslog.close()
        thread.join(60)
    lines = bytes(got).split(b"\n")
    assert lines.pop() == b""
    assert [number(line) for line in lines] == list(range(2000))


def test_a_message_that_a_stream_took_in_part_is_sent_again_whole(folder: Path, syslog: Syslog) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(folder / "log"))
        listener.listen()
        syslog.send(*numbered(2000))
        waiting = syslog.waiting
        assert 0 < waiting < 2000
        listener.accept()[0].close()
        syslog.flush()
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(60)
            first = connection.recv(65536).split(b"\n")[0]
        assert number(first) == 2000 - waiting
        assert first.startswith(b"<164>1 ")


def test_closing_gives_up_what_waits_and_tells_the_loss(folder: Path) -> None:
    syslog = Syslog(str(folder / "log"), hostname="h", backlog=10)
    syslog.send(*numbered(30))
    (loss,) = syslog.close()
    assert (loss.kind, loss.count, loss.at, loss.last) == ("loss", 30, CUT_OFF, CUT_OFF + 29)
    assert Syslog(str(folder / "log"), hostname="h").close() == ()


def test_a_loss_of_the_store_is_alerted_and_not_told_back(folder: Path, syslog: Syslog) -> None:
    with datagrams(folder / "log") as collector:
        assert syslog.send(plain(CUT_OFF, "loss", count=5)) == ()
        assert b'kind="loss"' in drain(collector)[0]


def test_an_unknown_facility_is_refused() -> None:
    with pytest.raises(EdgeError, match="no facility 'local9'") as caught:
        Syslog("/dev/log", hostname="h", facility="local9")
    assert "local7" in caught.value.cure
