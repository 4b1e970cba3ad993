"""The control socket with real clients: other users, slow ones, too many, and those that talk nonsense."""

import json
import os
import resource
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from control_fixtures import Asked, in_a_loop, serving, short_place
from state_fixtures import STATE

from enforcer.edge import asking
from enforcer.edge.asking import NobodyListens, ask
from enforcer.edge.control import KEPT, MOST, PATIENCE, ControlSocket
from enforcer.edge.peers import Peer
from enforcer.model.errors import EdgeError
from enforcer.model.request import MOST_REQUEST, Pause, Reply, Request, Status
from enforcer.model.settings import Control

OTHER = 65534
"""A user, and a group, that nobody here is."""


@pytest.fixture
def place() -> Iterator[Path]:
    with short_place() as path:
        yield path


def client(place: Path) -> socket.socket:
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    end.settimeout(60)
    end.connect(str(place))
    return end


def said(end: socket.socket) -> dict[str, Any]:
    data = b""
    while not data.endswith(b"\n"):
        more = end.recv(65_536)
        assert more, "it ended without an answer"
        data += more
    answer = json.loads(data)
    assert isinstance(answer, dict)
    return answer


def as_other(place: Path, groups: str = "") -> str:
    """What another user is told; his program does nothing but connect and ask."""
    program = """
import contextlib, socket, sys
end = socket.socket(socket.AF_UNIX)
end.settimeout(60)
end.connect(sys.argv[1])
with contextlib.suppress(BrokenPipeError):
    end.sendall(b'{"ask":"status"}\\n')
print(end.recv(100).decode())
"""
    drop = ("setpriv", f"--reuid={OTHER}", f"--regid={OTHER}", f"--groups={groups}" if groups else "--clear-groups")
    done = subprocess.run(
        [*drop, "/usr/bin/python3", "-c", program, str(place)], capture_output=True, text=True, check=False, timeout=100
    )
    return done.stdout + done.stderr


def test_a_client_is_answered(place: Path) -> None:
    with serving(place) as (control, asked), in_a_loop(control):
        reply = ask(place, Status())
        assert reply.state == STATE
        assert asked.requests == [(Status(), os.geteuid())]
        assert control.state.served == 1


def test_only_we_may_open_it_unless_a_group_may(place: Path) -> None:
    with serving(place):
        assert place.stat().st_mode & 0o777 == 0o600
    assert not place.exists(), "it leaves nothing"


@pytest.mark.skipif(os.geteuid() != 0, reason="another user can only be made by root")
def test_another_user_is_kept_out_by_the_file_and_by_his_credentials(place: Path) -> None:
    with serving(place) as (control, asked), in_a_loop(control):
        assert "PermissionError" in as_other(place)
        place.chmod(0o666)
        told = as_other(place)
        assert '"done":false' in told
        assert "you may not ask the service" in told
        assert control.state.refused == 1
        assert not asked.requests


@pytest.mark.skipif(os.geteuid() != 0, reason="another user can only be made by root")
def test_a_member_of_the_group_may(place: Path) -> None:
    with serving(place, group="adm") as (control, asked), in_a_loop(control):
        assert place.stat().st_mode & 0o777 == 0o660
        assert "PermissionError" in as_other(place)
        adm = place.stat().st_gid
        assert '"done":true' in as_other(place, groups=str(adm))
        assert asked.requests == [(Status(), OTHER)]
        assert control.state.refused == 0


def test_a_group_that_is_not_there_is_told(place: Path) -> None:
    with pytest.raises(EdgeError, match="there is no group of users 'nosuchgroup'"):
        ControlSocket(Control(socket=str(place), group="nosuchgroup"), Asked())


NONSENSE = [b"\n", b"stop\n", b'{"ask":"stop"}\n', b"\0" * 40 + b"\n", b"x" * (MOST_REQUEST + 1), b'{"ask":"reload"']


@pytest.mark.parametrize("line", NONSENSE)
def test_what_is_no_request_is_refused_counted_and_nothing_else_happens(place: Path, line: bytes) -> None:
    with serving(place) as (control, asked), in_a_loop(control), client(place) as end:
        end.sendall(line)
        end.shutdown(socket.SHUT_WR)
        if line.endswith(b"\n") or len(line) > MOST_REQUEST:
            assert said(end)["told"].startswith("no request")
        else:
            assert end.recv(100) == b"", "half a request is none"
        assert control.state.malformed == 1
        assert not asked.requests


def test_a_request_may_come_in_pieces_and_what_follows_it_is_not_read(place: Path) -> None:
    with serving(place) as (control, asked), in_a_loop(control), client(place) as end:
        for byte in b'{"ask":"status"}':
            end.sendall(bytes((byte,)))
        end.sendall(b'\n{"ask":"reload"}\n')
        assert said(end)["done"]
        assert [one for one, _ in asked.requests] == [Status()]


def test_who_is_slow_is_let_go(place: Path) -> None:
    with serving(place) as (control, asked), client(place) as slow:
        control.serve(100.0)
        slow.sendall(b'{"ask":')
        control.serve(100.0 + PATIENCE - 0.1)
        slow.sendall(b'"status"')
        control.serve(100.0 + PATIENCE)
        assert slow.recv(100) == b""
        assert (control.state.malformed, asked.requests) == (1, [])


def test_who_does_not_take_his_answer_is_let_go(place: Path) -> None:
    long = Reply(done=True, told="x" * 3_000_000, cure="", state=None)
    answer: Callable[[Request, Peer], Reply] = lambda _request, _peer: long  # noqa: E731
    control = ControlSocket(Control(socket=str(place)), answer)
    with client(place) as end:
        end.sendall(b'{"ask":"status"}\n')
        for _ in range(50):
            control.serve(100.0)
        control.serve(100.0 + PATIENCE)
        got = 0
        while data := end.recv(1 << 20):
            got += len(data)
        assert 0 < got < 3_000_000
    control.close()


def test_no_more_than_so_many_at_a_time_and_room_is_kept_for_root(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(place) as (control, _):
        crowd = [client(place) for _ in range(MOST)]
        control.serve(100.0)
        with client(place) as late:
            control.serve(100.0)
            assert "too many" in said(late)["told"]
        for end in crowd:
            end.close()
        control.serve(100.0)
        monkeypatch.setattr("enforcer.edge.control.may", lambda _peer, group: group == 7)
        control._group = 7  # as if all were of the group, and none of them root
        crowd = [client(place) for _ in range(MOST)]
        control.serve(200.0)
        assert len(control._connections) == MOST - KEPT
        for end in crowd:
            end.close()


def test_without_free_descriptors_it_neither_fails_nor_spins(place: Path) -> None:
    with serving(place) as (control, asked), client(place) as end:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        taken = os.dup(end.fileno())
        resource.setrlimit(resource.RLIMIT_NOFILE, (taken, hard))  # the next one would have this number, or a higher
        try:
            control.serve(100.0)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            os.close(taken)
        assert not asked.requests
        assert not select.select([control], [], [], 0)[0], "it does not wake us again and again"
        end.sendall(b'{"ask":"status"}\n')
        for _ in range(5):
            control.serve(101.0)
        assert said(end)["done"]
        assert len(asked.requests) == 1


def test_what_a_killed_service_left_is_replaced_and_another_service_is_not(place: Path) -> None:
    left = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    left.bind(str(place))
    left.close()
    with serving(place) as (control, _):
        with pytest.raises(EdgeError, match="another service listens"):
            ControlSocket(Control(socket=str(place)), Asked())
        with in_a_loop(control):
            assert ask(place, Status()).done


def test_a_file_that_is_no_socket_is_left_alone(place: Path) -> None:
    place.write_text("mine")
    with pytest.raises(EdgeError, match="is there and no socket"):
        ControlSocket(Control(socket=str(place)), Asked())
    assert place.read_text() == "mine"


def test_where_there_is_no_service_that_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "running", lambda: None)  # this machine may have one, or another test's
    with pytest.raises(NobodyListens, match="no service listens"):
        ask(place, Status())


def test_a_service_that_hangs_is_told(place: Path) -> None:
    with serving(place), pytest.raises(EdgeError, match="does not answer within 0 s") as told:
        ask(place, Status(), 0.2)
    assert "panic-off" in told.value.cure


def test_an_answer_that_is_none_is_told(place: Path) -> None:
    assert asking.PATIENCE > PATIENCE
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(place))
    listener.listen()

    def answer() -> None:
        end, _ = listener.accept()
        end.recv(1000)
        end.sendall(b'{"done":true,"told":"","cure":"","state":{"version":99}}\n')
        end.close()

    thread = threading.Thread(target=answer)
    thread.start()
    with pytest.raises(EdgeError, match="is not understood"):
        ask(place, Pause(seconds=1, reason="x", ticket="", clients=(), vendors=()))
    thread.join()
    listener.close()


def test_the_other_end_is_who_the_kernel_says(place: Path) -> None:
    with serving(place) as (control, asked), in_a_loop(control):
        program = (
            "from pathlib import Path; from enforcer.edge.asking import ask; from enforcer.model.request import *;"
        )
        program += f"print(ask(Path({str(place)!r}), Status()).done)"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert done.stdout == "True\n"
        assert asked.requests == [(Status(), os.geteuid())]
