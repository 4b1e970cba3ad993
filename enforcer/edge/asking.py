"""Asks a running service through its control socket (edge/control.py)."""

from __future__ import annotations

import contextlib
import socket
import time
from pathlib import Path

from enforcer.edge.running import running
from enforcer.model.errors import DecodeError, EdgeError
from enforcer.model.request import MOST_REPLY, Reply, Request, read_reply, request_line

PATIENCE = 30.0
"""Seconds: a reload of a large policy takes some."""
NOT_RUNNING = "is the service running? systemctl status enforcer; or name its socket with --socket"


class NobodyListens(EdgeError):
    """There is no service at that socket."""


def ask(path: Path, request: Request, patience: float = PATIENCE) -> Reply:
    """The service's answer, whatever it is. Raises NobodyListens, or EdgeError if it cannot be asked."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
        end.settimeout(patience)
        try:
            end.connect(str(path))
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it turned us away, and says why
                end.sendall(request_line(request))
            line = _line(end, time.monotonic() + patience)
        except (FileNotFoundError, ConnectionRefusedError) as fault:
            raise _nobody(path) from fault
        except PermissionError as fault:
            cure = "ask as root, or as a member of the `group` of [control]"
            raise EdgeError(f"you may not ask the service at {path}", cure=cure) from fault
        except TimeoutError as fault:
            cure = "it is busy or hangs; `enforcer panic-off` takes its rules out"
            raise EdgeError(f"the service does not answer within {patience:.0f} s", cure=cure) from fault
        except OSError as fault:
            raise EdgeError(f"cannot ask the service at {path}: {fault}", cure=NOT_RUNNING) from fault
    try:
        return read_reply(line)
    except DecodeError as error:
        cure = "use the program of the same version as the service; restart it after an upgrade"
        raise EdgeError(f"the service's answer is not understood: {error.why}", cure=cure) from error


def _nobody(path: Path) -> EdgeError:
    """One that runs and listens elsewhere, or nowhere, is not to be told as one that does not run."""
    found = running()
    if found is None:
        return NobodyListens(f"no service listens at {path}", cure=NOT_RUNNING)
    who = "one runs" if found.pid is None else f"process {found.pid} is one"
    if found.socket is not None and found.socket != path:
        return EdgeError(
            f"no service listens at {path}, but {who}", cure=f"it listens elsewhere: --socket {found.socket}"
        )
    cure = "give its own site file with --config; one without a control socket cannot be asked"
    return EdgeError(f"no service listens at {path}, but {who}", cure=cure)


def _line(end: socket.socket, until: float) -> bytes:
    came = bytearray()
    while not came.endswith(b"\n"):
        end.settimeout(max(until - time.monotonic(), 0.001))
        data = end.recv(65_536)
        if not data or len(came) > MOST_REPLY:
            raise OSError("it said nothing that is whole")
        came += data
    return bytes(came)
