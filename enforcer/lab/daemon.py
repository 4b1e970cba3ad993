"""The daemon under trial: `enforcer run` as a process on the gateway, driven by signals and read by its output."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from enforcer.lab.hosts import SPOOL, Host
from enforcer.lab.servers import LOG_SOCKET, until
from enforcer.model.errors import EdgeError

STORE = f"{SPOOL}/events.sqlite"
SITE = f"{SPOOL}/site.toml"
# -P: our own package is found where it is installed, never by the directory we stand in.
ENFORCER = (sys.executable, "-P", "-m", "enforcer")

_SITE = """
[site]
name = "lab-gateway"
profile = "{profile}"
{site}
[datapath]
fail = "{fail}"
{datapath}
[output]
store = "{store}"
syslog = "{socket}"
{output}
"""


class Daemon:
    """One run. `at` is the trial's clock at the start, or None for the machine's own; `policies` a folder.

    Each occurrence is a record, unless `output` has other keys for that table: a trial is looked at one by one.
    `program` stands in for ours where a fault is to be put in.
    """

    _runs = 0
    patience = 60.0
    """Seconds that a start or a reload may take; an emulated machine needs more."""

    def __init__(
        self,
        gateway: Host,
        *,
        at: str | None,
        profile: str = "statutory",
        fail: str = "open",
        site: str = "",
        datapath: str = "",
        output: str = "collapse = 0",
        policies: str = "",
        program: Sequence[str] = ENFORCER,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        Daemon._runs += 1
        self.output = f"daemon-{Daemon._runs}.log"
        self._gateway = gateway
        self._at = at
        self._profile = profile
        self._fail = fail
        self._datapath = datapath
        self._output = output
        self._policies = ("--policies", policies) if policies else ()
        self._program = program
        self._environment = environment
        self._told: list[dict[str, Any]] = []
        self._read = 0
        self.write_site(site)

    def write_site(self, site: str) -> None:
        """The site file, with more keys for its `[site]` table; read at the start and at each reload."""
        text = _SITE.format(
            profile=self._profile,
            fail=self._fail,
            site=site,
            datapath=self._datapath,
            output=self._output,
            store=STORE,
            socket=LOG_SOCKET,
        )
        self._gateway.file("site.toml").write_text(text)

    def start(self, *options: str) -> None:
        """Returns when it is in force; raises EdgeError with its own words if it does not come to that."""
        at = () if self._at is None else ("--at", self._at)
        command = (*self._program, "run", "--json", "--config", SITE, *self._policies, *at, *options)
        self._told, self._read = [], 0
        self.process: subprocess.Popen[bytes] = self._gateway.start(
            *command, output=self.output, more=self._environment
        )
        until(self._ready_or_gone, "the daemon", self._gateway, self.output, seconds=self.patience)
        if not self._ready_line():
            said = self._gateway.file(self.output).read_text(errors="replace")
            raise EdgeError(f"the daemon ended with {self.process.returncode}: {said}", cure="see what it says")
        self.ready_seen = time.monotonic()

    @property
    def ready_at(self) -> str:
        """The trial's clock when it said that it is in force (RFC 3339)."""
        return str(self._ready_line()[0]["at"])

    def events(self) -> list[dict[str, Any]]:
        """What it has told so far, oldest first."""
        return [line for line in self._lines() if "kind" in line]

    def stop(self) -> int:
        """Asks it to stop; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def kill(self) -> None:
        """What `kill -9` does."""
        self.process.kill()
        self.process.wait(60)

    def reload(self) -> dict[str, Any]:
        """Asks for the policy to be read anew; returns its answer, an event of kind `reload` or `error`."""
        before = len(self._answers())
        self.process.send_signal(signal.SIGHUP)
        until(lambda: len(self._answers()) > before, "the reload", self._gateway, self.output, seconds=self.patience)
        return self._answers()[-1]

    def _answers(self) -> list[dict[str, Any]]:
        return [event for event in self.events() if event["kind"] in ("reload", "error")]

    def _ready_or_gone(self) -> bool:
        return bool(self._ready_line()) or self.process.poll() is not None

    def _ready_line(self) -> list[dict[str, Any]]:
        return [line for line in self._lines() if "ready" in line]

    def _lines(self) -> list[dict[str, Any]]:
        """The whole lines of its output that are JSON; others are words for a person. Each is read once."""
        with self._gateway.file(self.output).open("rb") as output:
            output.seek(self._read)
            data = output.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        self._told += [json.loads(line) for line in whole.splitlines() if line.startswith(b"{")]
        return self._told
