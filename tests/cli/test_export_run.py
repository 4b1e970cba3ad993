"""One run of the export, step by step with the time as an argument. As a command: test_policy_export.py."""

from pathlib import Path

import pytest
from policy_verbs_fixtures import FILES

from enforcer.cli.export_run import RETRY, ExportRun, sole_text
from enforcer.export.edition import Wishes
from enforcer.export.forms import forms_named
from enforcer.model.errors import EdgeError, Fault, PolicyError
from enforcer.policy.compiled import Policy
from enforcer.policy.load import load

ANNOUNCED, FULL = 1577854800.0, 1593576000.0
OTHER = '[site]\nsubjects = ["agency"]\n'


def a_run(folder: Path, *forms: str) -> ExportRun:
    return ExportRun(load(FILES), lambda: load(FILES, OTHER), forms_named(forms), Wishes(folder=str(folder)), True)


def test_each_step_holds_until_the_next_boundary(tmp_path: Path) -> None:
    run = a_run(tmp_path, "rpz")
    steps = [run.step(at, False) for at in (0.0, ANNOUNCED, FULL - 1, FULL)]
    assert [step.ends for step in steps] == [ANNOUNCED, FULL, FULL, None]
    assert [step.starts for step in steps] == [0.0, ANNOUNCED, FULL - 1, FULL]


def test_a_failed_write_is_tried_again_and_the_first_one_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, zone = a_run(tmp_path, "rpz"), tmp_path / "enforcer.rpz"
    zone.mkdir()
    with pytest.raises(EdgeError):
        run.step(0.0, False)
    zone.rmdir()
    run.step(0.0, False)
    zone.unlink()
    zone.mkdir()
    again = run.step(ANNOUNCED, False)
    assert (again.starts, again.ends) == (ANNOUNCED, ANNOUNCED + RETRY)
    assert "trying again in 15 s" in capsys.readouterr().err
    zone.rmdir()
    assert run.step(ANNOUNCED + RETRY, False).ends == FULL
    assert zone.is_file()


def test_a_policy_that_cannot_be_read_anew_leaves_the_old_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> Policy:
        raise PolicyError((Fault(file="x.toml", path="ban", why="is odd"),))

    run = ExportRun(load(FILES), broken, forms_named(["rpz"]), Wishes(folder=str(tmp_path)), True)
    assert run.step(ANNOUNCED, True).ends == FULL
    assert "x.toml: ban: is odd\nenforcer: the policy in use stays" in capsys.readouterr().err


def test_a_file_is_taken_back_when_its_form_can_no_longer_say_the_policy(tmp_path: Path) -> None:
    run = a_run(tmp_path, "cilium", "rpz")
    assert not run.write(FULL)
    assert {path.name for path in tmp_path.iterdir()} == {"enforcer.cilium.yaml", "enforcer.rpz"}
    (tmp_path / "of-the-site.conf").write_text("")
    assert run.write(ANNOUNCED)
    assert {path.name for path in tmp_path.iterdir()} == {"of-the-site.conf", "enforcer.rpz"}


def test_one_text() -> None:
    policy = load(FILES)
    assert sole_text(policy, FULL, forms_named(["rpz"]), Wishes()).startswith("; Egress policy")
    with pytest.raises(EdgeError, match=r"these are 2 files: enforcer\.squid\.conf, ") as error:
        sole_text(policy, FULL, forms_named(["squid"]), Wishes())
    assert error.value.code == 2
    with pytest.raises(EdgeError, match="cilium: Cilium cannot deny by name"):
        sole_text(policy, ANNOUNCED, forms_named(["rpz", "cilium"]), Wishes())
