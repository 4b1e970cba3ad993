"""`enforcer check`: what applies to names or addresses, and why."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from typing import Any

import click

from enforcer.cli.errors import told
from enforcer.cli.options import at_option, client_option, config_option, json_option, policies_option, read_policy
from enforcer.edge.clock import Clock
from enforcer.model.calendar import iso
from enforcer.model.decision import Decision
from enforcer.model.names import NameFault, host_name
from enforcer.model.observation import Address, Client, How, Observation
from enforcer.policy.around import Around, around, judged
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide

MAX_NAMES = 100_000
MAX_LINE = 1_024
MIN_WIDTH = 40
COLOURS = {"block": "red", "flag": "yellow", "observe": "cyan", "allow": "green"}

Answer = tuple[str, Decision, tuple[Around, ...]]


@click.command("check")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@at_option
@client_option
@json_option
@policies_option
@config_option
@told
def command(
    names: tuple[str, ...],
    at: float | None,
    client: Address | None,
    as_json: bool,
    policies: Path | None,
    config: Path | None,
) -> None:
    """Explain what applies to a NAME or address, for whom and when, and why. Changes nothing.

    A NAME of `-` reads names from the standard input, one a line; empty lines and what follows a `#` are passed over.

    \b
    enforcer check dnl-03.geo.kaspersky.com                    now, by the shipped policies
    enforcer check store.kaspersky.com --at 2024-07-20         at that day's start, 00:00 UTC
    enforcer check store.kaspersky.com --at 2024-07-20T00:00:00-04:00
    enforcer check opentip.kaspersky.com --client 10.1.2.3     as the group of this client
    enforcer check dns.google mask.icloud.com 8.8.8.8          ways around DNS: what [bypass] does about them
    enforcer check --json - < names.txt                        many, for a program

    Exit codes: 0 explained, whatever the verdict; 1 a file cannot be read; 2 a name or option is odd;
    3 the policy or site file has faults.
    """
    asked = [_observation(text, place) for text, place in _asked(names)]
    policy = read_policy(policies, config)
    at = float(int(Clock().now())) if at is None else at
    who = Client(address=client)
    answers = [_answer(policy, name, seen, who, at) for name, seen in asked]
    if as_json:
        group = policy.group(who).name
        click.echo(json.dumps([_row(name, said, ways, at, group) for name, said, ways in answers], indent=1))
        return
    click.echo(_heading(policy, who, at))
    for name, said, ways in answers:
        click.echo("\n".join(["", *_lines(name, said, ways)]))


def _answer(policy: Policy, name: str, seen: Observation, who: Client, at: float) -> Answer:
    said = decide(policy, seen, who, at)
    if seen.address is not None:
        # What becomes of an address depends on the port: each way says so for itself.
        return name, said, around(policy, seen.address, who)
    ways = around(policy, seen.names[0], who)
    return name, judged(said, ways), ways


def _asked(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each name with the place it came from, for complaints."""
    for name in names:
        if name != "-":
            yield name, ""
            continue
        for number, line in _standard_input():
            if text := line.partition("#")[0].strip():
                yield text, f"line {number}: "


def _standard_input() -> Iterator[tuple[int, str]]:
    """Its lines with their numbers, bounded in count and length."""
    with click.open_file("-", encoding="utf-8", errors="replace") as stream:
        for number in count(1):
            line = stream.readline(MAX_LINE)
            if not line:
                return
            if number > MAX_NAMES:
                raise click.UsageError(f"more than {MAX_NAMES} lines on the standard input; ask in parts")
            if len(line) == MAX_LINE and not line.endswith("\n"):
                raise click.UsageError(f"line {number} has more than {MAX_LINE} characters")
            yield number, line


def _observation(text: str, place: str) -> tuple[str, Observation]:
    """What is asked, in its normal form, and as if it had been seen."""
    try:
        address = ip_address(text)
    except ValueError:
        pass
    else:
        return str(address), Observation(how=How.ADDRESS, address=address)
    try:
        name = host_name(text)
    except NameFault as fault:
        raise click.UsageError(f"{place}{fault}") from None
    if name.rpartition(".")[2].isdigit():
        raise click.UsageError(f"{place}{text!r} looks like an address and is none")
    return name, Observation(how=How.DNS, names=(name,))


def _row(name: str, said: Decision, ways: Sequence[Around], at: float, group: str) -> dict[str, Any]:
    """A decision as JSON has it; null where there is nothing to say."""
    return {
        "name": name,
        "at": iso(at),
        "group": group,
        "verdict": said.verdict.word,
        "vendor": said.vendor,
        "service": said.service,
        "ban": said.ban,
        "phase": said.phase,
        "pattern": said.pattern,
        "reason": said.reason,
        "citations": list(said.citations),
        "waiver": said.waiver,
        "trap": said.trap,
        "ways": [_way(one) for one in ways],
        "would_block_from": _iso(said.would_block_from),
        "next_change": _iso(said.next_change),
        "revision": said.revision,
    }


def _way(one: Around) -> dict[str, Any]:
    """A way around the gateway's DNS that this shows."""
    return {
        "way": one.way.value,
        "key": one.key,
        "treatment": one.treatment.value,
        "default": one.is_default,
        "pattern": one.pattern,
        "verdict": one.verdict.word,
        "done": one.done,
    }


def _iso(at: float | None) -> str | None:
    return None if at is None else iso(at)


def _heading(policy: Policy, who: Client, at: float) -> str:
    group = policy.group(who)
    whose = f"group {group.name}" if group.name else "the site"
    subjects = ", ".join(group.subjects) or "nobody"
    return f"At {iso(at)} for {whose} ({subjects}), profile {group.profile}, policy {policy.revision}:"


def _lines(name: str, said: Decision, ways: Sequence[Around]) -> Iterator[str]:
    verdict = click.style(said.verdict.word, fg=COLOURS[said.verdict.word], bold=True)
    yield f"{click.style(name, bold=True)}  {verdict}"
    for label, text in _details(said):
        if text:
            yield _wrapped(f"  {label:<8}", text)
    for one in ways:
        yield _wrapped("  around  ", f"{one.title} ({one.pattern}): {one.done}")
        default = ", the default" if one.is_default else ""
        yield _wrapped("  set by  ", f'{one.way.value} = "{one.treatment.value}" in [bypass] of the site file{default}')


def _wrapped(label: str, text: str) -> str:
    """Broken with a hanging indent on a terminal; whole in a pipe, where programs look for it."""
    if not sys.stdout.isatty():
        return label + text
    width = max(MIN_WIDTH, shutil.get_terminal_size().columns)
    indent = " " * len(label)
    # Host names and ids are not broken at their hyphens, so that they can be copied.
    return textwrap.fill(text, width, initial_indent=label, subsequent_indent=indent, break_on_hyphens=False)


def _details(said: Decision) -> Iterator[tuple[str, str]]:
    yield "why", said.reason
    yield "rule", f"{said.pattern} ({said.vendor}, {said.service})" if said.vendor else said.pattern or ""
    yield "ban", f"{said.ban}, phase {said.phase}" if said.phase else said.ban or ""
    yield "cites", "; ".join(said.citations)
    yield "waiver", said.waiver or ""
    if said.next_change is not None:
        yield "next", f"the verdict changes {iso(said.next_change)}"
    elif said.ban:
        yield "next", "no change is known"
