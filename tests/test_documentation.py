"""The documentation as a whole: nothing that a user can type is missing, and no link leads nowhere."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from enforcer.cli.main import main
from enforcer.policy.schema_site import site_schema
from enforcer.policy.schemas import NOUNS, schema

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
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield path, command
    if not isinstance(command, click.Group):
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


ASKED = re.compile(r"(?:^ *[$#]?|`|&& )\s*(?:sudo )?(?P<asked>enforcer [a-z][^`#|;&\n]*)", re.MULTILINE)
"""A command in backticks, or at the begin of a line that is indented or in a fence."""
_CODE = re.compile(r"^```.*?^```|^ {4}.*$|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def commands(page: Path) -> Iterator[str]:
    for code in _CODE.findall(page.read_text()):
        yield from (match["asked"] for match in ASKED.finditer(code))


def fault(asked: str) -> str:
    """What is wrong with a command line as a page has it; empty if nothing is. Words in capitals stand for others."""
    _, *words = asked.split("  ")[0].split()
    command: click.Command = main
    while isinstance(command, click.Group) and words and re.fullmatch(r"[a-z][a-z-]*", words[0]):
        name, *words = words
        inner = command.get_command(click.Context(command), name)
        if inner is None:
            return f"{command.name} has no verb {name}"
        command = inner
    known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)} | {"--help", "-h"}
    given = [word.partition("=")[0].rstrip("`,.:)") for word in words if word.startswith("--")]
    return next((f"{command.name} has no {option}" for option in given if option not in known), "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_on_a_page_exists(page: Path) -> None:
    assert [(asked, why) for asked in commands(page) if (why := fault(asked))] == []


def test_a_command_that_is_none_would_be_found() -> None:
    assert fault("enforcer audit report --since 7d -o x.html") == ""
    assert fault("enforcer audit frobnicate") == "audit has no verb frobnicate"
    assert fault("enforcer status --quickly") == "status has no --quickly"
    assert list(commands(ROOT / "docs/runbook.md"))


@pytest.mark.parametrize("path", VERBS)
def test_every_option_has_help_and_stands_on_a_page(path: str) -> None:
    options = [one for one in VERBS[path].params if isinstance(one, click.Option) and not one.hidden]
    assert [one.opts for one in options if not one.help] == [], "without help"
    longest = [max(one.opts, key=len) for one in options]
    assert [one for one in longest if not re.search(rf"{one}(?![\w-])", TEXT)] == [], "on no page"


def keys(schema: dict[str, Any]) -> Iterator[str]:
    """Each key of the site file, of its tables, and theirs."""
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from keys(inner)
        yield from keys(inner.get("items", {}))


def stands(key: str) -> bool:
    """In backticks, or at the begin of a line as in a file."""
    return re.search(rf"`[^`\n]*\b{key}\b[^`\n]*`|^\s*\[*{key}\b", TEXT, re.MULTILINE) is not None


@pytest.mark.parametrize("key", sorted(set(keys(site_schema()))))
def test_every_key_of_the_site_file_stands_on_a_page(key: str) -> None:
    assert stands(key), "on no page"


def test_every_key_of_the_policys_files_stands_on_a_page() -> None:
    kinds = [noun for noun in NOUNS if noun != "site"]
    missing = {(kind, key) for kind in kinds for key in keys(schema(kind)) if not stands(key)}
    assert (len(kinds), missing) == (5, set())
    assert not stands("frobnicated")


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


@pytest.fixture
def site(tmp_path: Path) -> str:
    """The defaults, whatever stands in /etc here."""
    path = tmp_path / "enforcer.toml"
    path.write_text("")
    return str(path)


def test_the_readmes_example_is_what_is_printed(site: str) -> None:
    [block] = re.findall(r"```console\n\$ enforcer (.*)\n((?:.*\n)+?)```", (ROOT / "README.md").read_text())
    said = CliRunner().invoke(main, [*block[0].split(), "--config", site]).stdout
    assert re.sub(r"policy [0-9a-f]{16}:", "policy REVISION:", said) == block[1]


def test_the_readme_counts_what_is_shipped(site: str) -> None:
    said = CliRunner().invoke(main, ["policy", "validate", "--config", site]).stdout
    bans, vendors = re.findall(r"\d+ (?:bans|vendors)", said)
    assert f"({bans}, {vendors})" in (ROOT / "README.md").read_text()
