"""The access lists in Squid: 1,000 hosts in requests and in ClientHellos."""

import subprocess
from pathlib import Path

from acme_fixtures import HEAD, hosts
from export_fixtures import FILES, acme, asked, blocks, made, world
from squid_fixtures import passing_hellos, passing_requests, says_something, squid, web

from enforcer.export import squid as form
from enforcer.policy.load import load

KINDS = ("dstdomain -n", "ssl::server_name")

NAMES = [name for name in dict.fromkeys(asked(world(), 1050)) if len(name) < 200]
BLOCKED = {name for name in NAMES if blocks(world(), name)}
FREE = set(NAMES) - BLOCKED
PEER = "never_direct allow all\ncache_peer 127.0.0.1 parent {} 0 no-query no-digest default\n"


def test_requests_through_squid(tmp_path: Path) -> None:
    access = tmp_path / "access.conf"
    access.write_text(form.write(made(world()))[0].text)
    with web() as server, squid(tmp_path, f"include {access}\nhttp_access allow all\n{PEER.format(server)}") as port:
        assert passing_requests(port, NAMES) == FREE
    assert len(NAMES) >= 1000
    assert len(BLOCKED) > 250


def test_hellos_through_squid(tmp_path: Path) -> None:
    access, key = tmp_path / "access.conf", tmp_path / "key.pem"
    access.write_text(form.write(made(world()))[1].text)
    make_key(key)
    more = f"""
http_access allow all
acl at_the_hello at_step SslBump1
ssl_bump peek at_the_hello
include {access}
ssl_bump splice all
"""
    bump = f"ssl-bump cert={key} generate-host-certificates=off"
    with says_something() as server, squid(tmp_path, more, more_port=bump) as port:
        assert passing_hellos(port, server, NAMES) == FREE


def make_key(path: Path) -> None:
    kind = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=lab"
    certificate = path.with_suffix(".cert")
    request: list[str | Path] = ["openssl", "req", "-x509", *kind.split(), "-keyout", path, "-out", certificate]
    subprocess.run(request, check=True, capture_output=True)
    path.write_text(path.read_text() + certificate.read_text())


def test_a_list_for_each_layer() -> None:
    text = form.write(made(acme()))[0].text
    denies = [line for line in text.splitlines() if line.startswith("http_access")]
    assert denies == [
        "http_access deny enforcer_block_1 !enforcer_pass_1",
        "http_access deny enforcer_block_2 !enforcer_pass_2",
    ]
    assert "acl enforcer_block_1 dstdomain -n .acme.example\n" in text
    assert "acl enforcer_pass_1 dstdomain -n help.acme.example\n" in text
    assert "acl enforcer_block_2 dstdomain -n .q.free.acme.example\n" in text
    assert "acl enforcer_pass_2 dstdomain -n a.q.free.acme.example\n" in text


def test_nothing_blocked_gives_no_deny() -> None:
    quiet = form.write(made(acme(), at=0.0))
    assert [line for file in quiet for line in file.text.splitlines() if line and line[0] != "#"] == []


def test_a_name_that_begins_with_a_hyphen_is_no_option() -> None:
    """Squid refuses its whole configuration for an option that it does not know."""
    acme = HEAD + hosts("update", ["-a.example"], ["-b.example"])
    for file, kind in zip(form.write(made(load({**FILES, "vendors/acme.toml": acme}))), KINDS, strict=True):
        assert f"_block_1 {kind} -- -a.example\n" in file.text
        assert f"_block_1 {kind} .-b.example\n" in file.text
