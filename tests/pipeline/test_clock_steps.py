"""A step is told, with its size; drift, slewing and late looks are none."""

import pytest

from enforcer.pipeline.clock_steps import ClockSteps


@pytest.mark.parametrize("by", [3600.0, -3600.0, 0.75, -0.75])
def test_a_step_is_told_once(by: float) -> None:
    steps = ClockSteps(1000.0, 50.0)
    assert steps.step(1000.2, 50.2) == 0.0
    assert steps.step(1000.4 + by, 50.4) == pytest.approx(by)
    assert steps.step(1000.6 + by, 50.6) == 0.0


def test_slewing_never_adds_up_to_a_step() -> None:
    steps = ClockSteps(0.0, 0.0)
    assert {steps.step(0.2 * look * 1.0005, 0.2 * look) for look in range(100_000)} == {0.0}


def test_a_long_pause_of_ours_is_no_step() -> None:
    assert ClockSteps(0.0, 0.0).step(5000.0, 5000.0) == 0.0
