"""When a cut counts as in time. The crossing itself is played in test_walk.py."""

import pytest

from enforcer.lab.crossing import late


@pytest.mark.parametrize("moment", ["-0.04", "+0.00", "+0.63", "+1.00"])
def test_in_time(moment: str) -> None:
    assert list(late(f"1 bytes, then: reset, {moment} s from the boundary")) == []


@pytest.mark.parametrize("moment", ["-3.20", "-0.06", "+1.01", "+12.00"])
def test_not_in_time(moment: str) -> None:
    (fault,) = late(f"1 bytes, then: reset, {moment} s from the boundary")
    assert fault == f"cut {moment} s from the boundary, not within 1 s after it"


def test_what_still_runs_is_not_late() -> None:
    assert list(late("still running 1.5 s after the boundary")) == []
