"""A beat is seen by another process, with its age."""

import os
import time

import pytest

from enforcer.edge.pulse import Pulse, Tally


def test_a_beat_crosses_the_fork() -> None:
    pulse = Pulse(100.0)
    assert pulse.age(103.0) == pytest.approx(3.0)
    child = os.fork()
    if child == 0:
        pulse.beat(200.0)
        os._exit(0)
    os.waitpid(child, 0)
    assert pulse.age(201.5) == pytest.approx(1.5)
    pulse.close()


def test_a_beat_costs_next_to_nothing() -> None:
    """It stands in the loop over packets."""
    pulse = Pulse(0.0)
    before = time.monotonic()
    for _ in range(100_000):
        pulse.beat(1.0)
    assert time.monotonic() - before < 1
    pulse.close()


def test_what_was_done_crosses_the_fork_too() -> None:
    pulse = Pulse(100.0)
    assert pulse.told == Tally()
    tally = Tally(*range(1, len(Tally()) + 1))._replace(packets=2**52, longest_hold=0.25)
    child = os.fork()
    if child == 0:
        pulse.tell(tally)
        os._exit(0)
    os.waitpid(child, 0)
    assert pulse.told == tally
    assert isinstance(pulse.told.packets, int)
    assert pulse.age(101.0) == pytest.approx(1.0)
    pulse.close()
