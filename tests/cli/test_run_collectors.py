"""`enforcer run` with real collectors, as an operator has them: they stop and it is killed, under load.

They are away for some seconds here; longer, in seconds:
`ENFORCER_OUTAGE=600 .venv/bin/pytest -s tests/cli/test_run_collectors.py`.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from collecting_fixtures import Program, RsyslogServer, SyslogNg
from namespace_fixtures import PATIENCE, ROOT, Namespace

from enforcer.audit.rfc5424 import NOTICE, severity
from enforcer.edge.records import Records

OUTAGE = float(os.environ.get("ENFORCER_OUTAGE", "0"))
"""Seconds that the collectors are away at least, half of them before the gateway is killed."""
pytestmark = [pytest.mark.kernel, pytest.mark.lab, pytest.mark.timeout(300 + 3 * OUTAGE)]

SITE = """
[site]
profile = "protective"
[output]
store = "{folder}/events.sqlite"
syslog = ""
collapse = 0
[control]
socket = ""
[[collector]]
name = "rsyslog"
address = "tcp://localhost:{rsyslog}"
[[collector]]
name = "syslog-ng"
address = "tcp://127.0.0.1:{syslog_ng}"
"""


NETWORK = (
    "link add out type veth peer name nowhere",
    "address add 192.0.2.1/24 dev out",
    "link set nowhere up",
    "link set out up",
    "neighbour replace 192.0.2.53 lladdr 02:00:5e:10:00:53 dev out",
)


class Gateway:
    """A namespace with collectors, a program that asks for blocked names, and the daemon."""

    def __init__(self, folder: Path, namespace: Namespace) -> None:
        self.folder = folder
        self.namespace = namespace
        for command in NETWORK:
            self.namespace.run("ip", *command.split())
        self.collectors: dict[str, Program] = {}
        for name, kind in (("rsyslog", RsyslogServer), ("syslog-ng", SyslogNg)):
            (folder / name).mkdir()
            self.collectors[name] = kind(folder / name, self.namespace.enter, tls=False)
        ports = {name.replace("-", "_"): program.ports["tcp"] for name, program in self.collectors.items()}
        (folder / "site.toml").write_text(SITE.format(folder=folder, **ports))
        self._asking: subprocess.Popen[bytes] | None = None
        self._daemon: subprocess.Popen[str] | None = None

    def ask(self) -> None:
        command = [*self.namespace.enter, sys.executable, str(ROOT / "tests/cli/asking_program.py")]
        self._asking = subprocess.Popen(command, stdin=subprocess.PIPE)

    def ask_no_more(self) -> None:
        if self._asking is not None:
            self._asking.communicate(timeout=PATIENCE)

    def run(self) -> None:
        command = (sys.executable, "-m", "enforcer", "run", "--config", f"{self.folder}/site.toml", "--json")
        with (self.folder / "said").open("w") as said:
            self._daemon = subprocess.Popen([*self.namespace.enter, *command], stdout=said, text=True, cwd=ROOT)
        until(lambda: '"ready"' in (self.folder / "said").read_text(), "it does not run")

    def end(self, how: signal.Signals) -> None:
        if self._daemon is not None:
            self._daemon.send_signal(how)
            self._daemon.wait(PATIENCE)

    def newest(self) -> int:
        with Records(self.folder / "events.sqlite") as records:
            return records.newest()

    def more(self, count: int) -> None:
        """Waits until so many more records were made."""
        wanted = self.newest() + count
        until(lambda: self.newest() >= wanted, "too few records were made")

    def close(self) -> None:
        self.ask_no_more()
        self.end(signal.SIGKILL)
        for program in self.collectors.values():
            program.stop()


def until(true: Callable[[], object], else_: str) -> None:
    deadline = time.monotonic() + 2 * PATIENCE + OUTAGE
    while not true():
        assert time.monotonic() < deadline, else_
        time.sleep(0.1)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with tempfile.TemporaryDirectory(prefix="gw-") as folder, contextlib.closing(Namespace()) as namespace:
        made = Gateway(Path(folder), namespace)
        yield made
        made.close()


def test_every_alert_reaches_both_once_and_in_order(gateway: Gateway) -> None:
    for program in gateway.collectors.values():
        program.start()
    gateway.run()
    gateway.ask()
    gateway.more(200)
    away = gateway.newest()
    for program in gateway.collectors.values():
        program.stop()
    time.sleep(OUTAGE / 2)
    gateway.more(200)
    gateway.end(signal.SIGKILL)
    gateway.run()
    time.sleep(OUTAGE / 2)
    gateway.more(200)
    waited, back = gateway.newest() - away, time.monotonic()
    for program in gateway.collectors.values():
        program.start()
    until(lambda: all(has(program, away + waited) for program in gateway.collectors.values()), "they do not catch up")
    print(f"\n{waited} records waited, {time.monotonic() - back:.1f} s until both collectors had them")
    gateway.more(100)
    gateway.ask_no_more()
    until(lambda: all(has(program, gateway.newest()) for program in gateway.collectors.values()), "some did not come")
    gateway.end(signal.SIGTERM)
    until(
        lambda: all(gateway.newest() in numbered(program) for program in gateway.collectors.values()),
        "its end did not come",
    )
    with Records(gateway.folder / "events.sqlite") as records:
        stored = {number: one for number, one in records.recorded_after(0) if severity(one) <= NOTICE}
    assert [one.kind for one in stored.values()].count("start") == 2
    # On a busy machine packets may pass unjudged, which is a loss too; none is the collectors'.
    assert not any("did not reach" in one.reason for one in stored.values())
    for program in gateway.collectors.values():
        kept = numbered(program)
        assert kept == {number: one.reason for number, one in stored.items()}
        assert list(kept) == sorted(kept)


def numbered(program: Program) -> dict[int, str]:
    """The reasons of what it wrote, by the records' numbers; the store's signed heads, which have none, left out."""
    arrived = (program.members(json.loads(line)) for line in program.lines())
    return {int(one["record"]): one["reason"] for one in arrived if "record" in one}


def has(program: Program, record: int) -> bool:
    last = program.last()
    return last is not None and int(program.members(last).get("record", 0)) >= record
