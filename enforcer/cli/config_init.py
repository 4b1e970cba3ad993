"""`enforcer config init`: a site file for this machine, by what is found on it and what is answered."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from enforcer.cli.config_questions import collectors, interfaces
from enforcer.cli.errors import told
from enforcer.edge import sole
from enforcer.edge.files import SITE_FILE, read_beside, shipped_policies
from enforcer.edge.policy_source import load_folder
from enforcer.edge.surroundings import look
from enforcer.edge.text_files import made_folder, write_text
from enforcer.model.errors import EdgeError
from enforcer.model.settings import MODES
from enforcer.model.surroundings import Surroundings
from enforcer.policy.proposal import Proposal, propose
from enforcer.policy.site import DEFAULT_SUBJECTS
from enforcer.policy.site_file import CEILINGS, PROFILES
from enforcer.policy.site_text import Choices, site_text
from enforcer.policy.subject_list import SUBJECTS, read_subjects

_FAILS = ("open", "closed")


@click.command("init")
@click.option(
    "--output", type=click.Path(path_type=Path), default=SITE_FILE, metavar="FILE", help="Where; - prints it."
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option("--yes", "quiet", is_flag=True, help="Ask nothing: take what is proposed.")
@click.option("--name", metavar="NAME", help="What records call this gateway.")
@click.option("--subject", "subjects", multiple=True, metavar="WORD", help="Who you are; may be repeated.")
@click.option("--profile", type=click.Choice(PROFILES), help="How far you go.")
@click.option("--mode", type=click.Choice(MODES), help="See docs/modes.md.")
@click.option(
    "--interface",
    "interfaces",
    multiple=True,
    metavar="NAME",
    help="Where clients, or mirrored traffic, come in; may be repeated.",
)
@click.option("--ceiling", type=click.Choice(CEILINGS), help="What is done at most: observe first, block later.")
@click.option("--fail", type=click.Choice(_FAILS), help="What becomes of traffic while nobody can judge it.")
@click.option("--syslog", metavar="PATH", help="The local syslog socket; empty for none.")
@click.option(
    "--collector", "to", multiple=True, metavar="ADDRESS", help="Another machine that gets alerts; may be repeated."
)
@told
def command(output: Path, force: bool, quiet: bool, **given: Any) -> None:  # noqa: ANN401 (each by its option)
    """Look at this machine, propose a small, commented site file, ask, and write it.

    Looks at interfaces, routes, the local resolver, other firewalls and their queue numbers; changes none of them.
    What is given as an option is not asked. Without a terminal nothing is asked at all.

    \b
    enforcer config init                                     asks, then writes /etc/enforcer/enforcer.toml
    enforcer config init --yes --output -                    what would be written, unasked
    enforcer config init --yes --subject us-federal-civilian --profile protective
    enforcer config init --yes --mode tap --interface eth1   a mirror port
    enforcer config init --collector tls://siem.example:6514     asks the rest

    Exit codes: 0 written; 1 not to be written, or refused; 2 the command line.
    """
    if not force and str(output) != "-" and output.exists():
        raise EdgeError(f"{output} is there already", cure="edit it, or replace it with --force")
    found = _without_ourselves(look())
    proposal = propose(found)
    for note in proposal.notes:
        click.echo(f"note: {note}", err=True)
    asking = not quiet and sys.stdin.isatty()
    inner, uplinks = ([link.name for link in links] for links in (found.client_links, found.uplinks))
    text = site_text(_choices(found, proposal, asking, given), inner, uplinks)
    load_folder(shipped_policies(), text, str(output))  # raises PolicyError: an answer that the daemon would not take
    _write(output, text)


def _without_ourselves(found: Surroundings) -> Surroundings:
    """The queues that an enforcer serves here are taken by none but us."""
    return replace(found, queues=()) if sole.is_claimed() else found


def _choices(found: Surroundings, proposal: Proposal, asking: bool, given: dict[str, Any]) -> Choices:
    def answer(key: str, question: str, proposed: str, choices: Sequence[str] = ()) -> str:
        if given[key] is not None:
            return str(given[key])
        if not asking:
            return proposed
        kind = click.Choice(choices) if choices else click.STRING
        return str(click.prompt(question, default=proposed, type=kind, err=True))

    mode = answer("mode", f"Mode ({proposal.reasons['mode']})", proposal.mode, MODES)
    return Choices(
        name=answer("name", "What records call this gateway", found.hostname),
        subjects=_subjects(given["subjects"], asking),
        profile=answer(
            "profile", "How far: what the texts ask for, or what a careful organisation chooses", *_profile()
        ),
        ceiling=answer(
            "ceiling", "At most: only observe for now, flag, or block as the policy says", "block", CEILINGS
        ),
        mode=mode,
        interfaces=given["interfaces"] or interfaces(found, mode, asking),
        fail=answer(
            "fail", "While nobody can judge, traffic that needs it passes (open) or waits (closed)", "open", _FAILS
        ),
        queue=proposal.queue,
        mark_mask=proposal.mark_mask,
        syslog=answer("syslog", f"Local syslog socket ({proposal.reasons['syslog']})", proposal.syslog),
        collectors=collectors(given["to"], asking),
    )


def _profile() -> tuple[str, Sequence[str]]:
    return PROFILES[0], PROFILES


def _subjects(given: object, asking: bool) -> tuple[str, ...]:
    """Raises EdgeError for a word that is not in the list: it would adopt nothing, in silence."""
    titles = read_subjects(read_beside(shipped_policies(), SUBJECTS))
    words = tuple(given) if isinstance(given, tuple) and given else DEFAULT_SUBJECTS
    if asking and not given:
        click.echo("Who you are decides which bans bind you:", err=True)
        for word, title in titles.items():
            click.echo(f"  {word:24} {title}", err=True)

        def read(answer: str) -> tuple[str, ...]:
            if unknown := _unknown(tuple(answer.split()), titles):
                raise click.UsageError(unknown)  # on which it is asked again
            return tuple(answer.split())

        return tuple(click.prompt("Subjects, with spaces between", default=" ".join(words), value_proc=read, err=True))
    if unknown := _unknown(words, titles):
        raise EdgeError(unknown, cure=f"use words of: {', '.join(titles)}")
    return words


def _unknown(words: Sequence[str], titles: Collection[str]) -> str:
    """What is wrong with these words; empty if nothing is."""
    if not words:
        return "name one at least"
    for word in words:
        if word not in titles:
            meant = get_close_matches(word, titles, n=1)
            return f"no subject is called {word!r}" + (f"; did you mean {meant[0]!r}?" if meant else "")
    return ""


def _write(output: Path, text: str) -> None:
    if str(output) == "-":
        click.echo(text, nl=False)
        return
    made_folder(output.parent)
    written = write_text(output.parent, output.name, text)
    click.echo(f"wrote {written.path}; now: enforcer config check", err=True)
