"""A real browser: before the date the vendor's page loads, after it only the free one does; HTTP/2 and HTTP/3."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon_fixtures import in_force, within

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import SPOOL, Host, Hosts
from enforcer.lab.servers import until

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's package chromium"),
]

H3 = (sys.executable, "-W", "ignore", str(Path(__file__).with_name("h3_program.py")))
ADDRESS = zone.address(zone.OTHER)
FREE, BLOCKED = zone.OTHER, zone.UPDATE
HTTP_2, HTTP_3 = 8443, 443
OVER_TLS = ("HTTP/2.0", "tls", "h2-access.log")
OVER_QUIC = ("HTTP/3", "quic", "h3.log")
BOUNDARY = "2024-09-29T04:00:00Z"
BEFORE, AFTER = "2024-09-20T12:00:00Z", "2024-10-01T12:00:00Z"
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)
NGINX = f"""
daemon off; master_process off; user root; pid {SPOOL}/h2.pid; error_log stderr warn;
events {{ worker_connections 100; }}
http {{
  log_format named "$host $request"; access_log {SPOOL}/h2-access.log named; default_type text/plain;
  client_body_temp_path {SPOOL}/nginx; proxy_temp_path {SPOOL}/nginx; fastcgi_temp_path {SPOOL}/nginx;
  uwsgi_temp_path {SPOOL}/nginx; scgi_temp_path {SPOOL}/nginx;
  ssl_certificate {SPOOL}/ca.pem; ssl_certificate_key {SPOOL}/ca.key;
  server {{
    listen {ADDRESS}:{HTTP_2} ssl http2;
    location / {{ return 200 "you reached $host over $server_protocol"; }}
  }}
}}
"""
PIN = f"""
openssl x509 -in {SPOOL}/ca.pem -pubkey -noout | openssl pkey -pubin -outform der |
openssl dgst -sha256 -binary | base64
"""


@pytest.fixture(scope="module")
def hosts(hosts: Hosts) -> Hosts:
    internet = hosts.internet
    internet.start(*H3, f"{SPOOL}/ca.pem", f"{SPOOL}/ca.key", ADDRESS, output="h3.log")
    internet.file("h2.conf").write_text(NGINX)
    internet.start("nginx", "-c", f"{SPOOL}/h2.conf", output="h2.log")
    until(lambda: "serving" in internet.file("h3.log").read_text(), "the HTTP/3 server", internet, "h3.log")
    until(lambda: ":8443 " in internet.run("ss", "-Hltn").stdout, "nginx for HTTP/2", internet, "h2.log")
    return hosts


@pytest.fixture(scope="module", params=[BEFORE, AFTER], ids=["before", "after"])
def daemon(hosts: Hosts, request: pytest.FixtureRequest) -> Iterator[Daemon]:
    with in_force(Daemon(hosts.gateway, at=request.param)) as daemon:
        yield daemon


def shown(client: Host, name: str, port: int) -> str:
    """What the browser shows. It needs no DNS: names in hellos decide here, and tests of DNS are elsewhere."""
    pin = client.must("sh", "-c", PIN).strip()
    profile = client.must("mktemp", "-d", "-p", str(SPOOL)).strip()
    more = (
        f"--user-data-dir={profile}",
        f"--ignore-certificate-errors-spki-list={pin}",
        f"--host-resolver-rules=MAP * {ADDRESS}",
        *([f"--origin-to-force-quic-on={name}:{port}"] if port == HTTP_3 else []),
    )
    done = client.run("chromium", *FLAGS, *more, "--dump-dom", f"https://{name}:{port}/", timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("port", "over", "how", "log"), [(HTTP_2, *OVER_TLS), (HTTP_3, *OVER_QUIC)])
def test_the_vendors_page_loads_until_its_date_and_the_free_one_always(
    hosts: Hosts, daemon: Daemon, port: int, over: str, how: str, log: str
) -> None:
    is_after = daemon.ready_at > BOUNDARY
    there = hosts.internet.file(log)
    asked = there.read_text().count(BLOCKED)
    assert f"you reached {FREE} over {over}<" in shown(hosts.client, FREE, port)
    page = shown(hosts.client, BLOCKED, port)
    verdict = "block" if is_after else "observe"
    assert within(20, lambda: {(BLOCKED, how, verdict)} == seen(daemon, how)), [
        e for e in daemon.events() if e.get("how") == how and print(e) is None
    ]
    assert (page == "") if is_after else (f"you reached {BLOCKED} over {over}<" in page)
    assert (there.read_text().count(BLOCKED) > asked) is not is_after


def seen(daemon: Daemon, how: str) -> set[tuple[str | None, str, str]]:
    """What was recorded of names in hellos: the browser did try, and was judged by its hello."""
    return {(event.get("name"), event["how"], event["verdict"]) for event in daemon.events() if event.get("how") == how}
