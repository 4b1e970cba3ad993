"""`enforcer policy diff`, run as a command."""

from pathlib import Path

from bypass_fixtures import BYPASS
from event_fixtures import event
from policy_verbs_fixtures import FILES, as_json, changed, run, site_file, told, written

from enforcer.edge.store import Store

FULL = 1593576000.0
"""2020-07-01T00:00:00-04:00"""
EARLIER = changed("steps.toml", "starts = 2020-07-01T00:00:00-04:00", "starts = 2020-06-01T00:00:00-04:00")


def folders(tmp_path: Path) -> tuple[object, ...]:
    old, new = written(tmp_path / "old"), written(tmp_path / "new", EARLIER)
    return old, new, "--config", site_file(tmp_path, "")


def test_in_plain_words(tmp_path: Path) -> None:
    page = told("diff", *folders(tmp_path))
    assert "phase full moved, from 2020-07-01T00:00:00-04:00 to 2020-06-01T00:00:00-04:00" in page
    assert (
        "    from 2020-06-01T04:00:00Z until 2020-07-01T04:00:00Z: observe becomes block\n    for this site, us-person"
        in page
    )


def test_the_same_folder_twice(tmp_path: Path) -> None:
    old, _, *rest = folders(tmp_path)
    assert "Both say the same" in told("diff", old, old, *rest, "--exit-code")


def test_the_exit_code_is_of_judgements_and_only_when_asked_for(tmp_path: Path) -> None:
    given = folders(tmp_path)
    assert run("diff", *given).exit_code == 0
    assert run("diff", *given, "--exit-code").exit_code == 1
    assert run("diff", *given, "--exit-code", "--at", "2020-08-01T00:00:00Z").exit_code == 0


def test_a_way_around_that_is_treated_otherwise_counts_as_judged_otherwise(tmp_path: Path) -> None:
    old, new = written(tmp_path / "old", FILES | BYPASS), written(tmp_path / "new")
    given = ("diff", old, new, "--exit-code", "--config")
    assert run(*given, site_file(tmp_path, '[bypass]\ndoh = "block"')).exit_code == 1
    allowed = "".join(f'{way} = "allow"\n' for way in ("doh", "dot", "doq", "walk"))
    assert run(*given, site_file(tmp_path, f"[bypass]\n{allowed}")).exit_code == 0


def test_stored_contacts_are_judged_by_both(tmp_path: Path) -> None:
    with Store(tmp_path / "events.sqlite") as store:
        contacts = [event(name="geo.acme.example", at=FULL - 86400, count=2), event(name="geo.acme.example", at=FULL)]
        store.append([(one, one.at) for one in contacts])
    given = (*folders(tmp_path), "--store", tmp_path / "events.sqlite")
    page = told("diff", *given)
    assert "each contact at its own time: 3 contacts\nobserve becomes block: 2 contacts of 1 client\n" in page
    assert as_json("diff", *given)["store"]["unchanged"] == {"block": 1}
    assert as_json("diff", *given, "--last", "1d")["store"]["contacts"] == 0
    assert as_json("diff", *given, "--simulated")["store"]["contacts"] == 0


def test_faults_are_told_with_their_folder(tmp_path: Path) -> None:
    old, new, *rest = folders(tmp_path)
    written(tmp_path / "new", changed("steps.toml", "[[exemption]]", "[[exemtion]]"))
    result = run("diff", old, new, *rest)
    assert result.exit_code == 3
    assert f"{new}: xx/steps.toml: exemtion: unknown key; did you mean 'exemption'?" in result.stderr


def test_refusals(tmp_path: Path) -> None:
    given = folders(tmp_path)
    assert run("diff", given[0], tmp_path / "none").exit_code == 1
    assert run("diff", *given, "--store", tmp_path / "none").exit_code == 1
    assert run("diff", *given, "--store", tmp_path / "none", "--last", "long").exit_code == 2
    assert run("diff", given[0]).exit_code == 2
