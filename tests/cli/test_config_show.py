import json
from pathlib import Path

from click.testing import CliRunner

from enforcer.cli.main import main


def test_what_it_prints_is_a_site_file_that_says_the_same(tmp_path: Path) -> None:
    site, again = tmp_path / "site.toml", tmp_path / "again.toml"
    site.write_text('[datapath]\nfail = "closed"\n')
    shown = CliRunner().invoke(main, ["config", "show", "--config", str(site)])
    assert shown.exit_code == 0, shown.output
    assert 'fail = "closed"\n' in shown.stdout
    assert "queue = 4010  # default\n" in shown.stdout
    again.write_text(shown.stdout)
    revisions = [
        json.loads(CliRunner().invoke(main, ["config", "check", "--json", "--config", str(path)]).stdout)["mode"]
        for path in (site, again)
    ]
    assert revisions == ["inline", "inline"]


def test_as_json_each_key_says_whether_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text('[datapath]\nfail = "closed"\n')
    told = json.loads(
        CliRunner().invoke(main, ["config", "show", "--config", str(tmp_path / "site.toml"), "--json"]).stdout
    )
    given = {f"{row['table']}.{row['key']}": row["value"] for row in told["keys"] if row["given"]}
    assert given == {"datapath.fail": "closed"}


def test_a_file_with_a_fault_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text("[datapath]\nfial = 1\n")
    done = CliRunner().invoke(main, ["config", "show", "--config", str(tmp_path / "site.toml")])
    assert (done.exit_code, done.stdout) == (3, "")
