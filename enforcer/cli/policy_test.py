"""`enforcer policy test`: runs the case files of a policy set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from enforcer.cli.errors import told
from enforcer.cli.options import json_option, policies_option
from enforcer.cli.policy_test_told import as_json as in_json
from enforcer.cli.policy_test_told import as_text
from enforcer.edge.case_files import read_case_files
from enforcer.edge.files import shipped_policies
from enforcer.edge.policy_source import load_folder
from enforcer.policy.ban import Ban
from enforcer.policy.case_coverage import coverage
from enforcer.policy.case_file import CaseFile, read_cases
from enforcer.policy.cases import ask
from enforcer.policy.compiled import Policy


@click.command("test")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
@click.option("--require-coverage", is_flag=True, help="Fail where a boundary was not asked on both sides.")
@policies_option
@json_option
@told
def command(paths: tuple[Path, ...], require_coverage: bool, policies: Path | None, as_json: bool) -> None:
    """Ask the policies what their case files expect, and tell what is not as expected, and what nobody asked.

    The case files are those in DIR/tests, or the FILEs and folders named. The site file of this machine plays no part.
    Coverage: each service of each ban, in both profiles, on both sides of every boundary, to the second, with the
    offset of the ban's own file. Given FILEs, only the bans that they name are looked at.

    \b
    enforcer policy test                                        the shipped policies
    enforcer policy test --policies DIR --require-coverage      yours, as a gate
    enforcer policy test policies/tests/us-commerce-kaspersky-2024.toml

    Exit codes: 0 all as expected; 1 something is not, or is not covered and --require-coverage was given, or a file
    cannot be read; 2 the command line; 3 faults in the policy or case files.
    """
    folder = policies or shipped_policies()
    policy = load_folder(folder)
    files = read_cases(read_case_files(folder, paths))
    answers = list(ask(policy, files))
    covered = coverage(policy.vendors, _named(policy, files) if paths else policy.bans, answers)
    if as_json:
        click.echo(in_json(policy.revision, files, answers, covered))
    else:
        for line in as_text(files, answers, covered):
            click.echo(line)
    if any(one.differences for one in answers) or (require_coverage and covered.holes):
        raise click.exceptions.Exit(1)


def _named(policy: Policy, files: Sequence[CaseFile]) -> list[Ban]:
    named = {case.ban for file in files for case in file.cases}
    named |= {ban for file in files for case in file.cases if case.whose for ban in case.whose.bans}
    return [ban for ban in policy.bans if ban.id in named]
