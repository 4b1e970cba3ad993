"""`enforcer policy new`: a skeleton for a ban, a vendor or case files."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import click

from enforcer.cli.errors import told
from enforcer.cli.named import bans_named
from enforcer.cli.now import or_now
from enforcer.cli.options import json_option
from enforcer.edge.case_files import CASES
from enforcer.edge.files import read_beside, shipped_policies
from enforcer.edge.policy_source import load_folder
from enforcer.model.errors import EdgeError
from enforcer.policy.skeleton import MARK, ban_skeleton, vendor_skeleton
from enforcer.policy.skeleton_cases import cases_skeleton
from enforcer.policy.subject_list import SUBJECTS, read_subjects

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_COUNTRY = re.compile(r"[a-z]{2}")


@click.command("new")
@click.argument("what", type=click.Choice(["ban", "vendor", "cases"]))
@click.argument("id_", metavar="ID")
@click.option("--country", metavar="CC", help="Of a ban: two letters, the folder of its file and head of its id.")
@click.option("--into", type=click.Path(path_type=Path), metavar="DIR", help="Write it into this policy set.")
@json_option
@told
def command(what: str, id_: str, country: str | None, into: Path | None, as_json: bool) -> None:
    """Begin a ban, a vendor, or the case file of a ban: the questions to answer, and marked places for the answers.

    Without --into it is printed. What is there already is never overwritten. Each place to fill begins with `#> `;
    until all are filled, `enforcer policy validate` tells what is missing.

    \b
    enforcer policy new vendor acme --into policies
    enforcer policy new ban acme-2027 --country us --into policies
    enforcer policy new cases us-acme-2027 --into policies

    Exit codes: 0 done; 1 the file is there already or cannot be written; 2 the command line; 3 the policies that the
    case file is for have faults.
    """
    if not _ID.fullmatch(id_):
        raise click.BadParameter(f"{id_!r} is no id; wanted small letters, digits and `-`, first a letter or digit")
    if what == "vendor":
        path, text = f"vendors/{id_}.toml", vendor_skeleton(id_, _today())
    elif what == "ban":
        path, text = _ban(id_, country, into)
    else:
        path, text = _cases(id_, into)
    if into is not None:
        _write(into / path, text)
    places = text.count(f"\n{MARK}")
    if as_json:
        click.echo(json.dumps({"path": path, "written": into is not None, "places": places, "text": text}, indent=1))
    elif into is None:
        click.echo(text, nl=False)
    else:
        click.echo(f"wrote {into / path}: {places} places to fill, each begins with `{MARK.strip()}`")


def _ban(id_: str, country: str | None, into: Path | None) -> tuple[str, str]:
    """`acme-2027` of us, and `us-acme-2027`, are the same."""
    head, _, rest = id_.partition("-")
    country = country or (head if rest and _COUNTRY.fullmatch(head) else None)
    if country is None:
        raise click.BadParameter("whose law is it? Give --country, such as us", param_hint="--country")
    if not _COUNTRY.fullmatch(country):
        raise click.BadParameter(f"{country!r} is no country; two small letters, such as us", param_hint="--country")
    stem = rest if head == country and rest else id_
    subjects = read_subjects(read_beside(into or shipped_policies(), SUBJECTS))
    return f"{country}/{stem}.toml", ban_skeleton(f"{country}-{stem}", country, _today(), subjects)


def _cases(id_: str, into: Path | None) -> tuple[str, str]:
    folder = into or shipped_policies()
    policy = load_folder(folder)
    (ban,) = bans_named(policy, [id_])
    return f"{CASES}/{ban.id}.toml", cases_skeleton(policy, ban)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise EdgeError(f"{path} is there already", cure="take another id, or edit that file") from None
    except OSError as error:
        cure = "name a folder that this user may write to"
        raise EdgeError(f"cannot write {path}: {error.strerror}", cure=cure) from error


def _today() -> date:
    return datetime.fromtimestamp(or_now(None), UTC).date()
