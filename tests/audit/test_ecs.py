"""ECS documents against the fields, types and closed lists of ECS 8.11, as far as they are used."""

import json
import re
from ipaddress import ip_address
from typing import Any

import pytest
from event_fixtures import BLOCKED, CUT_OFF, HOSTILE, event, events, plain
from hypothesis import given, settings

from enforcer.audit.alert import members
from enforcer.audit.ecs import ecs
from enforcer.model.event import KINDS, Event

DATE, IP, LONG, TEXT, TEXTS = "date", "ip", "long", "keyword", "keywords"
# From the ECS 8.11 reference: every field that may be written, with its type.
FIELDS = {
    "@timestamp": DATE,
    **dict.fromkeys(("message", "ecs.version", "log.level"), TEXT),
    **dict.fromkeys(("tags", "event.category", "event.type", "related.ip", "related.hosts"), TEXTS),
    **dict.fromkeys((f"event.{one}" for one in ("kind", "action", "code", "module", "dataset")), TEXT),
    **dict.fromkeys((f"event.{one}" for one in ("provider", "reason")), TEXT),
    **dict.fromkeys(("event.severity", "event.sequence"), LONG),
    **dict.fromkeys(("event.start", "event.end"), DATE),
    **dict.fromkeys((f"observer.{one}" for one in ("name", "vendor", "product", "version", "type")), TEXT),
    **dict.fromkeys((f"rule.{one}" for one in ("id", "ruleset", "category", "version", "reference")), TEXT),
    **dict.fromkeys(("source.address", "source.mac", "destination.address", "destination.domain"), TEXT),
    **dict.fromkeys(("source.ip", "destination.ip"), IP),
    **dict.fromkeys(("source.port", "destination.port"), LONG),
    **dict.fromkeys(("dns.question.name", "tls.client.server_name", "url.domain"), TEXT),
    **dict.fromkeys(("network.transport", "network.protocol"), TEXT),
}
KIND = {"alert", "event"}
CATEGORY = {"network", "process", "configuration"}
TYPES = {"network": {"allowed", "denied", "error"}, "process": {"start", "end", "change"}, "configuration": {"change"}}


def flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in tree.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found


def read(one: Event, **more: Any) -> dict[str, Any]:
    """The document, checked field by field."""
    line = ecs(one, **more)
    assert line.isascii()
    document = json.loads(line)
    own = document.pop("enforcer")
    for name, value in flat(document).items():
        assert fits(value, FIELDS[name]), (name, value)
    assert document["event"]["kind"] in KIND
    (category,), (sort,) = document["event"]["category"], document["event"]["type"]
    assert sort in TYPES[category]
    return {**document, "enforcer": own}


def fits(value: Any, kind: str) -> bool:
    if kind == TEXTS:
        return isinstance(value, list) and all(isinstance(one, str) and one for one in value)
    if kind == LONG:
        return isinstance(value, int)
    if kind == IP:
        return bool(str(ip_address(value)) == value)
    pattern = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z" if kind == DATE else r"(?s).+"
    return isinstance(value, str) and bool(re.fullmatch(pattern, value))


def test_the_usual_alert() -> None:
    assert read(BLOCKED, record=1204) == {
        "@timestamp": "2024-09-29T04:00:05.250000Z",
        "ecs": {"version": "8.11.0"},
        "message": "block s07.upd.kaspersky.com for 10.1.0.2 (dns, answered):"
        " update host of Kaspersky: block from 2024-09-29T04:00:00Z",
        "log": {"level": "warning"},
        "event": {
            "kind": "alert",
            "category": ["network"],
            "type": ["denied"],
            "action": "answered",
            "code": "block",
            "module": "enforcer",
            "dataset": "enforcer.alert",
            "provider": "enforcer",
            "reason": "update host of Kaspersky: block from 2024-09-29T04:00:00Z",
            "severity": 7,
            "sequence": 1204,
        },
        "observer": {
            "name": "gw.example",
            "vendor": "egress-enforcer",
            "product": "enforcer",
            "version": "0.1.0",
            "type": "firewall",
        },
        "rule": {
            "id": "*.upd.kaspersky.com",
            "ruleset": "us-commerce-kaspersky-2024",
            "category": "update",
            "version": "0123456789abcdef",
            "reference": "89 FR 52434; 15 CFR 791.109",
        },
        "source": {"address": "10.1.0.2", "ip": "10.1.0.2", "port": 33000},
        "destination": {"address": "9.9.9.9", "ip": "9.9.9.9", "port": 53},
        "dns": {"question": {"name": "s07.upd.kaspersky.com"}},
        "network": {"transport": "udp", "protocol": "dns"},
        "related": {"ip": ["10.1.0.2", "9.9.9.9"], "hosts": ["s07.upd.kaspersky.com"]},
        "enforcer": json.loads(BLOCKED.canonical()),
    }


@given(events)
@settings(max_examples=50)
def test_every_event_is_a_valid_document_with_the_whole_record(one: Event) -> None:
    assert read(one)["enforcer"] == members(one, 2048)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_category(kind: str) -> None:
    assert read(plain(CUT_OFF, kind))["event"]["code"]


@pytest.mark.parametrize("text", [*HOSTILE, '","verdict":"allow', "}{"])
@pytest.mark.parametrize("field", ["name", "reason", "client", "mac"])
def test_hostile_text_forges_no_field(text: str, field: str) -> None:
    document = read(event(**{field: text}))
    assert document["enforcer"]["verdict"] == "block"
    assert document["event"]["type"] == ["denied"]
    if field == "client":
        assert "ip" not in document["source"]


def test_a_connection_names_its_server() -> None:
    document = read(event(how="tls", action="passed", verdict="flag", mac="00:00:5e:00:53:01", simulated=True))
    assert document["destination"]["domain"] == document["tls"]["client"]["server_name"] == "s07.upd.kaspersky.com"
    assert document["source"]["mac"] == "00-00-5E-00-53-01"
    assert document["event"]["type"] == ["allowed"]
    assert document["tags"] == ["simulated"]
    assert "dns" not in document


def test_an_address_with_a_zone_is_one_that_elasticsearch_takes() -> None:
    assert read(event(client="fe80::1%lan"))["source"] == {
        "address": "fe80::1%lan",
        "ip": "fe80::1",
        "port": 33000,
    }


def test_the_names_of_a_burst_are_related_hosts() -> None:
    names = ("s07.upd.kaspersky.com", "dnl-03.geo.kaspersky.com")
    assert read(event(names=names, count=2))["related"]["hosts"] == list(names)
