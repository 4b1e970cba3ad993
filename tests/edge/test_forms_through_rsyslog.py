"""Every form through a real rsyslog over TCP, with the settings of docs/siem.md: what comes out is what went in."""

import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from event_fixtures import HOSTILE, event, plain
from port_fixtures import free_port

from enforcer.audit.envelope import Envelope
from enforcer.audit.formats import BODIES, FORMATS
from enforcer.model.event import Event

PATIENCE = 60.0
PAGE = Path(__file__).parents[2] / "docs/siem.md"
EVENTS = [
    event(),
    event(chain=("s07.upd.kaspersky.com", "edge.cdn.example"), client="fd00::2", mac="00:00:5e:00:53:01", how="tls"),
    *(event(name=text, reason=text, client=text) for text in HOSTILE),
    event(name="x" * 9000, reason="|=^\\" * 3000),
    plain(1.0, "loss", reason="29 events lost"),
]
ENVELOPE = Envelope(hostname="gw.example", procid=42, record=7)


class Rsyslog:
    def __init__(self, folder: Path) -> None:
        self.port, self.out = free_port(), folder / "out"
        settings, *_ = re.findall(r"```rsyslog\n(.*?)```", PAGE.read_text(), re.DOTALL)
        text = settings.replace("6514", str(self.port)).replace("/var/log/enforcer.ndjson", str(self.out))
        assert str(self.out) in text
        (folder / "rsyslog.conf").write_text(f'global(workDirectory="{folder}")\n{text}')
        program = shutil.which("rsyslogd", path="/usr/sbin:/sbin:/usr/bin:/bin")
        assert program, "rsyslogd is not installed: apt-get install rsyslog"
        self.process = subprocess.Popen([program, "-n", "-f", folder / "rsyslog.conf", "-i", folder / "pid"])

    def send(self, messages: list[bytes]) -> list[str]:
        """Octet counting (RFC 6587 section 3.4.1); gives the lines that it wrote."""
        with self._connected() as to:
            to.sendall(b"".join(b"%d %b" % (len(one), one) for one in messages))
        until = time.monotonic() + PATIENCE
        while len(lines := self._lines()) < len(messages):
            assert time.monotonic() < until, f"{len(lines)} of {len(messages)} came"
            time.sleep(0.05)
        return lines

    def _lines(self) -> list[str]:
        if not self.out.exists():
            return []
        return [line.decode() for line in self.out.read_bytes().split(b"\n")[:-1]]

    def _connected(self) -> socket.socket:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port), timeout=10)
            except OSError:
                assert time.monotonic() < until, "rsyslogd does not listen"
                time.sleep(0.05)


@pytest.fixture
def rsyslog(tmp_path: Path) -> Iterator[Rsyslog]:
    running = Rsyslog(tmp_path)
    yield running
    running.process.terminate()
    running.process.wait(PATIENCE)


@pytest.mark.parametrize("form", BODIES)
def test_what_a_collector_hands_on_is_the_form_as_it_was_made(rsyslog: Rsyslog, form: str) -> None:
    messages = [FORMATS[form](one, ENVELOPE) for one in EVENTS]
    lines = rsyslog.send(messages)
    assert lines == [message.decode().split(" - ", 1)[1] for message in messages]
    assert lines[0] == body(form, EVENTS[0])
    if form in ("ecs", "ocsf"):
        assert all(isinstance(json.loads(line), dict) for line in lines)


def body(form: str, one: Event) -> str:
    return BODIES[form](one, record=7)
