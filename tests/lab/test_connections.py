"""Names that are said further on in a connection, by real clients to real servers through the real daemon."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon_fixtures import AFTER, in_force

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import SPOOL, Hosts
from enforcer.lab.servers import until

pytestmark = pytest.mark.lab

PROGRAM = (sys.executable, "-W", "ignore", str(Path(__file__).with_name("tunnel_program.py")))
FREE, BLOCKED = zone.OTHER, zone.UPDATE
ADDRESS = zone.address(FREE)
ADDRESS6 = zone.address(FREE, 6)
# One host, two names: what a client says decides, not where it goes.
CURL = ("curl", "-sS", "-m", "20", "-k", "-o", "-")

NGINX = f"""
daemon off; master_process off; user root; pid {SPOOL}/h2c.pid; error_log stderr warn;
events {{ worker_connections 100; }}
http {{
  access_log {SPOOL}/h2c-access.log;
  client_body_temp_path {SPOOL}/nginx; proxy_temp_path {SPOOL}/nginx; fastcgi_temp_path {SPOOL}/nginx;
  uwsgi_temp_path {SPOOL}/nginx; scgi_temp_path {SPOOL}/nginx;
  server {{ listen {ADDRESS}:8081 http2; location / {{ return 200 "$server_protocol for $host\\n"; }} }}
}}
"""

ONE_PORT = """
import socket, sys
with socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET) as one:
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(("", 5077))
    one.settimeout(20)
    try:
        one.connect((sys.argv[1], 80))
        one.sendall(sys.argv[2].encode())
        said = b"".join(iter(lambda: one.recv(4096), b""))
        print(said.split()[1].decode())
    except OSError as fault:
        print(type(fault).__name__)
"""


@pytest.fixture(scope="module")
def hosts(hosts: Hosts) -> Hosts:
    internet = hosts.internet
    internet.start(*PROGRAM, f"{SPOOL}/ca.pem", f"{SPOOL}/ca.key", ADDRESS, output="tunnels.log")
    internet.file("h2c.conf").write_text(NGINX)
    internet.start("nginx", "-c", f"{SPOOL}/h2c.conf", output="h2c.log")
    until(lambda: "serving" in internet.file("tunnels.log").read_text(), "the tunnels", internet, "tunnels.log")
    until(lambda: ":8081 " in internet.run("ss", "-Hltn").stdout, "nginx for HTTP/2", internet, "h2c.log")
    return hosts


@pytest.fixture(scope="module")
def daemon(hosts: Hosts) -> Iterator[Daemon]:
    with in_force(Daemon(hosts.gateway, at=AFTER)) as daemon:
        yield daemon


def curl(hosts: Hosts, *arguments: str) -> tuple[str, int]:
    done = hosts.client.run(*CURL, *arguments)
    return done.stdout, done.returncode


def served(hosts: Hosts, file: str) -> str:
    return hosts.internet.file(file).read_text()


def is_recorded(daemon: Daemon, how: str) -> bool:
    """Records are kept a moment after the fact."""
    wanted = {"name": BLOCKED, "how": how, "verdict": "block", "action": "reset"}
    end = time.monotonic() + 20
    while not any(wanted.items() <= event.items() for event in daemon.events()):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.usefixtures("daemon")
def test_the_second_request_of_a_connection(hosts: Hosts) -> None:
    url = f"http://{ADDRESS}/second"
    both = [*("-H", f"Host: {FREE}", url), "--next", *CURL[1:], "-H", f"Host: {FREE}", f"{url}-again"]
    assert curl(hosts, *both) == (f"you reached {FREE} at {ADDRESS}\n" * 2, 0)
    both[-2] = f"Host: {BLOCKED}"
    said, code = curl(hosts, *both[:-1], f"{url}-blocked")
    assert said == f"you reached {FREE} at {ADDRESS}\n"
    assert code in (52, 56)  # nothing came back; reset
    assert "second-again" in served(hosts, "nginx-access.log")
    assert "second-blocked" not in served(hosts, "nginx-access.log")


@pytest.mark.parametrize("address", [ADDRESS, ADDRESS6], ids=["ipv4", "ipv6"])
def test_ports_that_are_used_again_at_once(hosts: Hosts, daemon: Daemon, address: str) -> None:
    """Whatever the connection before was, the next one on its ports is judged for itself."""
    for _ in range(3):
        assert from_one_port(hosts, address, FREE) == "200"
        assert from_one_port(hosts, address, BLOCKED, "/again-blocked") == "ConnectionResetError"
    assert "again-blocked" not in served(hosts, "nginx-access.log")
    assert not [event for event in daemon.events() if event.get("undecodable") and event["client_port"] == 5077]


def from_one_port(hosts: Hosts, address: str, name: str, path: str = "/again") -> str:
    """The status, or the error. Reads until the server has closed, so that the port is free at once."""
    done = hosts.client.run(sys.executable, "-c", ONE_PORT, address, f"GET {path} HTTP/1.0\r\nHost: {name}\r\n\r\n")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_behind_a_request_to_the_vendor_that_passes(hosts: Hosts, daemon: Daemon) -> None:
    url = f"http://{ADDRESS}/lenient"
    lenient = ("-H", "Host: www.kaspersky.com", url)
    said, code = curl(hosts, *lenient, "--next", *CURL[1:], "-H", f"Host: {BLOCKED}", f"{url}-blocked")
    assert said == f"you reached www.kaspersky.com at {ADDRESS}\n"
    assert code in (52, 56)
    assert "lenient-blocked" not in served(hosts, "nginx-access.log")
    assert is_recorded(daemon, "http")


def test_behind_an_upload(hosts: Hosts, daemon: Daemon) -> None:
    """A body of 3 MB, in chunks, then another host on the same connection."""
    hosts.client.file("body").write_bytes(b"x" * 3_000_000)
    url = f"http://{ADDRESS}/upload"
    first = ("-H", f"Host: {FREE}", "-H", "Transfer-Encoding: chunked", "-H", "Expect:", "-T", f"{SPOOL}/body", url)
    said, code = curl(hosts, *first, "--next", *CURL[1:], "-H", f"Host: {BLOCKED}", f"{url}-blocked")
    assert f"you reached {FREE}" in said or "413" in said
    assert code != 0
    assert "upload-blocked" not in served(hosts, "nginx-access.log")
    assert is_recorded(daemon, "http")


def test_an_update_by_its_path_at_a_bare_address(hosts: Hosts, daemon: Daemon) -> None:
    """A relay: no name is the vendor's. Told, and served."""
    for _ in range(2):
        said, code = curl(hosts, f"http://{ADDRESS}/relay/index/u0607g.xml")
        assert (said, code) == (f"you reached {ADDRESS} at {ADDRESS}\n", 0)
    wanted = {"kind": "finding", "way": "update-payload", "verdict": "flag", "action": "passed", "server": ADDRESS}
    end = time.monotonic() + 20
    while not (found := [event for event in daemon.events() if wanted.items() <= event.items()]):
        assert time.monotonic() < end
        time.sleep(0.1)
    assert {event["vendor"] for event in found} == {"kaspersky"}


@pytest.mark.usefixtures("daemon")
def test_http_2_with_prior_knowledge(hosts: Hosts) -> None:
    url, there = f"http://{FREE}:8081/", ("--connect-to", f"{BLOCKED}:8081:{ADDRESS}:8081")
    assert curl(hosts, "--http2-prior-knowledge", url) == (f"HTTP/2.0 for {FREE}\n", 0)
    said, code = curl(hosts, "--http2-prior-knowledge", *there, f"http://{BLOCKED}:8081/h2-blocked")
    assert (said, code != 0) == ("", True)
    assert "h2-blocked" not in served(hosts, "h2c-access.log")


@pytest.mark.parametrize("proxy", ["http://{}:3128", "socks5h://{}:1080"])
def test_within_a_tunnel(hosts: Hosts, daemon: Daemon, proxy: str) -> None:
    through = ("-p", "-x", proxy.format(ADDRESS))
    said, code = curl(hosts, *through, f"https://{FREE}/")
    assert (code, f"you reached {FREE}" in said) == (0, True)
    # The proxy is asked for a free host, and the hello within names another.
    there = ("--connect-to", f"{BLOCKED}:443:{FREE}:443")
    said, code = curl(hosts, *through, *there, f"https://{BLOCKED}/tunnel-blocked")
    assert (said, code != 0) == ("", True)
    assert is_recorded(daemon, "tls")
    assert "tunnel-blocked" not in served(hosts, "nginx-access.log")
    # The proxy itself is asked for the blocked host, and hears nothing of it.
    assert curl(hosts, *through, f"https://{BLOCKED}/")[0] == ""
    assert BLOCKED not in served(hosts, "tunnels.log")
    assert is_recorded(daemon, "socks" if "socks" in proxy else "http")


@pytest.mark.usefixtures("daemon")
def test_behind_starttls(hosts: Hosts) -> None:
    def ask(name: str) -> str:
        command = f"echo QUIT | timeout 20 openssl s_client -starttls smtp -connect {ADDRESS}:25 -servername {name}"
        return hosts.client.run("sh", "-c", f"{command} 2>&1").stdout

    assert "BEGIN CERTIFICATE" in ask(FREE)
    assert f"smtp {FREE}" in served(hosts, "tunnels.log")
    assert "BEGIN CERTIFICATE" not in ask(BLOCKED)
    assert f"smtp {BLOCKED}" not in served(hosts, "tunnels.log")
