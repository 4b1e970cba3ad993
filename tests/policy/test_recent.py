"""A memory that is bounded, and left behind when its owner goes to another process."""

import pickle

from enforcer.policy import recent
from enforcer.policy.recent import Recent


def test_it_begins_anew_when_it_is_full() -> None:
    memory: Recent[int, int] = Recent()
    for number in range(recent.MOST):
        assert memory.keep(number, -number) == -number
    assert len(memory) == recent.MOST
    memory.keep(-1, 1)
    assert memory == {-1: 1}


def test_it_is_pickled_empty() -> None:
    memory: Recent[str, int] = Recent()
    memory.keep("a", 1)
    other = pickle.loads(pickle.dumps(memory))  # noqa: S301 (our own bytes)
    assert other == {}
    assert other.keep("b", 2) == 2
