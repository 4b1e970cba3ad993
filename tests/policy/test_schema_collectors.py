"""The schema of collectors asks for what site_collectors.py asks for."""

import pytest
from schema_fixtures import parsed, read_refuses, schema_refuses
from schema_spy import asked, disagreements


def test_the_schema_has_each_key_as_the_reader_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = asked(monkeypatch, "site", parsed("site"))
    assert disagreements("site", "collector", found.keys["collector"]) == []


@pytest.mark.parametrize(
    "address",
    [
        *("tls://siem.example", "tls://siem.example:6514", "udp://192.0.2.7", "udp://[2001:db8::7]:514"),
        *("tcp://siem.example:601", "unix:///dev/log", "tcp://siem.example", "http://a", "siem:514", "unix://log", ""),
    ],
)
def test_both_judge_an_address_alike(address: str) -> None:
    values = parsed("site")
    values["collector"] = [{"name": "a", "address": address}]
    assert read_refuses("site", values) == schema_refuses("site", values)


@pytest.mark.parametrize("key", ["certificate", "key"])
def test_a_certificate_and_its_key_go_together(key: str) -> None:
    values = parsed("site")
    values["collector"] = [{"name": "a", "address": "tls://a", key: "/file.pem"}]
    assert (read_refuses("site", values), schema_refuses("site", values)) == (True, True)
