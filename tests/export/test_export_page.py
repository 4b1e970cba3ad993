"""docs/export.md, held to the program and to the configurations that the tests run with."""

from pathlib import Path

import pytest
import resolver_fixtures
from export_fixtures import acme, made

from enforcer.export import rpz
from enforcer.export.forms import FORMS
from enforcer.export.sids import FIRST, LAST

PAGE = (Path(__file__).parents[2] / "docs/export.md").read_text()


@pytest.mark.parametrize("form", FORMS)
def test_each_form_and_file_is_on_the_page(form: str) -> None:
    assert f"\n| `{form}` |" in PAGE
    for file in FORMS[form].write(made(acme(), nftset="inet#t")):
        assert f"`{file.name}`" in PAGE or file.name == rpz.ZONE


def test_the_lines_for_a_forwarding_knot_resolver_are_those_that_were_tried() -> None:
    tried = resolver_fixtures.KRESD.replace("{{", "{").replace("}}", "}")
    told = PAGE.partition("hand on only the rest:\n\n```lua\n")[2].partition("```")[0]
    for line in told.splitlines()[1:-1]:
        assert line in tried


def test_numbers_on_the_page() -> None:
    assert f"{FIRST:,} to {LAST:,}" in PAGE
    assert f"({rpz.ROOM + 1} characters and more)" in PAGE
