"""What a service leaves in the kernel when it ends: by `fail`, and for a successor, in front of real hosts."""

import signal

import pytest
from daemon_fixtures import AFTER, answer, told

from enforcer.lab import zone
from enforcer.lab.daemon import ENFORCER, Daemon
from enforcer.lab.hosts import Hosts

pytestmark = pytest.mark.lab


def reset(hosts: Hosts, name: str) -> bool:
    place = f"{name}:443:{zone.address(name)}"
    return "reset" in hosts.client.run("curl", "-sS", "-m", "20", "--resolve", place, f"https://{name}/").stderr


def ends(daemon: Daemon, by: signal.Signals) -> str:
    """Its last word."""
    daemon.process.send_signal(by)
    assert daemon.process.wait(20) == 0
    return str(told(daemon, "stop")[-1]["reason"])


def service(hosts: Hosts, fail: str) -> Daemon:
    daemon = Daemon(hosts.gateway, at=AFTER, fail=fail)
    daemon.start("--service")
    return daemon


def test_a_stopped_service_that_fails_open_leaves_nothing(clean: Hosts) -> None:
    assert "rules removed" in ends(service(clean, "open"), signal.SIGTERM)
    assert clean.gateway.must("nft", "list", "ruleset") == ""


def test_a_stopped_service_that_fails_closed_stays_closed_until_panic_off(clean: Hosts) -> None:
    assert "is dropped until the next start, or `enforcer panic-off`" in ends(service(clean, "closed"), signal.SIGTERM)
    assert answer(clean, zone.UPDATE, "+time=1") == ""
    clean.gateway.must(*ENFORCER, "panic-off")
    assert answer(clean, zone.UPDATE) == "NOERROR"


@pytest.mark.parametrize(("fail", "meanwhile"), [("open", "NOERROR"), ("closed", "")])
def test_a_restart_leaves_the_rules_to_the_next(clean: Hosts, fail: str, meanwhile: str) -> None:
    first = service(clean, fail)
    assert reset(clean, zone.UPDATE)
    assert "rules left in force" in ends(first, signal.SIGUSR1)
    assert answer(clean, zone.UPDATE, "+time=10" if meanwhile else "+time=1") == meanwhile
    second = service(clean, fail)
    assert answer(clean, zone.UPDATE) == "NXDOMAIN"
    assert answer(clean, zone.OTHER) == "NOERROR"
    assert second.stop() == 0
