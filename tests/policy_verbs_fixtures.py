"""A folder of policies for the verbs of `enforcer policy`, and how a test runs one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from enforcer.cli.main import main

VENDOR = """
vendor = "acme"
title = "Acme"
verified_on = 2026-06-30
[sources]
book = "the book of hosts"
[[hosts]]
service = "update"
names = ["geo.acme.example"]
domains = ["upd.acme.example"]
evidence = "strong"
confidence = "high"
sources = ["book"]
[[hosts]]
service = "store"
names = ["store.acme.example"]
confidence = "medium"
sources = ["book"]
[[hosts]]
service = "threat-intel"
names = ["intel.acme.example"]
confidence = "high"
sources = ["book"]
[[trap]]
kind = "not-evidence"
domains = ["scr.upd.acme.example"]
reason = "in saved web pages"
confidence = "high"
sources = ["book"]
[[network]]
prefixes = ["192.0.2.0/24"]
exclusive = true
service = "update"
confidence = "high"
sources = ["book"]
"""

STEPS = """
ban = "xx-steps"
title = "The ban in steps"
vendors = ["acme"]
effect = "vendor-prohibited"
status = "in-force"
subjects = ["us-person"]
wording = "aligned with"
citations = ["1 XX 1", "Doc 1"]
verified_on = 2026-06-30
verified_through = 2026-06-30
[sources]
law = "the law"
[[exemption]]
services = ["threat-intel"]
text = "intelligence"
sources = ["law"]
[[phase]]
phase = "announced"
starts = 2020-01-01T00:00:00-05:00
clock = "assumed"
confidence = "high"
summary = "nothing yet"
sources = ["law"]
statutory = { otherwise = "observe", undecodable = "observe" }
protective = { otherwise = "observe", undecodable = "observe" }
[[phase]]
phase = "full"
starts = 2020-07-01T00:00:00-04:00
clock = "stated"
confidence = "high"
summary = "no updates"
sources = ["law"]
statutory = { block = ["update"], flag = ["store"], otherwise = "observe", undecodable = "observe" }
protective = { block = ["update", "store"], otherwise = "observe", undecodable = "flag" }
"""

AGENCY = """
ban = "xx-agency"
title = "The agency ban"
vendors = ["acme"]
effect = "use-prohibited"
status = "in-force"
subjects = ["agency"]
wording = "required by"
citations = ["2 XX 2"]
verified_on = 2026-06-30
verified_through = 2026-06-30
[sources]
law = "the law"
[[phase]]
phase = "use"
starts = 2020-10-01T00:00:00-04:00
ends = 2021-11-15T00:00:00-05:00
clock = "stated"
confidence = "high"
summary = "no use"
sources = ["law"]
statutory = { otherwise = "block", undecodable = "observe" }
protective = { otherwise = "block", undecodable = "observe" }
"""

WAIVER = """
[[waiver]]
id = "W-1"
reason = "migration"
ticket = "CHG-1"
approver = "CISO"
starts = 2021-02-01T00:00:00Z
ends = 2021-03-01T00:00:00Z
softens_to = "flag"
services = ["update"]
"""

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
