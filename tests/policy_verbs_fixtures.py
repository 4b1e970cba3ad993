"""A folder of policies for the verbs of `enforcer policy`, and how a test runs one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from acme_fixtures import EXEMPTION, HEAD, WATCHED, agency, ban, hosts, network, phase, trap, waiver
from click.testing import CliRunner, Result

from enforcer.cli.main import main

VENDOR = "".join(
    (
        HEAD,
        hosts("update", ["geo.acme.example"], ["upd.acme.example"], evidence="strong"),
        hosts("store", ["store.acme.example"], confidence="medium"),
        hosts("threat-intel", ["intel.acme.example"]),
        trap("not-evidence", domains=["scr.upd.acme.example"], reason="in saved web pages"),
        network("update", "192.0.2.0/24"),
    )
)

STEPS = ban(
    "xx-steps",
    EXEMPTION,
    phase("announced", "2020-01-01T00:00:00-05:00", WATCHED, summary="nothing yet", clock="assumed"),
    phase(
        "full",
        "2020-07-01T00:00:00-04:00",
        f'block = ["update"], flag = ["store"], {WATCHED}',
        'block = ["update", "store"], otherwise = "observe", undecodable = "flag"',
        summary="no updates",
    ),
    title="The ban in steps",
    citations=["1 XX 1", "Doc 1"],
)

AGENCY = agency("2021-11-15T00:00:00-05:00", "")

WAIVER = waiver(scope='services = ["update"]\n')

FILES = {"vendors/acme.toml": VENDOR, "xx/steps.toml": STEPS, "xx/agency.toml": AGENCY}


def changed(file: str, old: str, new: str) -> dict[str, str]:
    """The files, with one replacement in the one whose path ends so."""
    path = next(path for path in FILES if path.endswith(file))
    assert old in FILES[path], f"{old!r} is not in {path}"
    return {**FILES, path: FILES[path].replace(old, new, 1)}


def written(folder: Path, files: dict[str, str] = FILES) -> Path:
    """The folder with the files in it."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def site_file(folder: Path, text: str) -> Path:
    path = folder / ".site.toml"  # a hidden file is no policy
    path.write_text(text)
    return path


def run(*words: object) -> Result:
    """`enforcer policy WORDS`, in this process. What the program does not catch is raised."""
    result = CliRunner().invoke(main, ["policy", *map(str, words)], catch_exceptions=False)
    assert "Traceback" not in result.output
    return result


def told(*words: object) -> str:
    """What it printed, when it succeeded."""
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def as_json(*words: object) -> Any:
    return json.loads(told(*words, "--json"))
