"""Probes against servers of our own: what each answer comes to. tests/lab/test_posture_lab.py has the real rules."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from port_fixtures import free_port

from enforcer.audit.posture import Outcome
from enforcer.audit.probing import FREE, Answer, Target
from enforcer.edge import probes
from enforcer.edge.probes import dns_probes, source_address, system_resolver, tls_probes
from enforcer.model.errors import EdgeError
from enforcer.model.names import HostName

TARGET = Target("acme", "update", HostName("update.acme.example"))
RESET = struct.pack("ii", 1, 0)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server of ours that has its turn late is none that does not answer."""
    monkeypatch.setattr(probes, "PATIENCE", 20.0)


@contextmanager
def serving(handle: Callable[[socket.socket, bytes], None]) -> Iterator[tuple[str, int]]:
    """A TCP server that hands each connection over with the first that it says."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        over = threading.Event()

        def loop() -> None:
            while not over.is_set():
                try:
                    end, _ = listener.accept()
                except TimeoutError:
                    continue
                with end:
                    end.settimeout(20)
                    handle(end, end.recv(4096))

        thread = threading.Thread(target=loop)
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            over.set()
            thread.join()


def reset(end: socket.socket) -> None:
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def an_alert(end: socket.socket) -> None:
    end.sendall(bytes.fromhex("15030300020228"))


def test_a_hello_that_is_answered_has_passed() -> None:
    with serving(lambda end, _: an_alert(end)) as server:
        [probe] = tls_probes([TARGET], server)
    assert (probe.kind, probe.outcome) == ("tls", Outcome.PASSED)
    assert "the server answered" in probe.told


def test_a_hello_that_is_reset_is_stopped_if_a_free_one_passes() -> None:
    def handle(end: socket.socket, hello: bytes) -> None:
        an_alert(end) if FREE.encode() in hello else reset(end)

    with serving(handle) as server:
        [probe] = tls_probes([TARGET], server)
    assert (probe.outcome, probe.told) == (Outcome.STOPPED, "the connection was reset")


def test_where_nothing_passes_nothing_is_proved() -> None:
    with serving(lambda end, _: reset(end)) as server:
        [probe] = tls_probes([TARGET], server)
    assert probe.outcome == Outcome.UNCLEAR
    assert f"{FREE} did not pass either" in probe.told
    [probe] = tls_probes([TARGET], ("127.0.0.1", free_port()))
    assert probe.outcome == Outcome.UNCLEAR


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({}, Outcome.UNCLEAR),
        ({FREE: 0, TARGET.name: 0}, Outcome.PASSED),
        ({FREE: 0, TARGET.name: 3}, Outcome.STOPPED),
        ({FREE: 3, TARGET.name: 3}, Outcome.UNCLEAR),
        ({TARGET.name: 5}, Outcome.UNCLEAR),
    ],
)
def test_what_a_resolver_says_comes_to(
    answers: dict[str, int], outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Port 53 is not ours to take here, so what was received is given; the lab has a resolver."""
    codes = {name: Answer(code, 0, "") for name, code in answers.items()}
    monkeypatch.setattr(probes, "_asked", lambda name, _resolver: codes.get(name))
    [probe] = dns_probes([TARGET], "192.0.2.53")
    assert probe.outcome == outcome


def test_the_systems_resolver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "resolv.conf"
    monkeypatch.setattr(probes, "RESOLV_CONF", file)
    with pytest.raises(EdgeError, match="cannot read"):
        system_resolver()
    file.write_text("# nothing\nsearch example\n")
    with pytest.raises(EdgeError, match="names no resolver"):
        system_resolver()
    file.write_text("search example\nnameserver 192.0.2.53\nnameserver 192.0.2.54\n")
    assert system_resolver() == "192.0.2.53"


def test_our_own_address_on_the_way() -> None:
    assert source_address("127.0.0.1") == "127.0.0.1"
