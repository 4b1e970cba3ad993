"""QUIC servers on the internet host: aioquic's, which joins ports by the connection id; ngtcp2's, which does not."""

import re
import sys
from pathlib import Path

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import SPOOL, Hosts
from enforcer.lab.servers import until

CLIENTS = {4: "10.77.1.2", 6: "fd77:1::2"}
AIOQUIC = (sys.executable, "-W", "ignore", str(Path(__file__).with_name("quic_program.py")))
PATIENT = ("--timeout=90s", "--handshake-timeout=90s")
"""For ngtcp2's programs."""
_KEY, _CERTIFICATE = f"{SPOOL}/ca.key", f"{SPOOL}/ca.pem"
_LOG = "quic.log"


def addresses(*names: str) -> list[str]:
    return [zone.address(name, family) for name in names for family in (4, 6)]


def serve_aioquic(hosts: Hosts, *places: str) -> None:
    """On ports 443 and 853; it says which name each hello asks for."""
    internet = hosts.internet
    _bind_what_is_routed(hosts)
    internet.start(*AIOQUIC, "serve", _CERTIFICATE, _KEY, *places, output=_LOG)
    until(lambda: "serving" in internet.file(_LOG).read_text(), "aioquic's server", internet, _LOG)


def asked_of_aioquic(hosts: Hosts) -> list[str]:
    """Its servers' names, hello by hello."""
    return re.findall(r"asked for (\S+)", hosts.internet.file(_LOG).read_text())


def serve_ngtcp2(hosts: Hosts, place: str, port: int, *options: str) -> None:
    """GnuTLS says for each hello which name it asks for."""
    internet, log = hosts.internet, _log_of(place)
    _bind_what_is_routed(hosts)
    internet.must("mkdir", "-p", f"{SPOOL}/pages")
    where = ("-q", *PATIENT, "-d", f"{SPOOL}/pages", *options, place, str(port), _KEY, _CERTIFICATE)
    internet.start("gtlsserver", *where, output=log, more={"GNUTLS_DEBUG_LEVEL": "4"})
    here = f"[{place}]" if ":" in place else place
    until(lambda: f"{here}:{port} " in internet.must("ss", "-Hlun"), "ngtcp2's server", internet, log)


def asked_of_ngtcp2(hosts: Hosts, place: str) -> list[str]:
    """Its server's names at an address, hello by hello."""
    log = hosts.internet.file(_log_of(place)).read_text(errors="replace")
    return re.findall(r"Requested server name: '([^']*)'", log)


def recorded_of(daemon: Daemon, name: str) -> list[tuple[str, str, str]]:
    """What was recorded of a name over QUIC: whose, verdict, action."""
    seen = [event for event in daemon.events() if event.get("name") == name and event["how"] == "quic"]
    return [(event["client"], event["verdict"], event["action"]) for event in seen]


def _bind_what_is_routed(hosts: Hosts) -> None:
    """The addresses are routed to the host, not on a link of it, to which IPv6 binds nothing by itself."""
    hosts.internet.must("sh", "-c", "echo 1 >/proc/sys/net/ipv6/ip_nonlocal_bind")


def _log_of(place: str) -> str:
    return f"gtlsserver-{place.replace(':', '-')}.log"
