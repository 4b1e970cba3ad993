"""What is under way to a collector, against a kernel and a clock that are numbers here."""

from hypothesis import given
from hypothesis import strategies as st

from enforcer.edge.flight import Flight


def test_a_record_settles_a_while_after_its_bytes_were_acknowledged() -> None:
    flight = Flight(5.0)
    flight.sent(100, 1)
    flight.sent(100, 2)
    assert flight.settled(150, 10.0) is None
    assert flight.settled(50, 11.0) is None  # the first is acknowledged now
    assert flight.settled(0, 15.9) is None
    assert flight.settled(0, 16.0) == 1
    assert flight.settled(0, 20.9) == 2
    assert (flight.settled(0, 30.0), len(flight)) == (None, 0)


def test_what_was_not_sent_settles_with_what_stands_before_it() -> None:
    flight = Flight(0.0)
    flight.sent(100, 1)
    flight.sent(0, 7)
    assert flight.settled(1, 1.0) is None
    assert flight.settled(0, 1.0) == 7


_STEPS = st.tuples(st.integers(0, 50), st.integers(0, 4), st.integers(0, 30), st.integers(0, 3))


@given(st.lists(_STEPS, max_size=60), st.sampled_from((0, 5)))
def test_nothing_unacknowledged_settles_and_never_backwards(
    steps: list[tuple[int, int, int, int]], settle: int
) -> None:
    """The kernel may name more than is unacknowledged (it counts what a message costs it), and never less."""
    flight, ends, acknowledged, now, last = Flight(settle), [0], 0, 0, 0
    for size, quarters, extra, later in steps:
        ends.append(ends[-1] + size)
        flight.sent(size, len(ends) - 1)
        acknowledged += (ends[-1] - acknowledged) * quarters // 4
        now += later
        news = flight.settled(ends[-1] - acknowledged + extra, now)
        if news is not None:
            assert news > last
            assert ends[news] <= acknowledged
            last = news
    for later in (0, settle):
        last = flight.settled(0, now + later) or last
    assert (last, len(flight)) == (len(steps), 0)
