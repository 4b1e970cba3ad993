"""Manual pages: one for each verb, whole, and such that groff takes every line as text."""

import subprocess

import click
import pytest
from click.testing import CliRunner

from enforcer.cli.main import main
from enforcer.cli.man_page import pages

PAGES = dict(pages(main, "enforcer", "0.0.1"))


def rendered(text: str) -> str:
    """As `man` would show it, in lines so long that nothing is broken; any warning of groff is a failure."""
    formatted = subprocess.run(
        ["groff", "-man", "-Tutf8", "-P-c", "-P-b", "-P-u", "-ww", "-Wbreak", "-rLL=400n"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    assert formatted.stderr == ""
    return formatted.stdout


def commands(command: click.Command, path: str) -> list[tuple[str, click.Command]]:
    found = [(path, command)]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            verb = command.get_command(context, name)
            assert verb is not None
            found += commands(verb, f"{path}-{name}")
    return found


@pytest.mark.parametrize(("path", "command"), commands(main, "enforcer"))
def test_each_verb_has_a_page_with_all_its_options(path: str, command: click.Command) -> None:
    shown = rendered(PAGES[f"{path}.1"])
    assert f"{path} - " in shown
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert all(spelling in shown for spelling in parameter.opts), parameter.opts


def test_no_page_is_of_nothing() -> None:
    assert sorted(PAGES) == sorted(f"{path}.1" for path, _ in commands(main, "enforcer"))


@click.command("odd", help="Begins.\n\n.SH FORGED\n\n'br \\fBnot bold\\fR\n\n\b\n.EE   kept   as it is\n  - a dash")
@click.option("--with-dash", help=".TP of its own")
def odd() -> None: ...


def test_what_looks_like_a_request_is_text() -> None:
    ((_, text),) = pages(odd, "odd", "1")
    assert [line for line in text.splitlines() if line == ".SH FORGED" or line.startswith("'")] == []
    shown = rendered(text)
    for kept in (
        ".SH FORGED",
        "'br \\fBnot bold\\fR",
        ".EE   kept   as it is",
        "  - a dash",
        ".TP of its own",
        "--with-dash",
    ):
        assert kept in shown, shown


def test_hidden_verbs_have_no_page() -> None:
    group = click.Group("top", help="Top.", commands={"in": click.Command("in", hidden=True)})
    assert [name for name, _ in pages(group, "top", "1")] == ["top.1"]


def test_help_prints_the_same_text_that_the_page_has() -> None:
    told = CliRunner().invoke(main, ["check", "--help"]).output
    line = next(line.strip() for line in told.splitlines() if "enforcer check" in line and "Usage" not in line)
    assert line in rendered(PAGES["enforcer-check.1"])
