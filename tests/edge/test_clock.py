import pickle
import time

import pytest

from enforcer.edge.clock import Clock


def test_a_real_clock_is_no_trial() -> None:
    assert Clock() == Clock(shift=0.0, trial=False)


@pytest.mark.parametrize("second", [0.0, 0.25, 0.999])
@pytest.mark.parametrize("at", [1727582400.0, 1727582400.5, 4e9])
def test_a_simulated_clock_stands_at_its_instant_or_less_than_a_second_after_and_runs_on(
    second: float, at: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = 1795400000 + second
    monkeypatch.setattr(time, "time", lambda: begun)
    clock = Clock.simulated(at)
    assert clock.trial
    assert at <= clock.now() < at + 1
    assert clock.shift == int(clock.shift)
    monkeypatch.setattr(time, "time", lambda: begun + 7)
    assert at + 7 <= clock.now() < at + 8


def test_without_anybody_at_it_the_clock_runs() -> None:
    first = Clock.simulated(1727582400.0)
    assert 1727582400.0 <= first.now() <= first.now()


def test_another_process_reads_the_same_time() -> None:
    clock = Clock.simulated(1727582400.0)
    assert pickle.loads(pickle.dumps(clock)) == clock  # noqa: S301 (our own bytes)


def test_the_monotonic_clock_is_not_shifted() -> None:
    assert Clock.simulated(0.0).monotonic() == pytest.approx(Clock().monotonic(), abs=5)
