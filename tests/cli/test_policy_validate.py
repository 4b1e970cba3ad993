import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from enforcer.cli.main import main
from enforcer.cli.options import read_policy


@pytest.fixture(autouse=True)
def no_site_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("enforcer.edge.files.SITE_FILE", tmp_path / "none.toml")


def validate(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["policy", "validate", *arguments])


def test_the_shipped_policies_have_no_fault() -> None:
    policy, result = read_policy(None, None), validate()
    assert result.exit_code == 0
    assert result.stdout == (
        f"no fault: {len(policy.bans)} bans, {len(policy.vendors)} vendors, 0 client groups, 0 waivers; "
        f"revision {policy.revision}\n"
    )


def test_a_program_gets_counts_and_revision() -> None:
    policy, result = read_policy(None, None), validate("--json")
    assert (result.exit_code, json.loads(result.stdout)) == (
        0,
        {
            "faults": [],
            "revision": policy.revision,
            "bans": len(policy.bans),
            "vendors": len(policy.vendors),
            "client_groups": 0,
            "waivers": 0,
        },
    )


def test_a_program_gets_each_fault_in_parts(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text('bna = "x"\n')
    result = validate("--json", "--policies", str(tmp_path))
    told = json.loads(result.stdout)
    assert (result.exit_code, list(told)) == (3, ["faults"])
    assert {"file": "x.toml", "path": "bna", "why": "unknown key; did you mean 'ban'?"} in told["faults"]


def test_every_fault_is_told(tmp_path: Path) -> None:
    (tmp_path / "vendors").mkdir()
    (tmp_path / "vendors/acme.toml").write_text('vendor = "acne"\n')
    (tmp_path / "x.toml").write_bytes(b'ban = "\xff"\n')
    site = tmp_path / "site"
    site.write_text("[datapth]\n")
    result = validate("--policies", str(tmp_path), "--config", str(site))
    assert result.exit_code == 3
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert "x.toml: line 1: is not UTF-8 text" in lines
    assert f"{site}: datapth: unknown key; did you mean 'datapath'?" in lines
    assert "vendors/acme.toml: vendor: 'acne' is not the name of the file; write 'acme' or rename the file" in lines
    assert "vendors/acme.toml: title: is missing" in lines
