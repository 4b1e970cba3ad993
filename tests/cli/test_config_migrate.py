"""`enforcer config migrate`, with a name that was made up."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from enforcer.cli.main import main
from enforcer.policy import site_renames
from enforcer.policy.site_renames import Rename

OLD = "[datapath]\n# two cores\nworkers = 2\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(site_renames, "RENAMES", (Rename("datapath", "workers", "inspectors", "0.2"),))
    file = tmp_path / "site.toml"
    file.write_text(OLD)
    file.chmod(0o640)
    return file


def config(verb: str, site: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["config", verb, "--config", str(site), *words])


def test_it_shows_first_and_writes_when_told(site: Path) -> None:
    assert "datapath.workers: is called 'inspectors' since 0.2" in config("check", site).stdout
    new = OLD.replace("workers", "inspectors")
    assert config("migrate", site).stdout == new
    assert site.read_text() == OLD
    assert config("migrate", site, "--write").exit_code == 0
    assert (site.read_text(), site.stat().st_mode & 0o777) == (new, 0o640)
    assert site.with_name("site.toml.before-migrate").read_text() == OLD
    assert "warning" not in config("check", site).stdout
    assert "every key has today's name" in config("migrate", site, "--write").stdout


def test_what_it_cannot_rewrite_stays_as_it_is(site: Path) -> None:
    site.write_text("datapath = { workers = 2 }\n")
    done = config("migrate", site, "--write")
    assert (done.exit_code, "inline or dotted" in done.stderr) == (1, True)
    site.write_text("[datapat]\n")
    assert config("migrate", site, "--write").exit_code == 3


def test_an_unknown_key_says_of_which_version_the_program_is(site: Path) -> None:
    site.write_text("[datapath]\nquantum = 1\n")
    done = config("check", site)
    assert "datapath.quantum: unknown key\n(this is version 0." in done.stderr
