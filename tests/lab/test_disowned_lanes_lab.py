"""A connection of a lane's that conntrack was made to lose goes on until the lane's date, and no longer."""

import time

import pytest
from acme_fixtures import network
from daemon_fixtures import in_force
from test_decoys import BLOCKED, FREE, Step
from test_learned_addresses import BAN, SECOND, VENDOR, put_policies
from test_senders_lab import Line, line

from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import RESOLVER

__all__ = ["line"]
pytestmark = pytest.mark.lab
STORE = "s.store.acme.test"
"""Blocked from the second phase on; all names are of one length."""
FORGOTTEN = 1.5
"""Seconds until the kernel remembers no more that it was to be judged."""
LONG = 5
"""Seconds in which all is said, on however busy a machine."""
NETWORK = network("store", *(f"{address}/{128 if ':' in address else 32}" for address in RESOLVER))


def lost(rest: float) -> list[Step]:
    """A name that passes, something that decides it when the server has that, and one behind the loss that nobody reads
    but the server."""
    return [
        ["say", "hello", STORE, {}],
        *[["say", "record", "", {}]] * 2,
        ["act", "ack", "", {"rest": FORGOTTEN}],
        ["act", "reset", "", {"rest": 0.1}],
        ["act", "syn", "", {"ahead": 5000, "rest": rest}],
        ["say", "http", BLOCKED, {}],
    ]


def read_before_and_after(line: Line, ahead: int) -> list[str]:
    """Which names the server read last, of connections on both sides of the date, `ahead` seconds from now."""
    gateway, instant = line.hosts.gateway, int(time.time()) + ahead  # noqa: TID251 (the kernel's clock)
    second = SECOND.replace("INSTANT", time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(instant)))
    policies = put_policies(gateway, BAN + second)
    (gateway.file("policies") / "vendors/acme.toml").write_text(VENDOR + NETWORK)
    with in_force(Daemon(gateway, at=None, policies=policies)):
        left = instant - time.time()  # noqa: TID251
        return [name for _, name in line.both(lost(0.1), lost(left + 1))] if left > LONG else []


def test_it_is_cut_at_its_date(line: Line) -> None:
    read = next((read for ahead in (9, 60) if (read := read_before_and_after(line, ahead))), [])
    assert read == [BLOCKED, BLOCKED, FREE, FREE]
