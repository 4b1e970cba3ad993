import json
from pathlib import Path

from click.testing import CliRunner, Result

from enforcer.cli.main import main

WAIVER = """
[[waiver]]
id = "W-1"
reason = "until the new console is here"
ticket = "T-1"
approver = "Ann"
starts = 2026-01-01T00:00:00Z
ends = 2026-06-01T00:00:00Z
softens_to = "flag"
vendors = ["kaspersky"]
"""


def check(tmp_path: Path, site: str, *options: str) -> Result:
    (tmp_path / "site.toml").write_text(site)
    return CliRunner().invoke(main, ["config", "check", "--config", str(tmp_path / "site.toml"), *options])


def test_it_says_what_the_file_comes_to(tmp_path: Path) -> None:
    group = '[[group]]\nname = "guests"\nsubnets = ["10.9.0.0/16"]\nbans = []\nsubjects = []\n'
    site = f'[datapath]\nmode = "host"\nfail = "closed"\n{group}'
    done = check(tmp_path, site, "--at", "2024-10-01")
    assert done.exit_code == 0, done.output
    told = " ".join(done.stdout.split())
    assert "site.toml: no fault" in told
    assert "data path: mode host, fail closed" in told
    assert "site (us-person; statutory): " in told
    assert "us-commerce-kaspersky-2024 (" in told
    assert "group guests (; statutory): adopts no ban" in told
    assert "warning: group[0].subjects: no subject is given" in told


def test_a_waiver_that_ended_is_a_warning_and_no_fault(tmp_path: Path) -> None:
    done = check(tmp_path, WAIVER, "--at", "2026-11-22", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert [one["rule"] for one in told["warnings"]] == ["waiver-ended"]
    assert told["faults"] == []
    assert told["groups"][0]["bans"]


def test_every_fault_is_told_with_its_place(tmp_path: Path) -> None:
    site = '[datapath]\nmode = "bridge"\nqueu = 3\n[output]\nsyslog = 4\n'
    done = check(tmp_path, site)
    assert done.exit_code == 3
    for place in ("datapath.mode", "datapath.queu", "output.syslog"):
        assert place in done.stderr
    told = json.loads(check(tmp_path, site, "--json").stdout)
    assert {one["path"] for one in told["faults"]} == {"datapath.mode", "datapath.queu", "output.syslog"}


def test_without_a_file_all_is_default_and_it_says_so(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["config", "check", "--config", str(tmp_path / "none.toml")])
    assert done.exit_code == 1
    assert "cure: " in done.stderr


def test_plain_collectors_a_ceiling_and_lost_certificates_are_told_with_their_cures(tmp_path: Path) -> None:
    plain = '[[collector]]\nname = "old"\naddress = "udp://192.0.2.7:514"\n'
    sealed = f'[[collector]]\nname = "siem"\naddress = "tls://siem.test"\nca = "{tmp_path}/none.pem"\n'
    done = check(tmp_path, f'[site]\nceiling = "observe"\n{plain}{sealed}')
    told = " ".join(done.stdout.split())
    assert done.exit_code == 0
    assert "NOT BLOCKING: `ceiling` is observe for the site" in told
    assert "collector[0].address: old gets its alerts as plain UDP" in told
    assert "use tls:// (docs/collectors.md)" in told
    assert f"collector[1].ca: cannot read {tmp_path}/none.pem" in told
