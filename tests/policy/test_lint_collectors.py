"""Alerts in the clear, and where that is nobody's business."""

import pytest

from enforcer.model.destination import Destination
from enforcer.policy.lint_collectors import lint_collectors, stays_here


def found(*collectors: tuple[str, str]) -> list[tuple[str, str]]:
    made = [Destination(name=f"c{n}", transport=how, host=host) for n, (how, host) in enumerate(collectors)]
    return [(one.path, one.why) for one in lint_collectors(made, "site.toml")]


def test_plain_syslog_beyond_the_machine_is_told() -> None:
    [(place, why), (other, lossy)] = found(("tls", "siem.test"), ("tcp", "192.0.2.7"), ("udp", "siem.test"))
    assert (place, other) == ("collector[1].address", "collector[2].address")
    assert why == "c1 gets its alerts as plain TCP: they can be read and changed on the way"
    assert lossy == "c2 gets its alerts as plain UDP: they can be read, changed and lost without a sign on the way"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_what_stays_on_the_machine_is_nobodys_business(host: str) -> None:
    assert stays_here(host)
    assert found(("udp", host)) == []


@pytest.mark.parametrize("host", ["192.0.2.7", "fe80::1%eth0", "localhost.example"])
def test_what_leaves_it(host: str) -> None:
    assert not stays_here(host)
