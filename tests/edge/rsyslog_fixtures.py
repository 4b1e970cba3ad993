"""A real rsyslogd on a socket of its own, which writes what it parsed as JSON, one line for each message."""

import contextlib
import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

PATIENCE = 60.0
DOCS = Path(__file__).parents[2] / "docs/events.md"
# Debian's rsyslog.conf loads the module, with this machine's own socket: not in a test.
OWN = 'module(load="imuxsock" SysSock.Use="off")'


def documented(folder: Path, *, own_socket: bool = True) -> str:
    """The configuration that docs/events.md gives to operators, with other paths."""
    common, own, system = re.findall(r"```rsyslog\n(.*?)```", DOCS.read_text(), re.DOTALL)
    if own_socket:
        text = "\n".join([OWN, common, own.replace("/run/enforcer-syslog", f"{folder}/log")])
    else:
        text = common + system.replace("SysSock.Use", f'SysSock.Name="{folder}/log" SysSock.Use', 1)
    assert f"{folder}/log" in text
    return f'global(workDirectory="{folder}")\n' + text.replace("/var/log/enforcer.json", f"{folder}/out")


class Rsyslog:
    """`start` and `stop` it as often as you like; what it wrote stays."""

    def __init__(self, folder: Path, *, own_socket: bool = True) -> None:
        # The path of a socket has at most 107 bytes.
        self.folder = folder
        self.socket = folder / "log"
        self._out = folder / "out"
        (folder / "rsyslog.conf").write_text(documented(folder, own_socket=own_socket))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("rsyslogd", path="/usr/sbin:/sbin:/usr/bin:/bin")
        assert program, "rsyslogd is not installed: apt-get install rsyslog"
        self._process = subprocess.Popen(
            [program, "-n", "-f", self.folder / "rsyslog.conf", "-i", self.folder / "pid"], stderr=subprocess.PIPE
        )
        self._until(self.socket.exists, "rsyslogd made no socket")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            _, complaints = self._process.communicate(timeout=PATIENCE)
            self._process = None
            assert not complaints, complaints.decode()

    def messages(self, count: int) -> list[dict[str, Any]]:
        """Waits until it has written so many messages, and gives all it wrote."""
        self._until(lambda: len(self._lines()) >= count, f"fewer than {count} messages came")
        return [json.loads(line) for line in self._lines()]

    def _lines(self) -> list[str]:
        """The whole ones: it writes by blocks, which end anywhere."""
        with contextlib.suppress(FileNotFoundError):
            return [line.decode() for line in self._out.read_bytes().split(b"\n")[:-1]]
        return []

    def _until(self, true: Any, else_: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline, else_
            time.sleep(0.02)
