import click

from enforcer.cli.columns import aligned


def test_cells_are_padded_to_the_widest_and_lines_end_without_spaces() -> None:
    assert aligned([("a", "bb", "c"), ("aaa", "", "")]) == ["a    bb  c", "aaa"]


def test_colours_take_no_room() -> None:
    assert click.unstyle(aligned([(click.style("a", fg="red"), "x"), ("bb", "y")])[0]) == "a   x"


def test_nothing_gives_nothing() -> None:
    assert aligned([]) == []
