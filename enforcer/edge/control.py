"""The control socket: who may asks the running service, a line of JSON each way, one request a connection.

It is served in the supervisor's loop, and nothing that comes by it can hold that up: connections, bytes and seconds are
bounded, nothing blocks. Who may not, and what is no request, is refused and counted, and nothing else happens.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from enforcer.edge.peers import Peer, group_number, may, peer_of
from enforcer.model.errors import DecodeError, EdgeError
from enforcer.model.request import MOST_REQUEST, Reply, Request, read_request, reply_line
from enforcer.model.settings import Control
from enforcer.model.state import ControlState

MOST = 16
"""Connections at a time; the last four are kept for root and the service's own user."""
KEPT = 4
PATIENCE = 5.0
"""Seconds in which a request must have come, and then again in which its answer must have been taken."""
ONLY_OURS, GROUPS_TOO = 0o600, 0o660
_CHUNK = 65_536

Answer = Callable[[Request, Peer], Reply]


@dataclass(slots=True)
class _Connection:
    end: socket.socket
    peer: Peer
    until: float
    came: bytearray = field(default_factory=bytearray)
    goes: memoryview | None = None


class ControlSocket:
    """Listens from the constructor on. `fileno` is readable when there is something to `serve`. Times are monotonic."""

    def __init__(self, settings: Control, answer: Answer) -> None:
        """Raises EdgeError: no such group, no right to make the socket there, or another service listens."""
        self._path = Path(settings.socket)
        self._answer = answer
        self._group = group_number(settings.group) if settings.group else None
        self._connections: dict[int, _Connection] = {}
        self._served = self._refused = self._malformed = 0
        self._deaf_until: float | None = None
        self._listener = _listening(self._path, self._group)
        self._place = _place(self._path)
        self._selector = selectors.EpollSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)

    def fileno(self) -> int:
        return self._selector.fileno()

    @property
    def state(self) -> ControlState:
        return ControlState(served=self._served, refused=self._refused, malformed=self._malformed)

    def serve(self, now: float) -> None:
        """Does what can be done at once, and lets go of whoever is too slow."""
        if self._deaf_until is not None and now >= self._deaf_until:
            self._deaf_until = None
            self._selector.register(self._listener, selectors.EVENT_READ)
        for key, events in self._selector.select(0):
            if key.fileobj is self._listener:
                self._accept(now)
            elif connection := self._connections.get(key.fd):
                self._go_on(connection, events, now)
        for connection in [one for one in self._connections.values() if one.until <= now]:
            if connection.goes is None:
                self._malformed += 1
            self._drop(connection)

    def close(self) -> None:
        for connection in list(self._connections.values()):
            self._drop(connection)
        self._selector.close()
        self._listener.close()
        if _place(self._path) == self._place:  # another's is not ours to take away
            with contextlib.suppress(OSError):
                self._path.unlink()

    def _accept(self, now: float) -> None:
        for _ in range(MOST):
            try:
                end, _ = self._listener.accept()
            except BlockingIOError:
                return
            except OSError:  # there is no descriptor left: they wait, and we do not spin
                self._selector.unregister(self._listener)
                self._deaf_until = now + 1.0
                return
            end.setblocking(False)
            try:
                peer = peer_of(end)
            except OSError:
                end.close()
                continue
            self._admit(end, peer, now)

    def _admit(self, end: socket.socket, peer: Peer, now: float) -> None:
        if not may(peer, self._group):
            self._refused += 1
            _turn_away(end, "you may not ask the service", "as root, or as a member of the `group` of [control]")
        elif len(self._connections) >= (MOST if may(peer, None) else MOST - KEPT):
            self._refused += 1
            _turn_away(end, "too many ask the service at once", "try again in a few seconds")
        else:
            self._connections[end.fileno()] = _Connection(end, peer, now + PATIENCE)
            self._selector.register(end, selectors.EVENT_READ)

    def _go_on(self, connection: _Connection, events: int, now: float) -> None:
        if connection.goes is None and events & selectors.EVENT_READ:
            self._read(connection, now)
        if connection.goes is not None:
            self._write(connection)

    def _read(self, connection: _Connection, now: float) -> None:
        try:
            data = connection.end.recv(MOST_REQUEST + 1 - len(connection.came))
        except BlockingIOError:
            return
        except OSError:
            data = b""
        connection.came += data
        line, ended, _ = bytes(connection.came).partition(b"\n")
        if ended or len(connection.came) > MOST_REQUEST:
            reply = self._replied(line if ended else bytes(connection.came), connection.peer)
            connection.goes, connection.until = memoryview(reply_line(reply)), now + PATIENCE
            self._selector.modify(connection.end, selectors.EVENT_WRITE)
        elif not data:  # it went before it had asked
            self._malformed += 1
            self._drop(connection)

    def _replied(self, line: bytes, peer: Peer) -> Reply:
        try:
            request = read_request(line)
        except DecodeError as error:
            self._malformed += 1
            return Reply(done=False, told=f"no request: {error.why}", cure="see docs/operate.md", state=None)
        self._served += 1
        return self._answer(request, peer)

    def _write(self, connection: _Connection) -> None:
        assert connection.goes is not None  # noqa: S101 (for the type checker)
        try:
            sent = connection.end.send(connection.goes[:_CHUNK])
        except BlockingIOError:
            return
        except OSError:
            sent = len(connection.goes)
        connection.goes = connection.goes[sent:]
        if not connection.goes:
            self._drop(connection)

    def _drop(self, connection: _Connection) -> None:
        del self._connections[connection.end.fileno()]
        self._selector.unregister(connection.end)
        connection.end.close()


def _turn_away(end: socket.socket, told: str, cure: str) -> None:
    with contextlib.suppress(OSError):
        end.send(reply_line(Reply(done=False, told=told, cure=cure, state=None)))
    end.close()


def _listening(path: Path, group: int | None) -> socket.socket:
    """A new socket in its place, with its rights from its first moment on. Raises EdgeError."""
    _refuse_anothers(path)
    with contextlib.suppress(OSError):  # what is wrong with it shows when the socket is made
        path.parent.mkdir(mode=0o755)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    mask = os.umask(0o777 & ~ONLY_OURS)
    try:
        beside.unlink(missing_ok=True)
        listener.bind(str(beside))
        if group is not None:
            if beside.stat().st_gid != group:  # a sandboxed service may not even ask for its own group
                os.chown(beside, -1, group)
            beside.chmod(GROUPS_TOO)
        listener.listen(MOST)
        beside.replace(path)
    except OSError as fault:
        listener.close()
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        cure = f"make {path.parent} writable for the service's user, or choose another `socket` in [control]"
        raise EdgeError(f"cannot make the control socket {path}: {fault.strerror}", cure=cure) from fault
    finally:
        os.umask(mask)
    return listener


def _refuse_anothers(path: Path) -> None:
    """What a service that was killed left is taken away; what somebody serves, or is no socket, is not."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise EdgeError(f"{path} is there and no socket", cure="choose another `socket` in [control]")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as other:
            other.connect(str(path))
    except (FileNotFoundError, ConnectionRefusedError):
        return
    except OSError as fault:
        raise EdgeError(
            f"cannot look at {path}: {fault.strerror}", cure="choose another `socket` in [control]"
        ) from fault
    raise EdgeError(
        f"another service listens at {path}", cure="give each its own `socket` in [control], as in two namespaces"
    )


def _place(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
