"""What a service manager hears, over the socket that it names."""

import socket
from collections.abc import Iterator

import pytest
from control_fixtures import short_place

from enforcer.edge.systemd import ServiceManager


@pytest.fixture(params=["path", "abstract"])
def ears(request: pytest.FixtureRequest) -> Iterator[tuple[str, socket.socket]]:
    with short_place() as place, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        name = f"@{place}" if request.param == "abstract" else str(place)
        listener.bind(name.replace("@", "\0", 1))
        listener.setblocking(False)
        yield name, listener


def heard(listener: socket.socket) -> list[list[str]]:
    told = []
    while True:
        try:
            told.append(listener.recv(4096).decode().splitlines())
        except BlockingIOError:
            return told


def test_a_whole_life(ears: tuple[str, socket.socket], monkeypatch: pytest.MonkeyPatch) -> None:
    name, listener = ears
    monkeypatch.setenv("NOTIFY_SOCKET", name)
    manager = ServiceManager.of_this_process()
    manager.ready("in force")
    manager.alive("in force")
    manager.alive("1 repair\nand more")
    manager.reloading()
    manager.stopping()
    manager.close()
    told = heard(listener)
    assert told[:3] == [["READY=1", "STATUS=in force"], ["WATCHDOG=1"], ["WATCHDOG=1", "STATUS=1 repair and more"]]
    assert told[3][0] == "RELOADING=1"
    assert told[3][1].startswith("MONOTONIC_USEC=")
    assert told[4] == ["STOPPING=1"]


def test_a_descriptor_is_kept_by_its_name_until_it_is_let_go(ears: tuple[str, socket.socket]) -> None:
    name, listener = ears
    manager = ServiceManager(name)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert manager.listens
        assert manager.keep("queue-7", theirs.fileno())
        told, descriptors, _, _ = socket.recv_fds(listener, 1000, 4)
        assert told.decode().splitlines() == ["FDSTORE=1", "FDNAME=queue-7", "FDPOLL=0"]
        with socket.socket(fileno=descriptors[0]) as kept:
            ours.send(b"x")
            assert kept.recv(1) == b"x"
        manager.let_go("queue-7")
        assert heard(listener) == [["FDSTOREREMOVE=1", "FDNAME=queue-7"]]
    manager.close()


@pytest.mark.parametrize("address", ["", "/nowhere/at/all"])
def test_what_cannot_be_kept_is_known(address: str) -> None:
    manager = ServiceManager(address)
    assert not manager.keep("queue-7", 0)
    assert manager.listens == bool(address)
    manager.close()


def test_programs_that_we_start_do_not_speak_for_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere")
    ServiceManager.of_this_process().close()
    assert "NOTIFY_SOCKET" not in __import__("os").environ


@pytest.mark.parametrize("address", ["", "/nowhere/at/all"])
def test_nobody_listens_and_nothing_fails(address: str) -> None:
    manager = ServiceManager(address)
    manager.ready("x")
    manager.alive("x")
    manager.close()


def test_a_full_socket_does_not_hold_us_up(ears: tuple[str, socket.socket]) -> None:
    name, _ = ears
    manager = ServiceManager(name)
    for _ in range(10_000):
        manager.alive("x")
    manager.close()
