"""A click command as a manual page: man(7) macros, one page a command, as `git` has them (`enforcer-audit-report.1`).

Own code, since the one living generator (click-man) neither escapes roff nor keeps examples as they are laid out
(docs/decisions/0400). The text is that of `--help`: nothing is told twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

_VERBATIM = "\b"
"""click's own mark of a paragraph whose lines stay as they are."""
_FILES = (
    ("/etc/enforcer/enforcer.toml", "The site file: who we are, client groups, waivers, data path, outputs."),
    ("/var/lib/enforcer/events.sqlite", "The record."),
)


def pages(command: click.Command, name: str, version: str) -> Iterator[tuple[str, str]]:
    """Each page's file name and text: of the command, and of all below it that are not hidden."""
    return _pages(_context(command, name, None), version)


def _pages(context: click.Context, version: str) -> Iterator[tuple[str, str]]:
    yield f"{_dashed(context)}.1", _page(context, version)
    for below in _below(context):
        yield from _pages(below, version)


def _page(context: click.Context, version: str) -> str:
    lines = [
        f'.TH "{_dashed(context).upper()}" "1" "" "egress-enforcer {version}" "Egress enforcer"',
        *(".SH NAME", rf"{_text(_dashed(context))} \- {_text(_short(context.command))}"),
        *(".SH SYNOPSIS", ".B " + _text(context.command_path)),
        _text(" ".join(context.command.collect_usage_pieces(context))),
        *(".SH DESCRIPTION", *_description(context.command.help or "")),
        *_definitions("OPTIONS", _options(context)),
        *_definitions("COMMANDS", [(below.command.name or "", _short(below.command)) for below in _below(context)]),
        *_definitions("FILES", _FILES if context.parent is None else ()),
        *_see_also(context),
    ]
    return "\n".join(lines) + "\n"


def _below(context: click.Context) -> list[click.Context]:
    group = context.command
    if not isinstance(group, click.Group):
        return []
    verbs = [(name, group.get_command(context, name)) for name in group.list_commands(context)]
    return [_context(verb, name, context) for name, verb in verbs if verb and not verb.hidden]


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    # With its settings: a command remembers the names of its help option from the first context that asks.
    return click.Context(command, info_name=name, parent=parent, **command.context_settings)


def _description(help_text: str) -> Iterator[str]:
    """Paragraphs are filled; those that click is told to leave as they are stay so."""
    for index, paragraph in enumerate(re.split(r"\n\s*\n", help_text.strip("\n"))):
        lines = paragraph.split("\n")
        if index:
            yield ".PP"
        if lines[0].strip(" ") == _VERBATIM:
            yield from (".EX", *map(_text, lines[1:]), ".EE")
        else:
            yield from (_text(line.strip()) for line in lines)


def _options(context: click.Context) -> list[tuple[str, str]]:
    records = (parameter.get_help_record(context) for parameter in context.command.get_params(context))
    return [record for record in records if record]


def _definitions(title: str, rows: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> Iterator[str]:
    if rows:
        yield f".SH {title}"
    for term, meaning in rows:
        yield from (".TP", rf"\fB{_text(term)}\fR", _text(meaning or "(no more is to be said)"))


def _see_also(context: click.Context) -> Iterator[str]:
    near = ([context.parent] if context.parent else []) + _below(context)
    if near:
        yield ".SH SEE ALSO"
        yield ",\n".join(rf"\fB{_text(_dashed(one))}\fR(1)" for one in near)


def _short(command: click.Command) -> str:
    return command.get_short_help_str(limit=200).rstrip(".")


def _dashed(context: click.Context) -> str:
    return context.command_path.replace(" ", "-")


def _text(line: str) -> str:
    """As roff prints it: a minus that can be copied, no escapes, and no line that could be a request."""
    escaped = line.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{escaped}" if escaped[:1] in (".", "'") else escaped
