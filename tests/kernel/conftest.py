"""Three hosts for all kernel tests of a run; the rules and programs in them are each test's own."""

from collections.abc import Iterator

import pytest
from kernel_fixtures import Bench

from enforcer.lab.hosts import Hosts


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    with Hosts() as hosts:
        yield Bench(hosts)
