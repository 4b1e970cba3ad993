"""The schema of ban files asks for what ban_file.py asks for."""

import pytest
from schema_fixtures import parsed, schema_refuses
from schema_spy import asked, disagreements


def test_the_schema_has_each_key_as_the_reader_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = asked(monkeypatch, "ban", parsed("ban"))
    for path in ("", "exemption", "phase", "phase.statutory", "phase.protective"):
        assert disagreements("ban", path, found.keys[path]) == []


def test_a_profile_says_what_it_does() -> None:
    values = parsed("ban")
    values["phase"][0]["statutory"] = {}
    assert schema_refuses("ban", values)
