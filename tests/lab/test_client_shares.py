"""One client that floods: it gains nothing, its neighbours lose nothing, and every packet is accounted for."""

import re
import sys
from pathlib import Path

import pytest
from daemon_fixtures import AFTER, answer, told, within
from flood_program import FORGED4, FORGED6

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Hosts

pytestmark = [pytest.mark.lab, pytest.mark.alone]

FLOOD = (sys.executable, str(Path(__file__).with_name("flood_program.py")))
AGAIN = """
import socket, struct
from enforcer.lab import chrome, zone
for _ in range(10):
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closing it resets it
        one.settimeout(2)
        one.bind(("", 40001))
        one.connect((zone.address(zone.OTHER), 443))
        one.sendall(chrome.hello(zone.OTHER))
        print(one.recv(1) == bytes((chrome.HANDSHAKE,)))
"""
FLOODER, NEIGHBOUR = "10.77.1.2", "10.77.1.10"
RATE = "5000"
"""As many a second as this machine can judge, and more than a busy one can."""
FASTER = "20000"
"""More than any machine can."""
PATIENT = ("+time=5", "+tries=2")


@pytest.fixture(scope="module")
def hosts(hosts: Hosts) -> Hosts:
    hosts.client.must("ip", "address", "add", f"{NEIGHBOUR}/24", "dev", "eth0")
    hosts.internet.must("ip", "route", "add", "blackhole", "203.0.113.0/24")
    return hosts


def flooded(hosts: Hosts, daemon: Daemon, kind: str, count: int) -> int:
    """How many packets were sent, while the neighbour and free names were served."""
    flood = hosts.client.start(*FLOOD, kind, str(count), RATE, output=f"{kind}.log")
    assert within(20, lambda: dropped(hosts) > 0), daemon.events()[-3:]
    assert answer(hosts, zone.UPDATE, "-b", NEIGHBOUR, *PATIENT) == "NXDOMAIN"
    assert answer(hosts, zone.OTHER, "-b", FLOODER, *PATIENT) == "NOERROR", "what needs no judgement is not held"
    assert flood.wait(60) == 0
    sent = re.match(r"done (\d+)", hosts.client.file(f"{kind}.log").read_text())
    assert sent
    assert answer(hosts, zone.UPDATE, "-b", NEIGHBOUR, *PATIENT) == "NXDOMAIN", "all that waited before it is judged"
    return int(sent[1])


def asked_once(hosts: Hosts, name: str) -> str:
    """The neighbour's; dig stops for ever (a lock of its own) where the answer comes as its patience ends."""
    command = ("timeout", "-s", "KILL", "3", "dig", "+tries=1", "+time=2", "-b", NEIGHBOUR, name)
    found = re.search(r"status: (\w+)", hosts.client.run(*command).stdout)
    return found[1] if found else ""


def dropped(hosts: Hosts) -> int:
    """Packets that the kernel dropped for either reason."""
    text = hosts.gateway.must("nft", "list", "counters", "table", "inet", "enforcer")
    found = re.findall(r"counter (?:held|unasked)_dropped \{\s+packets (\d+)", text)
    return sum(map(int, found))


def count(daemon: Daemon, kind: str, what: str) -> int:
    return sum(event["count"] for event in told(daemon, kind) if re.search(what, event["reason"]))


@pytest.mark.parametrize("fail", ["open", "closed"])
def test_what_a_client_sends_beyond_its_share_is_dropped_and_counted_and_nothing_passes(
    hosts: Hosts, fail: str
) -> None:
    daemon = Daemon(hosts.gateway, at=AFTER, fail=fail, datapath="client_share = 5")
    daemon.start()
    sent = flooded(hosts, daemon, "bombs", 20_000)
    assert daemon.stop() == 0
    losses = [event["reason"] for event in told(daemon, "loss")]
    (held,) = [event for event in told(daemon, "loss") if event.get("client")]
    assert held["client"] == FLOODER
    assert "has used up its share, 5 % of the time of the inspector" in held["reason"]
    assert not [reason for reason in losses if "unjudged" in reason or "queue was full" in reason]
    judged = sum(event["count"] for event in told(daemon, "decision") if event["client"] == FLOODER)
    assert judged + count(daemon, "loss", "packets (were )?dropped.* used up their shares") == sent
    assert judged < sent / 2


def test_what_nobody_asked_for_is_dropped_and_counted(hosts: Hosts) -> None:
    """Halves of hellos by clients that are made up: without a share of each client's that they could use up."""
    daemon = Daemon(hosts.gateway, at=AFTER)
    daemon.start()
    sent = flooded(hosts, daemon, "hellos", 20_000)
    assert daemon.stop() == 0
    counted = count(daemon, "loss", "too many that nobody had asked for")
    assert sent / 2 < counted < sent
    assert not [event for event in told(daemon, "loss") if event.get("client")]


def test_an_ipv6_network_is_held_as_one_client_however_many_addresses_it_has(hosts: Hosts) -> None:
    hosts.gateway.must("ip", "-6", "route", "add", FORGED6, "via", "fd77:1::2")
    hosts.client.must("ip", "-6", "route", "add", "blackhole", FORGED6)
    daemon = Daemon(hosts.gateway, at=AFTER, fail="closed", datapath="client_share = 5")
    daemon.start()
    flood = hosts.client.start(*FLOOD, "bombs", "40000", FASTER, "net64", output="net64.log")
    assert flood.wait(60) == 0
    assert answer(hosts, zone.UPDATE, "-b", NEIGHBOUR, *PATIENT) == "NXDOMAIN", "all that waited before it is judged"
    assert daemon.stop() == 0
    clients = {event["client"]: event["reason"] for event in told(daemon, "loss") if event.get("client")}
    assert list(clients) == [FORGED6]
    assert "has used up its share, 15 % of the time of the inspector" in clients[FORGED6]
    judged = sum(event["count"] for event in told(daemon, "decision") if event["client"].startswith("fd88:"))
    assert 0 < judged < 20_000, "half of it at the most: each address by itself would have a share"


def test_senders_that_are_made_up_do_not_open_the_gate_and_cost_nobody_what_is_nobodys(hosts: Hosts) -> None:
    """Each within its share, and so many that under `fail = "open"` the queue would pass all beyond it unjudged."""
    hosts.gateway.must("ip", "route", "add", FORGED4, "via", FLOODER)
    hosts.client.must("ip", "route", "add", "blackhole", FORGED4)
    daemon = Daemon(hosts.gateway, at=AFTER, fail="open")
    daemon.start()
    flood = hosts.client.start(*FLOOD, "bombs", "20000", "0", "forged", output="forged.log")
    answers = []
    while flood.poll() is None:
        answers += [asked_once(hosts, zone.OTHER), asked_once(hosts, zone.UPDATE)]
    assert answers[::2].count("NOERROR") > len(answers) / 4, "what needs no judgement is not held"
    assert "NOERROR" not in answers[1::2]
    assert within(30, lambda: asked_once(hosts, zone.UPDATE) == "NXDOMAIN")
    assert daemon.stop() == 0
    assert count(daemon, "loss", "unjudged") == 0
    assert [event for event in told(daemon, "loss") if "datagrams of too many clients wait" in event["reason"]]
    assert count(daemon, "loss", "or all together, had used up their shares") > 2_000


def test_who_is_held_is_served_what_is_nobodys_on_ports_that_it_uses_again(hosts: Hosts) -> None:
    daemon = Daemon(hosts.gateway, at=AFTER)
    daemon.start()
    hosts.gateway.must("nft", f"add element inet enforcer held4 {{ {FLOODER} timeout 60s }}")
    served = hosts.client.run(sys.executable, "-c", AGAIN)
    assert daemon.stop() == 0
    assert (served.stdout.split(), served.stderr) == (["True"] * 10, "")


def test_a_client_without_a_bound_is_never_held(hosts: Hosts) -> None:
    daemon = Daemon(hosts.gateway, at=AFTER, datapath="client_share = 100")
    daemon.start()
    flood = hosts.client.start(*FLOOD, "traps", "3000", output="traps.log")
    assert flood.wait(60) == 0
    assert answer(hosts, zone.UPDATE, *PATIENT) == "NXDOMAIN"
    assert daemon.stop() == 0
    assert not [event for event in told(daemon, "loss") if "share" in event["reason"]]
