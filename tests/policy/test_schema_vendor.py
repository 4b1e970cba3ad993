"""The schema of vendor files asks for what vendor_file.py asks for."""

import pytest
from schema_fixtures import parsed
from schema_spy import asked, disagreements


def test_the_schema_has_each_key_as_the_reader_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = asked(monkeypatch, "vendor", parsed("vendor"))
    for path in ("", "hosts", "trap", "network", "payload"):
        assert disagreements("vendor", path, found.keys[path]) == []
    assert set(found.keys) == {"", "hosts", "trap", "network", "payload", "sources"}
