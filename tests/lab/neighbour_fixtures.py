"""What every neighbour on the gateway is put through: before and after the ban, its own rules unchanged throughout."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from daemon_fixtures import AFTER, told, within

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import RESOLVER, Host, Hosts

BEFORE = "2024-08-15T12:00:00-04:00"
LONG = 30
"""Seconds for what is not measured, on however busy a machine."""
NAMES = (zone.UPDATE, zone.OTHER)

FREE = {
    f"{name} {how}": "NOERROR" if how.startswith("DNS") else "200"
    for name in NAMES
    for how in ("DNS4", "DNS6", "TLS4", "TLS6")
}
BLOCKED = (
    FREE
    | {f"{zone.UPDATE} {how}": "NXDOMAIN" for how in ("DNS4", "DNS6")}
    | {f"{zone.UPDATE} {how}": "reset" for how in ("TLS4", "TLS6")}
)
"""What a client sees while the update host is blocked; all else as when nothing is."""

_OURS = re.compile(
    r"^table (inet enforcer|inet enforcer_learned|ip6? enforcer_queue) \{\n.*?^\}\n", re.MULTILINE | re.DOTALL
)
_COUNTS = re.compile(r"\[\d+:\d+\]|^#.*\n", re.MULTILINE)


def seen(client: Host, servers: tuple[str, str] = RESOLVER) -> dict[str, str]:
    """What the client gets of each name: the status of its questions, and of TLS to its address, which it knows."""
    return _asked(client, servers) | _fetched(client)


def expect(client: Host, wanted: dict[str, str], servers: tuple[str, str] = RESOLVER) -> None:
    got = seen(client, servers)
    wrong = {what: f"{got.get(what)} instead of {word}" for what, word in wanted.items() if got.get(what) != word}
    assert not wrong, wrong


def connected(client: Host, *addresses: str) -> None:
    """Waits until a link that was just set up carries to each of the addresses and back: a port there refuses.

    The kernel tells a bridge of a port's carrier up to a second later, and until then loses what comes.
    """
    for address in addresses:
        assert within(LONG, partial(_refuses, client, address)), address


def _refuses(client: Host, address: str) -> bool:
    return "refused" in client.run("timeout", "2", "bash", "-c", f"exec 3<>/dev/tcp/{address}/9").stderr


def _asked(client: Host, servers: tuple[str, str]) -> dict[str, str]:
    kinds = ("A", "AAAA")
    questions = [
        (f"{name} DNS{family}", name, kind, f"@{server}")
        for name in NAMES
        for family, server, kind in zip("46", servers, kinds, strict=True)
    ]
    # dig takes a server for the name before it.
    words = [word for _, *question in questions for word in (*question, "+tries=1", "+time=10")]
    status = re.findall(r"status: (\w+)|(no servers could be reached)", client.run("dig", *words, timeout=60).stdout)
    return {what: said[0] or "no answer" for (what, *_), said in zip(questions, status, strict=True)}


def _fetched(client: Host) -> dict[str, str]:
    command = ["curl"]
    for name in NAMES:
        for family in (4, 6):
            place = zone.address(name, family)
            place = f"[{place}]" if family == 6 else place
            told = f"{name} TLS{family}=%{{http_code}} %{{errormsg}}\\n"
            command += [
                "-s",
                "-m",
                "20",
                "-o",
                "/dev/null",
                "-w",
                told,
                "--connect-to",
                f"::{place}:",
                f"https://{name}/",
                "--next",
            ]
    lines = client.run(*command[:-1], timeout=60).stdout.splitlines()
    return {what: _page(said) for what, _, said in (line.partition("=") for line in lines)}


def _page(said: str) -> str:
    code, _, error = said.partition(" ")
    return code if code != "000" else "reset" if "reset by peer" in error else error


def rules(gateway: Host) -> str:
    """All rules on the gateway that are not ours, without their counters."""
    legacy = [gateway.must(program) for program in ("iptables-legacy-save", "ip6tables-legacy-save")]
    return _OURS.sub("", gateway.must("nft", "--stateless", "list", "ruleset")) + _COUNTS.sub("", "".join(legacy))


@contextmanager
def enforcing(hosts: Hosts, at: str) -> Iterator[Daemon]:
    """The daemon beside what is there: neither its start nor its stop changes a rule of another."""
    theirs = rules(hosts.gateway)
    daemon = Daemon(hosts.gateway, at=at)
    daemon.patience = 2 * LONG
    daemon.start()
    try:
        assert rules(hosts.gateway) == theirs
        yield daemon
        theirs = rules(hosts.gateway)
        assert daemon.stop() == 0
    finally:
        daemon.kill()
    assert rules(hosts.gateway) == theirs
    assert "enforcer" not in hosts.gateway.must("nft", "list", "tables")


def passes_and_is_flagged_before(hosts: Hosts, servers: tuple[str, str] = RESOLVER) -> None:
    """Before the ban: all passes; the update host is on record over both families, the store is flagged."""
    with enforcing(hosts, BEFORE) as daemon:
        expect(hosts.client, FREE, servers)
        store = ("curl", "-s", "-m", "20", "--connect-to", f"::{zone.address(zone.STORE)}:", f"https://{zone.STORE}/")
        assert hosts.client.run(*store).stdout.startswith("you reached")

        def recorded() -> set[tuple[str, str, str]]:
            return {(one["name"], one["how"], one["verdict"]) for one in told(daemon, "decision")}

        wanted = {(zone.UPDATE, "dns", "observe"), (zone.UPDATE, "tls", "observe"), (zone.STORE, "tls", "flag")}
        assert within(LONG, lambda: wanted <= recorded()), recorded()


@contextmanager
def blocked_after(hosts: Hosts, servers: tuple[str, str] = RESOLVER) -> Iterator[Daemon]:
    """After the ban: the update host is blocked, all else is free, also after our reload and what the caller does."""
    with enforcing(hosts, AFTER) as daemon:
        expect(hosts.client, BLOCKED, servers)
        theirs = rules(hosts.gateway)
        assert daemon.reload()["kind"] == "reload"
        assert rules(hosts.gateway) == theirs
        yield daemon
        expect(hosts.client, BLOCKED, servers)
