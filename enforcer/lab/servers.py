"""Real servers for the lab: Unbound, nginx and a capture on the internet host, rsyslog on the gateway.

Each is told everything on its command line or in a file of ours, keeps to the spool, and stays in the foreground.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from enforcer.lab import name_server, zone
from enforcer.lab.hosts import RESOLVER, SPOOL, Host, Hosts, own
from enforcer.model.errors import EdgeError

LOG_SOCKET = f"{SPOOL}/log.sock"
LOG_LINES = "syslog.jsonl"
"""What rsyslog has read, one JSON object a line."""
CAPTURE = "internet.pcap"
SLOW = "/bases/big.bin"
"""A download of BIG bytes at SLOW_RATE bytes a second, so that it takes minutes."""
SLOW_RATE = 400_000
FAST = "/bases/fast.bin"
BIG = 64 * 1024 * 1024

_ROOT_ZONE = """
auth-zone:
  name: "."
  zonefile: "{spool}/root.zone"
  for-downstream: yes
  for-upstream: yes
  fallback-enabled: no
"""

# One process, no worker: a worker would change its groups, which a user namespace forbids. Small chunks, or a limited
# rate would mean one burst a second.
_NGINX = """
daemon off; master_process off; user root; pid {spool}/nginx.pid; error_log stderr warn;
events {{ worker_connections 1000; }}
http {{
  access_log {spool}/nginx-access.log;
  client_body_temp_path {spool}/nginx; proxy_temp_path {spool}/nginx; fastcgi_temp_path {spool}/nginx;
  uwsgi_temp_path {spool}/nginx; scgi_temp_path {spool}/nginx;
  sendfile on; sendfile_max_chunk 16k; default_type text/plain;
  ssl_certificate {spool}/ca.pem; ssl_certificate_key {spool}/ca.key;
  server {{
    listen 80 default_server backlog=4096; listen [::]:80 default_server ipv6only=on backlog=4096;
    listen 443 ssl default_server backlog=4096; listen [::]:443 ssl default_server ipv6only=on backlog=4096;
    location / {{ return 200 "you reached $host at $server_addr\\n"; }}
    location /bases/ {{ root {spool}/www; }}
    location = {slow} {{ root {spool}/www; limit_rate {rate}; }}
  }}
}}
"""

# The socket is read by the ordinary parsers, because the one for local sockets does not know RFC 5424; and with the
# message's own time, because a trial's clock is not ours.
_RSYSLOG = """
global(workDirectory="{spool}")
module(load="imuxsock" SysSock.Use="off")
module(load="mmpstrucdata")
input(type="imuxsock" Socket="{socket}" UseSpecialParser="off" ParseHostname="on" IgnoreTimestamp="off"
      UseSysTimeStamp="off" RateLimit.Interval="0")
template(name="lines" type="list" option.jsonf="on") {{
  property(outname="facility" name="syslogfacility-text" format="jsonf")
  property(outname="severity" name="syslogseverity-text" format="jsonf")
  property(outname="timestamp" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="app" name="app-name" format="jsonf")
  property(outname="procid" name="procid" format="jsonf")
  property(outname="msgid" name="msgid" format="jsonf")
  property(outname="sd" name="structured-data" format="jsonf")
  property(outname="data" name="$!rfc5424-sd" format="jsonf")
  property(outname="msg" name="msg" format="jsonf")
  property(outname="raw" name="rawmsg" format="jsonf")
}}
action(type="mmpstrucdata" sd_name.lowercase="off")
action(type="omfile" file="{spool}/{lines}" template="lines" asyncWriting="off" flushOnTXEnd="on")
"""


class Servers:
    """The servers of one lab, started in order and waited for. They end with the hosts."""

    patience = 30.0
    """Seconds until each must be ready; an emulated machine needs more."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    def start(self) -> None:
        """Starts all; raises EdgeError if one does not answer in time."""
        self._name_server()
        self._web_server()
        self._log_server()
        self._wait()
        self.start_capture()

    def log(self) -> list[dict[str, Any]]:
        """What rsyslog has read so far, oldest first; `data` is the structured data by element and parameter."""
        return list(_lines(self._hosts.gateway))

    def _name_server(self) -> None:
        internet = self._hosts.internet
        internet.file("root.zone").write_text(zone.text())
        served = _ROOT_ZONE.format(spool=SPOOL)
        name_server.start(internet, "unbound", RESOLVER, server=('local-zone: "test." nodefault',), zone=served)

    def _web_server(self) -> None:
        internet = self._hosts.internet
        internet.file("nginx").mkdir()
        internet.file("www/bases").mkdir(parents=True)
        for path in (SLOW, FAST):
            with internet.file(f"www{path}").open("wb") as big:
                big.truncate(BIG)
        _certificate(internet)
        config = _NGINX.format(spool=SPOOL, slow=SLOW, rate=SLOW_RATE)
        internet.file("nginx.conf").write_text(config)
        internet.start("nginx", "-c", f"{SPOOL}/nginx.conf", output="nginx.log")

    def _log_server(self) -> None:
        gateway = self._hosts.gateway
        config = _RSYSLOG.format(spool=SPOOL, socket=LOG_SOCKET, lines=LOG_LINES)
        gateway.file("rsyslog.conf").write_text(config)
        command = (*own("rsyslogd"), "-n", "-f", f"{SPOOL}/rsyslog.conf", "-i", f"{SPOOL}/rsyslogd.pid")
        gateway.start(*command, output="rsyslog.log")

    def start_capture(self, file: str = CAPTURE) -> None:
        """Copies what passes on the internet's side to a file of the spool."""
        internet = self._hosts.internet
        # -P: our own package is found where it is installed, never by the directory we stand in.
        command = (sys.executable, "-P", "-m", "enforcer.lab.capture", "eth0", f"{SPOOL}/{file}")
        self._capture = internet.start(*command, output="capture.log")
        listening = lambda: "listening" in internet.file("capture.log").read_text()  # noqa: E731
        until(listening, "the capture", internet, "capture.log", self.patience)

    def stop_capture(self) -> str:
        """Ends the capture and returns its count: `captured N dropped M`."""
        self._capture.terminate()
        self._capture.wait(30)
        return self._hosts.internet.file("capture.log").read_text().splitlines()[-1]

    def _wait(self) -> None:
        internet, gateway = self._hosts.internet, self._hosts.gateway
        until(lambda: name_server.serves(internet, "unbound"), "Unbound", internet, "unbound.log", self.patience)
        until(lambda: _listens(internet, 443), "nginx", internet, "nginx.log", self.patience)
        until(gateway.file("log.sock").exists, "rsyslog", gateway, "rsyslog.log", self.patience)


def until(true: Callable[[], bool], what: str, host: Host, output: str, seconds: float = 30) -> None:
    """Waits for `true`; raises EdgeError with the end of the program's own output if it does not come."""
    deadline = time.monotonic() + seconds
    program = host.writes(output)
    while not true():
        ended = program is not None and program.poll() is not None
        if ended or time.monotonic() > deadline:
            said = host.file(output).read_text(errors="replace")[-800:]
            how = "has ended" if ended else f"is not ready after {seconds:.0f} s"
            raise EdgeError(f"{what} {how}; it said: {said}", cure="see docs/lab.md")
        time.sleep(0.02)


def _certificate(host: Host) -> None:
    """One certificate for all names, which the lab's clients trust."""
    every = ",".join(f"DNS:{name}" for name in [*zone.LAST_OCTET, *zone.ALIASES])
    what = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    where = ("-keyout", f"{SPOOL}/ca.key", "-out", f"{SPOOL}/ca.pem")
    host.must("openssl", *what, "-subj", "/CN=lab", "-addext", f"subjectAltName={every}", *where)


def _listens(host: Host, port: int) -> bool:
    return f":{port} " in host.run("ss", "-Hltn").stdout


def _lines(host: Host) -> Iterator[dict[str, Any]]:
    path = host.file(LOG_LINES)
    if path.exists():
        for line in path.read_text().splitlines(keepends=True):
            if line.endswith("\n"):
                entry = json.loads(line)
                yield {**entry, "data": json.loads(entry["data"] or "{}")}
