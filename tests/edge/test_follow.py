"""Doing something again at each boundary: the time as an argument, and the loop with a real clock and real signals."""

import os
import signal
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcer.edge import follow as following
from enforcer.edge.clock import Clock
from enforcer.edge.follow import MAX_PAUSE, due_instant, follow, pause
from enforcer.model.calendar import Interval

UNTIL = 1000.25


@pytest.mark.parametrize(
    ("now", "seconds"),
    [(100.0, MAX_PAUSE), (UNTIL - 10, 10.0), (UNTIL - 0.25, 0.25), (UNTIL, 0.0), (UNTIL + 5, 0.0), (99.0, 0.0)],
)
def test_the_pause_ends_at_the_boundary(now: float, seconds: float) -> None:
    """At 99 the clock was set back to before what was done: that may be wrong now."""
    assert pause(now, Interval(100.0, UNTIL)) == seconds


def test_without_a_boundary_it_looks_again_all_the_same() -> None:
    assert pause(100.0, Interval(100.0)) == MAX_PAUSE


@given(st.floats(0, 4e9), st.floats(0, 4e9), st.floats(0, 4e9))
def test_the_instant_is_never_before_the_boundary_that_made_it_due(now: float, starts: float, ends: float) -> None:
    fresh = Interval(starts, ends)
    at = due_instant(now, fresh)
    assert at <= now
    assert at > now - 1
    if starts < ends <= now:
        assert at >= ends


def test_it_runs_at_once_at_each_boundary_on_sighup_and_until_sigterm(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a simulated clock, whose seconds are real ones; how many of them begin meanwhile is the machine's affair."""
    start = 5000.0
    monkeypatch.setattr(following, "floor", lambda _now: start)
    boundaries = [start + 0.4, start + 0.8]
    done: list[tuple[float, bool]] = []

    def step(at: float, anew: bool) -> Interval:
        done.append((at, anew))
        if len(done) == 3:
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGHUP)).start()
        if len(done) == 4:
            os.kill(os.getpid(), signal.SIGTERM)
        return Interval(at, next((boundary for boundary in boundaries if boundary > at), None))

    before = signal.getsignal(signal.SIGTERM)
    begun = time.monotonic()
    follow(step, Clock.simulated(start))
    assert time.monotonic() - begun < MAX_PAUSE, "it waits for the next boundary, not for as long as it may"
    assert [anew for _, anew in done] == [False, False, False, True]
    assert [at for at, _ in done[:3]] == [start, *boundaries]
    assert signal.getsignal(signal.SIGTERM) == before


def test_what_the_step_raises_leaves_the_signals_as_they_were() -> None:
    before = signal.getsignal(signal.SIGTERM)

    def step(_at: float, _anew: bool) -> Interval:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        follow(step, Clock())
    assert signal.getsignal(signal.SIGTERM) == before
