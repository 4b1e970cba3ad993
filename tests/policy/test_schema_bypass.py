"""The schema of files of ways around DNS asks for what bypass_file.py asks for."""

import pytest
from schema_fixtures import parsed
from schema_spy import asked, disagreements


def test_the_schema_has_each_key_as_the_reader_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = asked(monkeypatch, "bypass", parsed("bypass"))
    for path in ("", "host", "address", "walk"):
        assert disagreements("bypass", path, found.keys[path]) == []
