"""Both ways of alerts together."""

import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from collector_fixtures import STAMP, until
from event_fixtures import BLOCKED

from enforcer.edge.alerts import Alerts
from enforcer.edge.clock import Clock
from enforcer.edge.store import Store
from enforcer.model.destination import Destination
from enforcer.model.settings import Settings

NOBODY = Destination(name="siem", transport="tcp", host="127.0.0.1", port=1)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="syslog-") as made:
        yield Path(made)


def alerts(path: Path, syslog: str, *collectors: Destination) -> Alerts:
    return Alerts.of(Settings(syslog=syslog, collectors=collectors), path, STAMP, Clock())


def test_a_collector_that_is_away_is_told_over_the_local_socket(folder: Path) -> None:
    path = folder / "events.sqlite"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as local, Store(path):
        local.bind(str(folder / "log"))
        local.settimeout(60)
        both = alerts(path, str(folder / "log"), NOBODY)
        until(both.doubts, "it is not known to be away")
        told = list(both.send(BLOCKED))
        assert b"s07.upd.kaspersky.com" in local.recv(65536)
        while not told:
            told += both.send()
            time.sleep(0.05)
        assert b"nothing listens there" in local.recv(65536)
        assert [one.kind for one in told] == ["error"]
        assert both.close() == ()


def test_doubts_name_what_does_not_work(folder: Path) -> None:
    path = folder / "events.sqlite"
    with Store(path):
        silent = alerts(path, "")
        assert silent.doubts() == ("no alerts are sent: [output] syslog is empty, and there is no [[collector]]",)
        assert (silent.send(BLOCKED), silent.send(), silent.close()) == ((), (), ())
        away = alerts(path, str(folder / "log"))
        away.send(BLOCKED)
        assert away.doubts() == (f"alerts wait: syslog at {folder}/log: No such file or directory",)
        assert [one.kind for one in away.close()] == ["loss"]
        only = alerts(path, "", NOBODY)
        until(only.doubts, "it is not known to be away")
        only.close()
