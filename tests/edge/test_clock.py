import pickle

import pytest

from enforcer.edge.clock import Clock


def test_a_real_clock_is_no_trial() -> None:
    assert Clock() == Clock(shift=0.0, trial=False)


def test_a_simulated_clock_stands_at_its_instant_and_runs_on() -> None:
    clock = Clock.simulated(1727582400.0)
    assert clock.trial
    first = clock.now()
    assert 1727582400.0 <= first < 1727582405.0
    assert clock.shift == int(clock.shift)
    assert clock.now() >= first


def test_another_process_reads_the_same_time() -> None:
    clock = Clock.simulated(1727582400.0)
    assert pickle.loads(pickle.dumps(clock)) == clock  # noqa: S301 (our own bytes)


def test_the_monotonic_clock_is_not_shifted() -> None:
    assert Clock.simulated(0.0).monotonic() == pytest.approx(Clock().monotonic(), abs=5)
