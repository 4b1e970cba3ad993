"""How the rules stand goes from one run to the next, whole or not at all; in front of hosts: test_handover_lab.py."""

import os
from dataclasses import replace

import pytest
from namespace_fixtures import apart, nft

from enforcer.edge import legacy
from enforcer.edge.kernel import Kernel
from enforcer.edge.legacy import NOTHING, Legacy
from enforcer.edge.rules import Place, Rules
from enforcer.model.marks import Marks
from enforcer.policy.load import load

LEFT = Legacy(text="table …", portrait={"chain a": b"\0\xff"}, queues="q", shares={"held_dropped": 7})


def carried(left: Legacy) -> Legacy:
    descriptor = legacy.written(left)
    try:
        return legacy.read(descriptor)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("left", [LEFT, NOTHING])
def test_it_is_read_as_it_was_written(left: Legacy) -> None:
    assert carried(left) == left


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"text": 1, "portrait": [], "queues": 1, "shares": {}}', b"\xff", b"[" * 100_000]
)
def test_anything_else_is_nothing(data: bytes) -> None:
    descriptor = os.memfd_create("odd")
    os.write(descriptor, data)
    assert legacy.read(descriptor) == NOTHING
    os.close(descriptor)


@pytest.mark.kernel
@pytest.mark.parametrize("case", ["as left", "altered", "of another layout", "not told"])
def test_only_what_stands_as_it_was_left_is_changed_in_place(case: str) -> None:
    """Tables that are made anew have another handle."""

    def work() -> tuple[bool, str]:
        place = Place(
            kernel=Kernel(native_queue=False, nft_version=()), marks=Marks(), shift=0.0, lane_numbers=lambda _: {}
        )
        old = Rules(place)
        old.install(load({}), 0.0, anew=True)
        left, before = carried(old.legacy({})), handles()
        rules = sorted(nft("list", "ruleset").splitlines())
        old.close()
        if case == "altered":
            nft("add", "rule", "inet", "enforcer", "cut", "udp", "dport", "9", "accept")
        new = Rules(place, {"of another layout": replace(left, queues="other"), "not told": NOTHING}.get(case, left))
        new.install(load({}), 0.0, anew=True)
        stood = handles() == before
        told = "".join(reason for _, reason in new.mend(100.0))
        new.close()
        assert sorted(nft("list", "ruleset").splitlines()) == rules
        return stood, told

    assert apart(work) == (case == "as left", "")


def handles() -> list[str]:
    """Of the tables that packets wait behind; that of learned addresses is laid over what stands, whoever put it."""
    lines = (line for line in nft("-a", "list", "ruleset").splitlines() if "enforcer_learned" not in line)
    return [line for line in lines if line.startswith("table ")]
