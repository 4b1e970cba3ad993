"""A second ClientHello with another name, after a HelloRetryRequest: OpenSSL's servers, and clients good and bad.

The servers take two groups, secp384r1 before secp256r1; whoever sends a share of another is asked again.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from daemon_fixtures import PROGRAMS, in_force, told, within
from test_learned_addresses import BAN, SECOND, put_policies

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import SPOOL, Hosts
from enforcer.lab.servers import until

pytestmark = pytest.mark.lab
PROGRAM = Path(__file__).with_name("retry_program.py")
ENDS = SECOND.replace("INSTANT", "2200-01-01T00:00:00+00:00")
FREE, BLOCKED, TOLD, LATER = zone.OTHER, "s07.upd.acme.test", "flag.acme.test", "store.acme.test"
V4, V6 = zone.address(zone.OTHER), zone.address(zone.OTHER, 6)
PLAIN, ASKING, EARLY = 7443, 7444, 7445
HOWS = ("whole", "cut", "records", "ccs", "ccs-apart", "warned", "early", "pipelined")
DECOYED = ("decoy-whole", "decoy-cut", "decoy-ccs-apart")
SERVERS = {PLAIN: "-www", ASKING: "-www -Verify 1 -verify_quiet", EARLY: "-early_data"}
SERVER = (
    f"mkfifo {SPOOL}/{{port}}.in && exec openssl s_server -groups P-384:P-256"
    f" -accept {{port}} {{more}} <>{SPOOL}/{{port}}.in"
)
"""It ends with its input, which is open for writing too, and so has no end."""
OWN = ("-cert", f"{SPOOL}/ca.pem", "-key", f"{SPOOL}/ca.key")
SESSION = f"{SPOOL}/session"


@pytest.fixture(scope="module")
def hosts(hosts: Hosts) -> Hosts:
    internet = hosts.internet
    for port, more in SERVERS.items():
        line = SERVER.format(port=port, more=" ".join((more, *OWN)))
        internet.start("sh", "-c", line, output=f"{port}.log")
    until(lambda: internet.run("ss", "-Hltn").stdout.count(":744") == len(SERVERS), "TLS", internet, "7443.log")
    return hosts


@pytest.fixture(scope="module", params=PROGRAMS)
def daemon(hosts: Hosts, request: pytest.FixtureRequest) -> Iterator[Daemon]:
    policies = put_policies(hosts.gateway, BAN + ENDS)
    with in_force(Daemon(hosts.gateway, at=None, policies=policies, program=PROGRAMS[request.param])) as daemon:
        yield daemon


@dataclass(frozen=True)
class Try:
    """One connection: what its two hellos say, and how."""

    first: str
    second: str
    how: str
    to: str = V4


def tries(hosts: Hosts, *wanted: Try) -> list[str]:
    """What came of each."""
    orders = json.dumps([{"port": PLAIN, **asdict(one)} for one in wanted])
    done = hosts.client.run(sys.executable, str(PROGRAM), orders)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_without_us_a_server_answers_the_second_hello_whatever_its_name(hosts: Hosts) -> None:
    wanted = [Try(FREE, BLOCKED, how, to) for how in (*HOWS, *DECOYED) for to in (V4, V6)]
    assert tries(hosts, *wanted) == ["served"] * len(wanted)


def test_only_an_honest_second_hello_arrives_and_each_name_is_recorded_once(hosts: Hosts, daemon: Daemon) -> None:
    wanted = [Try(first, BLOCKED, how, to) for to, first in ((V4, FREE), (V6, ""), (V4, LATER)) for how in HOWS]
    names = [f"{number}.{name}" for number, name in enumerate([FREE, TOLD, LATER] * len(HOWS))]
    honest = [Try(name, name, HOWS[number // 3], (V4, V6)[number % 2]) for number, name in enumerate(names)]
    assert tries(hosts, *wanted, *honest) == ["ConnectionResetError"] * len(wanted) + ["served"] * len(honest)
    expected = [
        *((name, action) for one in wanted for name, action in ((one.first, "passed"), (BLOCKED, "reset"))),
        *((name, "passed") for name in names),
    ]
    expected = [(name, action) for name, action in expected if "acme" in name]
    marker = Try(FREE, f"last.{BLOCKED}", "whole")
    assert tries(hosts, marker) == ["ConnectionResetError"]
    assert within(20, lambda: told(daemon, "decision")[-1:] and told(daemon, "decision")[-1]["name"] == marker.second)
    assert [(one["name"], one["action"]) for one in told(daemon, "decision")[:-1]] == expected


def test_nor_does_another_arrive_in_the_place_of_a_record_that_the_server_has_not_got(
    hosts: Hosts, daemon: Daemon
) -> None:
    """Without the classifier nobody notes what the server has."""
    wanted = [Try(first, BLOCKED, how, to) for first in (FREE, "") for how in DECOYED for to in (V4, V6)]
    noted = PROGRAMS["all queued"][-1] not in str(daemon.process.args)
    assert tries(hosts, *wanted) == ["ConnectionResetError" if noted else "served"] * len(wanted)


def talk(hosts: Hosts, name: str, *arguments: str, port: int = PLAIN) -> str:
    """What openssl's client says of a connection of its own, until the server has answered its request."""
    asked = ("openssl", "s_client", "-connect", f"{V4}:{port}", "-servername", name, "-ign_eof", *arguments)
    done = hosts.client.run("timeout", "30", *asked, text="GET / HTTP/1.0\r\n\r\n")
    assert "HTTP/1.0 200 ok" in done.stdout, (done.stdout, done.stderr)
    return done.stdout


@pytest.mark.usefixtures("daemon")
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_connections_of_all_kinds_are_served(hosts: Hosts, version: str) -> None:
    """In full, resumed, with a client certificate; of TLS 1.3 all are asked again for a key share."""
    options = (version, "-groups", "X25519:P-384:P-256")
    for name in (FREE, LATER):
        talk(hosts, name, *options, "-sess_out", SESSION)
        assert "Reused, TLS" in talk(hosts, name, *options, "-sess_in", SESSION)
        talk(hosts, name, *options, *OWN, port=ASKING)


@pytest.mark.parametrize(("groups", "wanted"), [("P-384", "accepted"), ("X25519:P-384", "rejected")])
def test_early_data_arrive_or_are_left_out_behind_a_second_hello(
    hosts: Hosts, daemon: Daemon, groups: str, wanted: str
) -> None:
    """RFC 8446 section 4.2.10: whoever is asked again for a key share says its early data once more, later."""
    name = f"early-{wanted}.{TOLD}"
    client = f"exec timeout 30 openssl s_client -connect {V4}:{EARLY} -tls1_3 -servername {name} -groups {groups}"
    ticket = f"rm -f {SESSION}; (while ! test -s {SESSION}; do sleep 0.05; done) | {client} -sess_out {SESSION}"
    assert hosts.client.run("sh", "-c", ticket).returncode == 0
    early = f"echo early >{SESSION}.data; {client} -sess_in {SESSION} -early_data {SESSION}.data </dev/null"
    assert f"Early data was {wanted}" in hosts.client.run("sh", "-c", early).stdout
    both = [(name, "passed")] * 2
    assert within(20, lambda: [(one["name"], one["action"]) for one in told(daemon, "decision")[-2:]] == both)
