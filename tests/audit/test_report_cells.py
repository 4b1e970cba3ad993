"""Cells of the page; what is hostile meets the whole page in test_report_html.py."""

from enforcer.audit.report_cells import attribute, both, cell, plain, table


def test_a_cell_acts_on_nothing_and_breaks_where_it_is_long() -> None:
    assert cell("<b>&\x1b") == "&lt;b&gt;&amp;\\x1b"
    assert cell("x" * 30) == "x" * 24 + "<wbr>" + "x" * 6
    assert attribute('a"b') == "a&quot;b"


def test_two_words_in_one_cell() -> None:
    assert (both("a", "b"), both("a", ""), both("", "")) == ("a<br>b", "a", "-")


def test_instants_as_people_write_them() -> None:
    assert plain("at 2024-09-29T04:00:00Z.") == "at 2024-09-29 04:00:00 UTC."


def test_a_verdict_is_coloured_and_another_word_is_not() -> None:
    made = table("T", ("Verdict",), [("block",), ("forged",)], verdict=0)
    assert '<td><span class="v v-block">block</span></td>' in made
    assert "<td>forged</td>" in made
    assert 'aria-label="T"' in made
