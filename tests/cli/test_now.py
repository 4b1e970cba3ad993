import time

from enforcer.cli.now import or_now


def test_what_was_given_is_kept() -> None:
    assert or_now(0.5) == 0.5


def test_else_it_is_the_current_second() -> None:
    before = int(time.clock_gettime(time.CLOCK_REALTIME))
    assert before <= or_now(None) <= before + 60
    assert or_now(None).is_integer()
