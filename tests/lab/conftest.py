"""The lab that most tests share: three hosts with their servers for each file of tests."""

from collections.abc import Iterator

import pytest

from enforcer.lab.hosts import Hosts
from enforcer.lab.servers import Servers


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    with Hosts() as hosts:
        Servers(hosts).start()
        yield hosts


@pytest.fixture
def clean(hosts: Hosts) -> Iterator[Hosts]:
    """The test ends with hosts on which nothing runs but the servers, and a gateway without rules."""
    servers = list(hosts.gateway.started)
    yield hosts
    for output, program in hosts.gateway.started:
        if (output, program) not in servers and program.poll() is None:
            program.kill()
            program.wait()
    hosts.gateway.must("sh", "-c", "nft flush ruleset && conntrack -F")
