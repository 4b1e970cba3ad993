"""The machine under trial with its client and its far side, and what a part of the story asks of them."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from nspawn import PLACE, ROOT, Machine, Side, run, until

HERE = Path(__file__).parent
BLOCKED, FREE = "dnl-03.geo.kaspersky.com", "www.example.com"
NXDOMAIN, NOERROR = 3, 0
LOST = ("None", "silent")
CAPABILITIES = 1 << 12 | 1 << 13  # CAP_NET_ADMIN, CAP_NET_RAW
STORE = ROOT / "var/lib/enforcer/events.sqlite"
SITE = ROOT / "etc/enforcer/enforcer.toml"
CERTIFICATES = PLACE / "certificates"
COLLECTOR = """
[[collector]]
name = "siem"
address = "tls://198.51.100.2:6514"
server_name = "siem.example"
ca = "/etc/enforcer/ca.pem"
certificate = "/etc/enforcer/client.pem"
key = "/etc/enforcer/client.key"
"""
FETCH = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9464/metrics', timeout=10).read().decode())"
# A system call beyond the filter kills the daemon here, instead of being refused: whatever it tried would show.
KILL_FILE = "etc/systemd/system/enforcer.service.d/kill.conf"
KILL = "[Service]\nSystemCallErrorNumber=kill\n"


def make_certificates() -> None:
    """An authority, a collector's certificate and ours."""
    shutil.rmtree(CERTIFICATES, ignore_errors=True)
    CERTIFICATES.mkdir()
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    new, at = ("openssl", "req", "-x509", *kind, "-days", "9"), CERTIFICATES
    run(*new, "-subj", "/CN=authority", "-keyout", at / "ca.key", "-out", at / "ca.pem")
    for who, name in (("server", "siem.example"), ("client", "gateway-1")):
        by = ("-CA", at / "ca.pem", "-CAkey", at / "ca.key", "-addext", "basicConstraints=critical,CA:FALSE")
        ends = ("-keyout", at / f"{who}.key", "-out", at / f"{who}.pem")
        run(*new, *by, *ends, "-addext", f"subjectAltName=DNS:{name}", "-subj", f"/CN={name}")


def shown(what: str, is_so: object, told: object = "") -> None:
    print(f"{'ok  ' if is_so else 'FAIL'}  {what}{f': {told}' if told != '' else ''}", flush=True)
    if not is_so:
        raise SystemExit(1)


def went_on(told: Any, at_most: int = 0) -> bool:
    """Live connections, and what is free, of which so much may get no answer."""
    lost = sum(count for kind in ("free", "free_hello") for how, count in told[kind].items() if how in LOST)
    return lost <= at_most and set(told["live"]) == {"True"}


class Scene:
    """`old` and `new` are the packages."""

    def __init__(self, old: Path, new: Path) -> None:
        self.old, self.new = old, new
        self.client, self.internet = Side("client"), Side("internet")
        self.machine = Machine()
        self.boot()
        self.far = self.begin_far_side()

    def begin_far_side(self) -> subprocess.Popen[bytes]:
        return self.internet.start(sys.executable, HERE / "far_side.py", CERTIFICATES, output=PLACE / "far.log")

    def boot(self) -> None:
        self.machine.boot((self.client, self.internet))
        until(self.machine.is_up, "the machine to be up", 120)

    def near(self, *words: str) -> Any:
        return json.loads(self.client.run(sys.executable, HERE / "near_side.py", *words, check=True).stdout)

    def load(self, seconds: float) -> subprocess.Popen[bytes]:
        words = ("load", str(seconds), FREE, BLOCKED)
        return self.client.start(sys.executable, HERE / "near_side.py", *words, output=PLACE / "load.json")

    def end_load(self, load: subprocess.Popen[bytes]) -> Any:
        time.sleep(2)
        load.send_signal(signal.SIGINT)
        load.wait()
        return json.loads((PLACE / "load.json").read_text())

    def arrived(self) -> list[str]:
        """What reached the far side of the blocked name."""
        return [line for line in self.far_log() if BLOCKED in line and not line.startswith("log ")]

    def events(self, kind: str) -> list[dict[str, Any]]:
        with sqlite3.connect(f"file:{STORE}?mode=ro", uri=True) as store:
            rows = store.execute("SELECT body FROM events WHERE kind = ? ORDER BY number", (kind,)).fetchall()
        return [json.loads(body) for (body,) in rows]

    def put(self, deb: Path) -> str:
        shutil.copy(deb, ROOT / "root" / deb.name)
        # Nobody answers a question here: one would fail it.
        environment = ("env", "DEBIAN_FRONTEND=noninteractive")
        return self.machine.inside(*environment, "apt-get", "install", "-q", "-y", f"/root/{deb.name}")

    def journal(self) -> str:
        return self.machine.inside(
            "journalctl", "--no-pager", "-o", "cat", "_SYSTEMD_UNIT=enforcer.service", "+", "UNIT=enforcer.service"
        )

    def is_active(self) -> bool:
        return self.machine.inside("systemctl", "is-active", "enforcer", check=False).strip() == "active"

    def is_unhurt(self) -> bool:
        return "status=31/SYS" not in self.journal()

    def far_log(self) -> list[str]:
        return (PLACE / "far.log").read_text(errors="replace").splitlines()

    def seconds_away(self) -> float:
        """From the last stop to the last start on record."""
        stop, start = (datetime.fromisoformat(self.events(kind)[-1]["at"]) for kind in ("stop", "start"))
        return (start - stop).total_seconds()
