"""The schema of site files asks for what site_file.py and trust.py ask for."""

import pytest
from schema_fixtures import parsed
from schema_spy import asked, disagreements

PATHS = ("", "site", "group", "waiver", "policy", "datapath", "output", "bypass")


def test_the_schema_has_each_key_as_the_readers_ask_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = asked(monkeypatch, "site", parsed("site"))
    for path in PATHS:
        assert disagreements("site", path, found.keys[path]) == []
