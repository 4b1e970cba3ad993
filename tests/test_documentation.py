"""The documentation as a whole: nothing that a user can type is missing, and no link leads nowhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from enforcer.cli.main import main

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
TEXT = "\n".join(page.read_text() for page in PAGES if "decisions" not in page.parts)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """As GitHub makes them: lower case, spaces to dashes, other marks left out."""
    headings = _HEADING.findall(page.read_text())
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(page.read_text()):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def verbs(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        verb = command.get_command(context, name)
        assert verb is not None
        yield from verbs(verb, f"{path} {name}")


VERBS = dict(verbs(main, "enforcer"))


@pytest.mark.parametrize("path", VERBS)
def test_every_verb_stands_on_a_page_and_has_an_example(path: str) -> None:
    assert re.search(rf"{path}\b", TEXT), "on no page"
    assert path in (VERBS[path].help or ""), "its help has no example"


def test_the_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text()
    missing = [page.name for page in (ROOT / "docs").glob("*.md") if f"docs/{page.name}" not in readme]
    assert missing == []


NEIGHBOURS = (ROOT / "docs/neighbours.md").read_text()
NAMED = re.findall(r"`((?:lab|kernel|vm|edge)/\w+\.py)::(test_\w+)`", NEIGHBOURS)


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_each_test_of_a_neighbour_is_there(file: str, test: str) -> None:
    assert f"\ndef {test}(" in (ROOT / "tests" / file).read_text()


def test_each_neighbour_is_shown_or_said_not_to_be() -> None:
    rows = [line for line in NEIGHBOURS.split("## Who comes when")[0].splitlines() if line.startswith("| [")]
    assert len(rows) > 5
    assert [row for row in rows if "::test_" not in row and "| no test: " not in row] == []
