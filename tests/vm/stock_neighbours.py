"""Run in the emulated machine only (tests/vm/run.sh): flowtables, which take flows out of everybody's sight.

The kernels at hand have none.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from kernel_fixtures import Bench, running

pytestmark = pytest.mark.kernel

BOTH = pytest.mark.parametrize("to", ["10.77.2.2", "fd77:2::2"])
BULK_ONLY = "ct mark & 0xfff00000 == 0x00100000 "
"""Flows that pass, for good: the mark PASS in the default mask."""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with running() as bench:
        yield bench


def judged_as_ever(bench: Bench, to: str) -> None:
    with bench.judging():
        assert bench.dig(bench.client, "fine.example", server=to) == "NOERROR"
        assert bench.dig(bench.client, "blocked.example", server=to) == "NXDOMAIN"
        assert bench.talk(bench.client, ["send", "PASS on"], ["receive", 7], to=to)["data"] == "PASS on"
        said = bench.talk(bench.client, ["send", "REJECT"], ["receive", 6], to=to)
        assert (said["data"], said["end"]) == ("", "ConnectionResetError")


@contextmanager
def flowtable(bench: Bench, condition: str) -> Iterator[None]:
    """Offloading in software, as `flow add` in a forward chain of the site's own does it."""
    body = f"""table inet site {{
        flowtable fast {{
            hook ingress priority filter; devices = {{ lan, wan }};
        }}
        chain forward {{
            type filter hook forward priority filter
            {condition}flow add @fast
        }}
    }}
    """
    bench.nft("-f", "-", text=body)
    try:
        yield
    finally:
        bench.nft("delete", "table", "inet", "site")


@BOTH
def test_without_a_condition_a_flow_is_offloaded_before_its_first_data_and_judged_by_nobody(
    bench: Bench, to: str
) -> None:
    """What docs/neighbours.md warns of: names over TCP are not seen at all."""
    with flowtable(bench, ""), bench.judging() as judged:
        # A moment: the data must not be on its way before the flow is offloaded, which here may take a while.
        said = bench.talk(bench.client, ["sleep", 0.5], ["send", "REJECT this"], ["receive", 11], to=to, own=21000)
        assert said["data"] == "REJECT this"
        assert bench.dig(bench.client, "blocked.example", server=to) == "NXDOMAIN"
        assert judged.tcp_data() == []


@BOTH
def test_where_only_decided_flows_are_offloaded_all_is_judged(bench: Bench, to: str) -> None:
    with flowtable(bench, BULK_ONLY):
        judged_as_ever(bench, to)
