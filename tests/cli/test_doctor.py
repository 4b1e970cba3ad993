"""`enforcer doctor` as it is typed: what it prints, which words it takes, and what it says without root."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from enforcer.cli.main import main
from enforcer.doctor.checks import CHECKS
from enforcer.doctor.finding import schema

ROOT = Path(__file__).parents[2]
HARMLESS = "ways-around,conntrack-checksum"
"""Checks that need no right and no namespace."""


def doctor(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["doctor", *map(str, words)])


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site file with one doubt in it."""
    path = tmp_path / "site.toml"
    store, control = tmp_path / "events.sqlite", tmp_path / "control"
    path.write_text(f'[output]\nstore = "{store}"\n[control]\nsocket = "{control}"\n[bypass]\ndoh = "allow"\n')
    return path


def test_text_has_a_line_for_each_finding_and_its_cure_to_copy(site: Path) -> None:
    done = doctor("--only", HARMLESS, "--config", site)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[:3] == [
        "fine      conntrack-checksum  conntrack looks at checksums",
        "doubtful  ways-around         doh is allowed: names asked for by it are seen by nobody",
        '                              site file: [bypass] doh = "flag"',
    ]
    assert lines[-2] == "After a change of the site file: enforcer config check && systemctl restart enforcer"
    assert lines[-1].endswith(": 1 doubtful, 1 fine")


def test_json_is_as_the_schema_says(site: Path) -> None:
    done = doctor("--only", "ways-around", "--only", "policy", "--config", site, "--json")
    document = json.loads(done.stdout)
    Draft202012Validator(schema()).validate(document)
    assert (document["worst"], done.exit_code) == ("doubtful", 1)
    assert [one["check"] for one in document["findings"]] == ["ways-around", "policy"]


def test_the_list_of_checks() -> None:
    text = doctor("--list")
    assert (text.exit_code, text.stdout.count("\n  ") >= len(CHECKS)) == (0, True)
    rows = json.loads(doctor("--list", "--json").stdout)["checks"]
    assert [row["id"] for row in rows] == [check.id for check in CHECKS]
    assert set(rows[0]) == {"id", "looks_at", "why"}


def test_an_unknown_check_is_refused_with_the_right_spelling() -> None:
    done = doctor("--only", "quque")
    assert (done.exit_code, "there is no check 'quque'; did you mean 'queue'?" in done.stderr) == (2, True)


def test_a_site_file_that_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    done = doctor("--config", tmp_path / "none.toml")
    assert (done.exit_code, "cure:" in done.stderr) == (3, True)


@pytest.mark.kernel
def test_without_root_it_says_what_it_could_not_look_at(site: Path) -> None:
    """Nothing that needs a right is called fine."""
    weak = ("setpriv", "--bounding-set", "-all", "--inh-caps", "-all") if os.geteuid() == 0 else ()
    needing = "capabilities,kernel,firewalls,queue,marks,untracked,offload,rules,store,key,head"
    folder = site.parent / "another's"
    folder.mkdir()
    site.write_text(site.read_text().replace(str(site.parent / "events"), str(folder / "events")))
    folder.chmod(0)
    if weak:
        os.chown(folder, 65534, 65534)  # root without rights is no more than another user
    done = subprocess.run(
        [*weak, sys.executable, "-m", "enforcer", "doctor", "--only", needing, "--config", site, "--json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    folder.chmod(0o700)
    findings = json.loads(done.stdout)["findings"]
    assert {one["level"] for one in findings} == {"not-looked-at"}, findings
    assert {cure["text"] for one in findings for cure in one["cures"]} == {"sudo enforcer doctor"}
    assert done.returncode == 3
