import json
from pathlib import Path

import pytest

from enforcer.cli.screen import Screen
from enforcer.edge.clock import Clock
from enforcer.edge.files import read_policies, shipped_policies
from enforcer.model.event import Event
from enforcer.policy.load import load

AT = 1727582400.0
SEEN = Event(
    at=AT,
    verdict="block",
    action="rewritten",
    how="dns",
    name="www.free.test",
    matched="s07.upd.kaspersky.com",
    client="10.0.0.2",
    service="update",
    ban="us-commerce-kaspersky-2024",
    phase="full",
)


def test_an_event_is_one_line_that_names_the_link_that_decided(capsys: pytest.CaptureFixture[str]) -> None:
    Screen(as_json=False).event(SEEN)
    assert capsys.readouterr().out == (
        "04:00:00  block    dns   www.free.test (by s07.upd.kaspersky.com)  10.0.0.2 rewritten  "
        "update  us-commerce-kaspersky-2024/full\n"
    )


def test_what_the_service_did_is_told_in_its_own_words(capsys: pytest.CaptureFixture[str]) -> None:
    Screen(as_json=False).event(Event(at=AT, kind="reload", reason="revision b replaces a"))
    assert capsys.readouterr().out == "04:00:00  reload: revision b replaces a\n"


def test_json_is_the_record_itself(capsys: pytest.CaptureFixture[str]) -> None:
    Screen(as_json=True).event(SEEN)
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(SEEN.as_dict()))


def test_a_trial_says_what_is_in_force_and_until_when(capsys: pytest.CaptureFixture[str]) -> None:
    policy = load(read_policies(shipped_policies()))
    Screen(as_json=False).in_force(policy, Clock.simulated(AT - 60), Path("/tmp/e.sqlite"), ("no syslog",))  # noqa: S108 (only shown)
    told = capsys.readouterr().out
    assert "SIMULATED" in told
    assert "doubt: no syslog\n" in told
    assert "traffic passes unjudged (fail = open)" in told
    assert "phase new-agreements since 2024-07-20T04:00:00Z" in told
    assert "Next change: 2024-09-29T04:00:00Z" in told
    assert told.splitlines()[-1].startswith("ready")


def test_the_store_is_named_to_the_reader_where_it_is_another_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = load(read_policies(shipped_policies()))
    monkeypatch.setattr(Clock, "now", lambda _: AT + 0.25)
    for store in (Path(policy.settings.store), Path("/srv/e.sqlite")):
        Screen(as_json=False).in_force(policy, Clock(trial=True), store)
    told = capsys.readouterr().out
    assert "events.sqlite; read them with: enforcer audit\n" in told
    assert "read them with: enforcer audit --store /srv/e.sqlite\n" in told
    assert "In force at 2024-09-29T04:00:00Z, policy" in told
