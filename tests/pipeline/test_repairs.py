"""At once, until it is a fight; then slowly, until it is none."""

from enforcer.pipeline.repairs import MOST, PAUSE, WINDOW, Repairs


def test_a_few_are_made_at_once() -> None:
    repairs = Repairs()
    for number in range(MOST - 1):
        assert repairs.is_due(float(number))
        assert not repairs.made(float(number))


def test_a_fight_is_told_once_and_goes_on_slowly() -> None:
    repairs = Repairs()
    told = [repairs.made(float(number)) for number in range(MOST)]
    assert told == [False] * (MOST - 1) + [True]
    last = MOST - 1.0
    assert not repairs.is_due(last + PAUSE - 0.1)
    assert repairs.is_due(last + PAUSE)
    assert not repairs.made(last + PAUSE)


def test_a_fight_ends_when_the_other_stops() -> None:
    repairs = Repairs()
    for number in range(MOST):
        repairs.made(float(number))
    assert not repairs.is_fight(WINDOW)
    assert repairs.is_due(WINDOW)
    assert repairs.made(WINDOW)  # and if it begins again, that is told again
