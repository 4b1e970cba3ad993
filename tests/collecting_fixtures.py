"""Real collectors over the network, with the settings that docs/collectors.md gives to operators."""

import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from port_fixtures import free_port

ROOT = Path(__file__).parents[1]
PATIENCE = 60.0
_WHERE = "/etc/enforcer-collector/"
_UNPACKED = ROOT / ".run/syslog-ng"


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / page).read_text(), re.DOTALL)


def moved(text: str, changes: dict[str, str]) -> str:
    """The text with every key replaced, each of which must be there."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


class Program:
    """A collector's process: `start` and `stop` it as often as you like; what it wrote stays.

    `within` are the words before its command; without `tls` it needs no certificates in its folder.
    """

    def __init__(self, folder: Path, within: Sequence[str], tls: bool) -> None:
        self.folder = folder
        self.tls = tls
        self.ports = {name: free_port() for name in ("udp", "tcp", "tls")}
        self._within = within
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "out").touch()

    def command(self) -> tuple[list[str], dict[str, str]]:
        raise NotImplementedError

    def start(self) -> None:
        command, environment = self.command()
        with (self.folder / "complaints").open("ab") as complaints:
            self._process = subprocess.Popen([*self._within, *command], env=environment, stderr=complaints)
        self.until(self._listens, "it does not listen")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None

    def send(self, messages: Sequence[bytes]) -> None:
        """Over TCP, with octet counting (RFC 6587 section 3.4.1)."""
        with socket.create_connection(("127.0.0.1", self.ports["tcp"]), timeout=PATIENCE) as to:
            to.sendall(b"".join(b"%d %b" % (len(one), one) for one in messages))

    def lines(self) -> list[str]:
        return (self.folder / "out").read_text(errors="surrogateescape").split("\n")[:-1]

    def last(self) -> dict[str, Any] | None:
        """The last whole message, without reading all."""
        with (self.folder / "out").open("rb") as out:
            out.seek(max(0, out.seek(0, 2) - 65_536))
            lines = out.read().decode(errors="surrogateescape").split("\n")[:-1]
        return json.loads(lines[-1]) if lines else None

    def messages(self, count: int) -> list[dict[str, Any]]:
        """Waits until so many were written; all of them, as the collector parsed them."""
        self.until(lambda: len(self.lines()) >= count, f"fewer than {count} messages came")
        return [json.loads(line) for line in self.lines()]

    def texts(self, count: int) -> list[str]:
        """The same, the text alone."""
        raise NotImplementedError

    def members(self, message: dict[str, Any]) -> dict[str, str]:
        """The structured data of a message."""
        raise NotImplementedError

    def until(self, true: Callable[[], Any], else_: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline, f"{else_}\n{(self.folder / 'complaints').read_text()}"
            time.sleep(0.02)

    def _places(self, port: str) -> dict[str, str]:
        """The usual ports and paths, and what stands in their stead here."""
        own = {"udp": 514, "tcp": 601, **({"tls": 6514} if self.tls else {})}
        ports = {port.format(usual): port.format(self.ports[name]) for name, usual in own.items()}
        return {**ports, **({_WHERE: f"{self.folder}/"} if self.tls else {})}

    def _listens(self) -> bool:
        ports = subprocess.run([*self._within, "ss", "-Hlnt"], capture_output=True, text=True, check=True).stdout
        return all(f":{self.ports[name]} " in ports for name in ("tcp", *(("tls",) if self.tls else ())))


class RsyslogServer(Program):
    """`text`: with the rule set for forms that are the whole text."""

    def __init__(self, folder: Path, within: Sequence[str] = (), *, text: bool = False, tls: bool = True) -> None:
        super().__init__(folder, within, tls)
        inputs, texts = _blocks("collectors.md", "rsyslog")
        rules = moved(_blocks("events.md", "rsyslog")[0], {"/var/log/enforcer.json": f"{folder}/out"})
        if not tls:
            inputs = re.sub(r"^global\(.*?^\)\n|^input\([^)]*gtls[^)]*\)\n", "", inputs, flags=re.S | re.M)
        inputs = moved(inputs, self._places('port="{}"'))
        if text:
            inputs = moved(inputs, {'ruleset="enforcer"': 'ruleset="enforcer-text"'})
            rules = moved(texts, {"/var/log/enforcer.text": f"{folder}/out"})
        (folder / "rsyslog.conf").write_text(f'global(workDirectory="{folder}")\n{rules}\n{inputs}')

    def command(self) -> tuple[list[str], dict[str, str]]:
        program = shutil.which("rsyslogd", path="/usr/sbin:/sbin:/usr/bin:/bin")
        assert program, "rsyslogd is not installed: apt-get install rsyslog rsyslog-gnutls"
        return [program, "-n", "-f", f"{self.folder}/rsyslog.conf", "-i", f"{self.folder}/pid"], {}

    def texts(self, count: int) -> list[str]:
        self.until(lambda: len(self.lines()) >= count, f"fewer than {count} messages came")
        return self.lines()

    def members(self, message: dict[str, Any]) -> dict[str, str]:
        return dict(message["event"])


class SyslogNg(Program):
    """From where ./do unpacks it, or as it is installed."""

    def __init__(self, folder: Path, within: Sequence[str] = (), *, tls: bool = True) -> None:
        super().__init__(folder, within, tls)
        (text,) = _blocks("collectors.md", "syslog-ng")
        if not tls:
            text = re.sub(r"^  syslog\(transport\(\"tls\"\).*?^  \);\n", "", text, flags=re.S | re.M)
        paths = {"/var/log/enforcer.json": f"{folder}/out", "/run/enforcer-syslog": f"{folder}/log"}
        text = moved(text, {**self._places("port({})"), **paths})
        (folder / "syslog-ng.conf").write_text("@version: 3.38\n" + text)

    def command(self) -> tuple[list[str], dict[str, str]]:
        own = [f"--{name}={self.folder}/{name}" for name in ("persist-file", "pidfile", "control")]
        usual = ["--foreground", "--no-caps", f"--cfgfile={self.folder}/syslog-ng.conf", *own]
        if installed := shutil.which("syslog-ng", path="/usr/sbin:/sbin:/usr/bin:/bin"):
            return [installed, *usual], {}
        program = _UNPACKED / "usr/sbin/syslog-ng"
        assert program.exists(), "syslog-ng is neither installed nor in .run/syslog-ng: ./do test unpacks it there"
        libraries = [*_UNPACKED.glob("usr/lib/*-linux-gnu*"), *_UNPACKED.glob("lib/*-linux-gnu*")]
        path = ":".join(map(str, [*libraries, _UNPACKED / "usr/lib/syslog-ng"]))
        (modules,) = _UNPACKED.glob("usr/lib/syslog-ng/*/libsyslogformat.so")
        return [str(program), *usual, f"--module-path={modules.parent}"], {"LD_LIBRARY_PATH": path}

    def texts(self, count: int) -> list[str]:
        return [message["MESSAGE"] for message in self.messages(count)]

    def members(self, message: dict[str, Any]) -> dict[str, str]:
        return dict(message["_SDATA"]["enforcer@32473"])
