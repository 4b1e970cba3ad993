"""The first names of a row."""

from enforcer.audit.first_names import MOST, FirstNames


def of(*names: str) -> FirstNames:
    first = FirstNames()
    for name in names:
        first.add(name)
    return first


def test_each_name_once_in_the_order_in_which_they_came() -> None:
    assert of("b", "a", "b") == FirstNames(["b", "a"])


def test_no_more_than_a_few_and_that_there_were_more() -> None:
    many = [f"n{index}" for index in range(MOST + 2)]
    assert of(*many[:MOST], *many[:MOST]) == FirstNames(many[:MOST], more=False)
    assert of(*many) == FirstNames(many[:MOST], more=True)


def test_two_rows_together() -> None:
    one, few = of("a", "b"), of("b", "c")
    one.join(few)
    assert (one, few) == (of("a", "b", "c"), of("b", "c"))
    one.join(FirstNames(["d"], more=True))
    assert one == FirstNames(["a", "b", "c", "d"], more=True)
