"""What reached no inspector is told once, when it is sure; what is under way never is."""

import random
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from enforcer.pipeline.shortfall import Shortfall


@dataclass
class Handed:
    tables: object
    packets: int


@dataclass
class Settled:
    until: float
    seen: int


class World:
    """A queue whose inspector has seen all but what waits and what was lost."""

    def __init__(self) -> None:
        self._shortfall = Shortfall()
        self._now, self._asked = 0.0, False
        self.settled = Settled(0.0, 0)
        self.handed = Handed("a", 0)
        self.seen = self.waiting = self.lost = self.told = 0

    def comes(self, packets: int, *, lost: int = 0) -> None:
        self.handed.packets += packets
        self.lost += lost
        self.waiting += packets - lost

    def judged(self, packets: int | None = None) -> None:
        packets = self.waiting if packets is None else packets
        self.waiting -= packets
        self.seen += packets
        if not self.waiting and self._asked:
            self._asked = False
            self.settled = Settled(self._now, self.seen)

    def look(self) -> int:
        self._now += 1
        told = self._shortfall.look(self._now, self.handed, self.settled, self.seen)
        self._asked = True
        self._now += 1
        self.told += told
        return told

    def quiet(self) -> int:
        """Nothing is under way for some looks; what they told."""
        told = 0
        for _ in range(4):
            self.judged()
            told += self.look()
        return told


def test_what_is_lost_is_told_once_when_it_is_sure() -> None:
    world = World()
    world.look()
    world.comes(100, lost=7)
    assert world.look() == 0, "it may be under way"
    assert world.quiet() == 7
    assert world.quiet() == 0


def test_what_is_under_way_is_not_lost_however_long_it_waits() -> None:
    world = World()
    world.look()
    world.comes(100)
    assert [world.look() for _ in range(9)] == [0] * 9
    assert world.quiet() == 0


def test_traffic_that_never_rests_hides_no_loss() -> None:
    world = World()
    world.look()
    world.comes(50, lost=7)
    told = 0
    for _ in range(5):
        world.judged()  # asked at once
        world.comes(1000)
        world.judged()
        told += world.look()
    assert told == 7


def test_what_was_under_way_at_the_first_look_does_not_hide_a_loss_for_ever() -> None:
    world = World()
    world.comes(500)
    world.look()
    assert world.quiet() == 0
    world.comes(3, lost=3)
    assert world.quiet() == 3


def test_new_tables_count_from_zero() -> None:
    world = World()
    world.look()
    world.comes(100, lost=7)
    world.judged()
    world.handed = Handed("b", 0)
    assert world.quiet() == 0
    world.comes(10, lost=2)
    assert world.quiet() == 2


def test_a_packet_that_is_counted_just_before_it_can_be_seen_is_not_lost() -> None:
    world = World()
    world.look()
    for _ in range(20):
        world.handed.packets += 1  # the kernel is at it
        world.look()
        world.judged()  # and the inspector has found its queue empty
        assert world.look() == 0
        world.seen += 1
        world.judged()
        assert world.look() == 0
    assert world.quiet() == 0


@given(st.randoms(use_true_random=False), st.integers(1, 40))
def test_never_more_than_was_lost_and_all_of_it_in_the_end(chance: random.Random, rounds: int) -> None:
    world = World()
    world.look()
    for _ in range(rounds):
        came = chance.randint(0, 50)
        world.comes(came, lost=chance.choice([0, 0, chance.randint(0, came)]))
        world.judged(chance.choice([None, chance.randint(0, world.waiting)]))
        world.look()
        assert world.told <= world.lost
    world.quiet()
    assert world.told == world.lost
