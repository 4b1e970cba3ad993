"""The schema of case files asks for what case_file.py asks for."""

import pytest
from schema_fixtures import node, parsed, schema_refuses
from schema_spy import asked, disagreements

from enforcer.policy.case_file import KEYS, SITE_KEYS


def test_the_schema_has_each_key_as_the_reader_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is required is another matter: of a case or of the defaults, or only where the key stands."""
    found = [asked(monkeypatch, "cases", parsed(one)).keys["case"] for one in ("cases", "cases with defaults")]
    wrong = disagreements("cases", "case", found[0] | found[1])
    assert [one for one in wrong if not one.endswith("the reader requires it")] == []
    assert set(node("cases", "case")["properties"]) == set(KEYS)
    assert node("cases", "defaults")["properties"] == node("cases", "case")["properties"]
    assert set(node("cases", "")["properties"]) == {*SITE_KEYS, "case", "defaults"}


@pytest.mark.parametrize("key", ["at", "verdict", "names"])
def test_the_defaults_may_say_it(key: str) -> None:
    values = parsed("cases with defaults")
    assert not schema_refuses("cases", values)
    del values["defaults"]["name" if key == "names" else key]
    assert schema_refuses("cases", values)
    values["case"][0][key] = {"at": "2021-01-15T00:00:00Z", "verdict": "block", "names": ["a.example"]}[key]
    assert not schema_refuses("cases", values)
