"""Unbound on a host of the lab: the internet's own name server, and resolvers that a test puts elsewhere."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable

from enforcer.lab.hosts import SPOOL, Host, own

_CONFIG = """
server:
  username: ""
  chroot: ""
  directory: "{spool}"
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  module-config: "iterator"
  num-threads: 1
  access-control: 0.0.0.0/0 allow
  access-control: ::0/0 allow
  {server}
remote-control:
  control-enable: no
"""


def start(
    host: Host, name: str, listen: Iterable[str], *, server: Iterable[str] = (), zone: str = ""
) -> subprocess.Popen[bytes]:
    """Starts one whose files in the spool are `name`.conf and `name`.log; `serves` tells when it answers.

    `server` are lines of its own for the clause of that name, `zone` is the clause that says where answers come from.
    """
    lines = (*(f"interface: {address}" for address in listen), *server)
    host.file(f"{name}.conf").write_text(_CONFIG.format(spool=SPOOL, server="\n  ".join(lines)) + zone)
    command = (*own("unbound", name), "-d", "-p", "-c", f"{SPOOL}/{name}.conf")
    return host.start(*command, output=f"{name}.log")


def serves(host: Host, name: str) -> bool:
    """Whether it says so."""
    return "start of service" in host.file(f"{name}.log").read_text()
