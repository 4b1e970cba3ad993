"""A control socket that is served, for tests of both its ends."""

import selectors
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from state_fixtures import STATE

from enforcer.edge.control import ControlSocket
from enforcer.edge.peers import Peer
from enforcer.model.request import Reply, Request
from enforcer.model.settings import Control


class Asked:
    """Answers, and remembers what was asked by whom."""

    def __init__(self) -> None:
        self.requests: list[tuple[Request, int]] = []
        self.reply = Reply(done=True, told="", cure="", state=STATE)

    def __call__(self, request: Request, peer: Peer) -> Reply:
        self.requests.append((request, peer.uid))
        return self.reply


@contextmanager
def short_place() -> Iterator[Path]:
    """A short path: a socket's address holds 108 bytes. Others may enter, so that only our rights keep them out."""
    with tempfile.TemporaryDirectory(prefix="ctl-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "control"


@contextmanager
def serving(place: Path, asked: Asked | None = None, group: str = "") -> Iterator[tuple[ControlSocket, Asked]]:
    asked = asked or Asked()
    control = ControlSocket(Control(socket=str(place), group=group), asked)
    try:
        yield control, asked
    finally:
        control.close()


@contextmanager
def in_a_loop(control: ControlSocket) -> Iterator[None]:
    """As the supervisor serves it, in a thread of its own."""
    over = threading.Event()

    def loop() -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(control, selectors.EVENT_READ)
            while not over.is_set():
                selector.select(0.02)
                control.serve(0.0)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
