"""A beat is seen by another process, with its age."""

import os
import time

import pytest

from enforcer.edge.pulse import Latencies, Pulse, Tally
from enforcer.model.state import LATENCIES


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
    before = time.process_time()
    for _ in range(100_000):
        pulse.beat(1.0)
    assert time.process_time() - before < 1
    pulse.close()


def test_what_was_done_crosses_the_fork_too() -> None:
    pulse = Pulse(100.0)
    assert pulse.told == Tally()
    took = Latencies()
    took.add(0.003, 2)
    tally = Tally(*range(1, len(Tally()) - 1))._replace(packets=2**52, longest_hold=0.25, holds=took.state)
    child = os.fork()
    if child == 0:
        pulse.tell(tally)
        os._exit(0)
    os.waitpid(child, 0)
    assert pulse.told == tally
    assert isinstance(pulse.told.packets, int)
    assert pulse.age(101.0) == pytest.approx(1.0)
    pulse.close()


def test_what_took_how_long_is_counted_by_class() -> None:
    took = Latencies()
    took.add(LATENCIES[0], 3)  # at most
    took.add(LATENCIES[0] * 1.01, 2)
    took.add(LATENCIES[-1] * 2, 1)
    took.add(0.0, 0)
    counts = took.state.counts
    assert (counts[0], counts[1], counts[-1], sum(counts)) == (3, 2, 1, 6)
    assert took.state.seconds == pytest.approx(LATENCIES[0] * 5.02 + LATENCIES[-1] * 2)
