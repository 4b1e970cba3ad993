"""Ways around DNS with real programs: dig, openssl, curl, aioquic; Unbound at the addresses of public resolvers."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from daemon_fixtures import AFTER
from quic_server_fixtures import AIOQUIC, serve_aioquic

from enforcer.edge.files import shipped_policies
from enforcer.lab import name_server, zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import RESOLVER, SPOOL, Host, Hosts
from enforcer.lab.servers import LOG_SOCKET, until

pytestmark = pytest.mark.lab

GOOGLE, GOOGLE6 = "8.8.8.8", "2001:4860:4860::8888"
QUIC_AT = {GOOGLE: "1.0.0.1", GOOGLE6: "2606:4700:4700::1001"}
"""Unbound holds the UDP ports of the other addresses."""
WALK = (GOOGLE, "1.1.1.1", "223.6.6.6", "9.9.9.9", "185.228.168.168")
OURS = ("10.77.1.1", "fd77:1::1")
PUBLIC_ANSWER, OUR_ANSWER = "198.51.100.1", "198.51.100.2"
BOTH = pytest.mark.parametrize(("server", "client"), [(GOOGLE, "10.77.1.2"), (GOOGLE6, "fd77:1::2")])
MORE = """
bypass = "lab"
title = "What the shipped list has no source for"
verified_on = 2026-06-30
[sources]
lab = "made up"
[[address]]
operator = "Google"
addresses = ["2001:4860:4860::8888"]
confidence = "high"
sources = ["lab"]
"""
OVER_TLS = (
    f'tls-service-key: "{SPOOL}/ca.key"',
    f'tls-service-pem: "{SPOOL}/ca.pem"',
    "https-port: 443",
    "tls-additional-port: 4853",
)
KNOWN = ('local-zone: "." static', 'local-data: "dns.google. A 8.8.8.8"')


def resolver(host: Host, name: str, answer: str, *listen: str) -> None:
    says = f'local-data: "who.test. A {answer}"'
    name_server.start(host, name, listen, server=(*OVER_TLS, *KNOWN, says))
    until(lambda: name_server.serves(host, name), name, host, f"{name}.log")


def certificate(host: Host) -> None:
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{SPOOL}/ca.key")
    host.must("openssl", "req", "-x509", *key, "-days", "2", "-subj", "/CN=dns.google", "-out", f"{SPOOL}/ca.pem")


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    with Hosts() as hosts:
        internet = hosts.internet
        certificate(internet)
        policies = hosts.gateway.file("policies")
        shutil.copytree(shipped_policies(), policies)
        (policies / "bypass/lab.toml").write_text(MORE)
        addresses = (*WALK, GOOGLE6, *QUIC_AT.values())
        internet.must("ip", "-batch", "-", text="".join(f"addr add {one} dev lo\n" for one in addresses))
        listen = [*WALK, GOOGLE6, *RESOLVER, *(f"{one}@443" for one in RESOLVER)]
        listen += [f"{one}@{port}" for one in (GOOGLE, GOOGLE6) for port in (443, 853, 4853)]
        resolver(internet, "public", PUBLIC_ANSWER, *listen)
        resolver(hosts.gateway, "ours", OUR_ANSWER, *OURS)
        serve_aioquic(hosts, *QUIC_AT.values())
        yield hosts


class Trial:
    """A daemon with a `[bypass]` table of its own."""

    def __init__(self, hosts: Hosts, bypass: str) -> None:
        self.hosts, self.client = hosts, hosts.client
        self.daemon = Daemon(hosts.gateway, at=AFTER, datapath=f"[bypass]\n{bypass}", policies=f"{SPOOL}/policies")
        self.daemon.start()

    def findings(self, **wanted: object) -> list[dict[str, Any]]:
        return [one for one in self.daemon.events() if one["kind"] == "finding" and wanted.items() <= one.items()]

    def told(self, **wanted: object) -> dict[str, Any]:
        """The first finding of that kind, waited for: the kernel may know by a port what a judge knows by a name."""
        until(lambda: bool(self.findings(**wanted)), f"the finding {wanted}", self.hosts.gateway, self.daemon.output)
        return self.findings(**wanted)[0]

    def end(self) -> None:
        assert self.daemon.stop() == 0
        wrong = [one for one in self.daemon.events() if one["kind"] in ("repair", "error", "loss")]
        assert [one for one in wrong if LOG_SOCKET not in one["reason"]] == []  # no collector runs here


def everything(treatment: str) -> str:
    ways = ("canary", "private_relay", "designated_resolvers", "doh", "dot", "doq", "httpdns", "resolvers")
    return "".join(f'{way} = "{treatment}"\n' for way in ways)


@pytest.fixture(scope="module")
def blocking(hosts: Hosts) -> Iterator[Trial]:
    trial = Trial(hosts, everything("block") + 'except = ["1.1.1.1"]\nexempt_clients = ["10.77.9.0/24"]\n')
    yield trial
    trial.end()


def dig(host: Host, server: str, name: str, *more: str) -> str:
    return host.run("dig", "+tries=1", "+time=10", *more, f"@{server}", name).stdout


def tls(host: Host, server: str, port: int, name: str = "free.test", *more: str) -> str:
    """What `openssl s_client` makes of a connection."""
    place = f"[{server}]:{port}" if ":" in server else f"{server}:{port}"
    done = host.run("openssl", "s_client", "-connect", place, "-servername", name, *more, timeout=40)
    return done.stdout + done.stderr


def doh(host: Host, server: str) -> str:
    """Whether curl finds the other host by asking dns.google over HTTPS."""
    place = f"dns.google:443:{f'[{server}]' if ':' in server else server}"
    url = ("--doh-url", "https://dns.google/dns-query", "--doh-insecure", "--resolve", place)
    done = host.run("curl", "-v", "-m", "20", *url, "-k", "http://who.test:81/")
    return done.stdout + done.stderr


@pytest.mark.parametrize("type_", ["A", "AAAA", "HTTPS", "SVCB"])
@pytest.mark.parametrize("server", RESOLVER)
@pytest.mark.parametrize(
    ("name", "status"),
    [("use-application-dns.net", "NXDOMAIN"), ("mask.icloud.com", "NXDOMAIN"), ("_dns.resolver.arpa", "NOERROR")],
)
def test_questions_whether_one_may_are_answered_no(
    blocking: Trial, server: str, type_: str, name: str, status: str
) -> None:
    told = dig(blocking.client, server, name, type_)
    assert f"status: {status}" in told
    assert "ANSWER: 0" in told
    assert "EDE: 17" in told


@BOTH
def test_dot_is_reset_on_its_port_and_by_its_protocol_on_another(blocking: Trial, server: str, client: str) -> None:
    assert "CONNECTED" not in tls(blocking.client, server, 853)
    on_port = blocking.told(way="dot", client=client, how="address")
    assert (on_port["verdict"], on_port["action"], on_port["server"]) == ("block", "reset", server)
    assert "errno=104" in tls(blocking.client, server, 4853, "free.test", "-alpn", "dot")
    # The same client at the same resolver: told once, then counted.
    assert "BEGIN CERTIFICATE" in tls(blocking.client, server, 4853, "free.test", "-alpn", "h2")


@BOTH
def test_doq_is_rejected_on_its_port_and_by_its_protocol_on_another(blocking: Trial, server: str, client: str) -> None:
    ports = ("853", "443")
    asked = [
        blocking.client.start(*AIOQUIC, "ask", zone.OTHER, QUIC_AT[server], "doq", port, output=f"doq-{port}.log")
        for port in ports
    ]
    assert [one.wait(60) for one in asked] == [0, 0]
    assert all(blocking.client.file(f"doq-{port}.log").read_text().startswith("nothing") for port in ports)
    found = blocking.told(way="doq", client=client)
    assert (found["verdict"], found["action"], found["server"]) == ("block", "rejected", QUIC_AT[server])


@BOTH
def test_doh_is_reset_by_its_address_and_by_its_name(blocking: Trial, server: str, client: str) -> None:
    assert "resolve host name" in doh(blocking.client, server)
    by_address = blocking.told(way="doh", client=client, how="address")
    assert (by_address["action"], by_address["server"]) == ("reset", server)
    said = tls(blocking.client, RESOLVER[":" in server], 443, "dns.google")
    assert "errno=104" in said
    by_name = blocking.told(way="doh", client=client, how="tls")
    assert (by_name["action"], by_name["name"], by_name.get("vendor")) == ("reset", "dns.google", None)


@BOTH
def test_plain_dns_to_a_public_resolver_is_refused_at_once(blocking: Trial, server: str, client: str) -> None:
    assert "status:" not in dig(blocking.client, server, "who.test")
    assert "connection refused" in dig(blocking.client, server, "who.test", "+tcp")
    told = {one["action"] for one in blocking.findings(way="resolvers", client=client)}
    assert told <= {"reset", "rejected"}


def test_excepted_resolvers_and_the_gateway_itself_are_free(blocking: Trial) -> None:
    assert PUBLIC_ANSWER in dig(blocking.client, "1.1.1.1", "who.test")
    gateway = blocking.hosts.gateway
    assert PUBLIC_ANSWER in dig(gateway, GOOGLE, "who.test")
    assert "8.8.8.8" in dig(gateway, GOOGLE, "dns.google", "+short")
    assert "BEGIN CERTIFICATE" in tls(gateway, GOOGLE, 853, "dns.google", "-alpn", "dot")


def test_what_a_ban_stops_stays_the_bans(blocking: Trial) -> None:
    assert "EDE: 15" in dig(blocking.client, GOOGLE, zone.UPDATE)
    assert blocking.findings(name=zone.UPDATE) == []


def test_with_flag_everything_works_and_is_told(hosts: Hosts, blocking: Trial) -> None:
    blocking.end()
    trial = Trial(hosts, everything("flag"))
    try:
        for server, client in ((GOOGLE, "10.77.1.2"), (GOOGLE6, "fd77:1::2")):
            assert PUBLIC_ANSWER in dig(trial.client, server, "who.test")
            assert "BEGIN CERTIFICATE" in tls(trial.client, server, 853, "dns.google", "-alpn", "dot")
            assert f"Trying {PUBLIC_ANSWER}" in doh(trial.client, server)
            asked = trial.client.run(*AIOQUIC, "ask", zone.OTHER, QUIC_AT[server], "doq", "853")
            assert asked.stdout.startswith("hello")
            for way in ("resolvers", "dot", "doh", "doq"):
                found = trial.told(way=way, client=client, server=QUIC_AT[server] if way == "doq" else server)
                assert (found["verdict"], found["action"]) == ("flag", "passed")
        assert "status: NXDOMAIN" in dig(trial.client, RESOLVER[0], "use-application-dns.net")  # the lab's own answer
        assert trial.told(way="canary")["action"] == "passed"
        for server in WALK:
            dig(trial.client, server, "downloads.upd.kaspersky.com")
    finally:
        trial.end()
        blocking.daemon.start()
    walk = trial.told(way="walk")
    assert (walk["vendor"], walk["client"]) == ("kaspersky", "10.77.1.2")
    assert walk["reason"].endswith("5 of 5 steps in kaspersky's order; confidence high")


def test_a_redirected_question_reaches_our_resolver_and_is_answered_by_the_one_asked(
    hosts: Hosts, blocking: Trial
) -> None:
    blocking.end()
    trial = Trial(hosts, f'resolvers = "redirect"\nredirect_to = {list(OURS)}\nexcept = ["9.9.9.9"]\n')
    try:
        for server, client in ((GOOGLE, "10.77.1.2"), (GOOGLE6, "fd77:1::2")):
            for more in ((), ("+tcp",)):
                told = dig(trial.client, server, "who.test", *more)
                assert OUR_ANSWER in told
                assert f"SERVER: {server}#53" in told
            found = trial.told(way="resolvers", client=client, server=server, protocol="udp")
            assert (found["verdict"], found["action"]) == ("flag", "redirected")
        assert PUBLIC_ANSWER in dig(trial.client, "9.9.9.9", "who.test")
        assert "EDE: 15" in dig(trial.client, GOOGLE, zone.UPDATE)
        assert PUBLIC_ANSWER in dig(hosts.gateway, GOOGLE, "who.test")
    finally:
        trial.end()
        blocking.daemon.start()
