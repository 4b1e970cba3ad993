"""`enforcer policy simulate`, run as a command over a real store."""

from pathlib import Path

from event_fixtures import event
from policy_verbs_fixtures import as_json, run, site_file, told, written

from enforcer.edge.store import Store

FULL = 1593576000.0
"""2020-07-01T00:00:00-04:00"""
DAY = 86_400.0


def options(tmp_path: Path) -> tuple[object, ...]:
    with Store(tmp_path / "events.sqlite") as store:
        contacts = [
            event(name="geo.acme.example", client="10.1.0.2", at=FULL - 2 * DAY, count=3),
            event(name="store.acme.example", client="10.1.0.3", at=FULL - 40 * DAY),
            event(name="geo.acme.example", client="10.1.0.4", at=FULL - DAY, simulated=True),
            event(kind="stop", at=FULL - DAY, name="", reason="asked to"),
        ]
        store.append([(one, one.at) for one in contacts])
    site = site_file(tmp_path, "")
    now = ("--now", "2020-06-30T00:00:00-04:00", "--store", tmp_path / "events.sqlite")
    return "--policies", written(tmp_path), "--config", site, *now


def test_tells_what_becomes_blocked_for_whom_and_what_is_unknown(tmp_path: Path) -> None:
    page = told("simulate", "--at", "2020-07-01T00:00:00-04:00", *options(tmp_path))
    assert page.startswith("2020-07-01T04:00:00Z against today, 2020-06-30T04:00:00Z, for what was recorded since ")
    assert "of 3 contacts, 3 of 1 client become blocked.\n" in page
    assert "  10.1.0.2  acme/update  3         2020-06-29T04:00:00Z  xx-steps/full  geo.acme.example\n" in page
    assert "names that matched none then are unknown" in page


def test_how_far_back(tmp_path: Path) -> None:
    answer = as_json("simulate", "--at", "2020-07-02", "--last", "60d", *options(tmp_path))
    assert (answer["contacts"], answer["becomes_blocked"]) == (4, 3)
    assert [(one["client"], one["after"]) for one in answer["changes"]] == [("10.1.0.2", "block"), ("10.1.0.3", "flag")]


def test_trials_instead_of_facts(tmp_path: Path) -> None:
    trials = as_json("simulate", "--at", "2020-07-02", "--simulated", *options(tmp_path))
    assert [one["client"] for one in trials["changes"]] == ["10.1.0.4"]


def test_nothing_changes(tmp_path: Path) -> None:
    assert "nothing more becomes blocked" in told("simulate", "--at", "2020-06-01", *options(tmp_path))


def test_refusals(tmp_path: Path) -> None:
    given = options(tmp_path)
    assert run("simulate", *given).exit_code == 2
    assert run("simulate", "--at", "2020-07-01", "--last", "a month", *given).exit_code == 2
    missing = run("simulate", "--at", "2020-07-01", *given[:-1], tmp_path / "none")
    assert missing.exit_code == 1
    assert "nothing was ever recorded" in missing.stderr
