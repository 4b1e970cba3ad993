"""OCSF events against the published schema of 1.5.0, which the package ocsf-json-schema carries."""

import json
from functools import cache
from typing import Any

import pytest
from event_fixtures import BLOCKED, CUT_OFF, HOSTILE, event, events, plain
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from enforcer.audit.alert import members
from enforcer.audit.ocsf import OCSF_VERSION, ocsf
from enforcer.model.event import KINDS, Event
from enforcer.model.event_schema import ACTIONS

CLASSES = {2004: "detection_finding", 6002: "application_lifecycle"}


@cache
def validator(class_uid: int) -> Draft202012Validator:
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=OCSF_VERSION))
    return Draft202012Validator(schema.get_class_schema(class_name=CLASSES[class_uid], profiles=["security_control"]))


def read(one: Event, **more: Any) -> dict[str, Any]:
    line = ocsf(one, **more)
    assert line.isascii()
    told: dict[str, Any] = json.loads(line)
    faults = [f"{fault.json_path}: {fault.message}" for fault in validator(told["class_uid"]).iter_errors(told)]
    assert not faults
    assert told["type_uid"] == told["class_uid"] * 100 + told["activity_id"]
    return told


def test_the_usual_alert() -> None:
    told = read(BLOCKED, record=1204)
    assert told.pop("unmapped") == json.loads(BLOCKED.canonical())
    assert told == {
        "class_uid": 2004,
        "category_uid": 2,
        "activity_id": 1,
        "type_uid": 200401,
        "time": 1727582405250,
        "severity_id": 4,
        "message": "block s07.upd.kaspersky.com for 10.1.0.2 (dns, answered):"
        " update host of Kaspersky: block from 2024-09-29T04:00:00Z",
        "count": 1,
        "metadata": {
            "version": "1.5.0",
            "product": {"name": "enforcer", "vendor_name": "egress-enforcer", "version": "0.1.0"},
            "profiles": ["security_control"],
            "event_code": "block",
            "original_time": "2024-09-29T04:00:05.250000Z",
            "log_provider": "gw.example",
            "uid": "1204",
        },
        "is_alert": True,
        "status_id": 1,
        "action_id": 2,
        "disposition_id": 2,
        "finding_info": {
            "uid": "daf95907f87c41064e1a1377f73430bc",
            "title": "Blocked contact with a restricted vendor",
            "types": ["kaspersky", "update"],
            "first_seen_time": 1727582405250,
            "last_seen_time": 1727582405250,
            "analytic": {"type_id": 1, "name": "*.upd.kaspersky.com", "uid": "*.upd.kaspersky.com"},
        },
        "policy": {
            "uid": "us-commerce-kaspersky-2024",
            "name": "us-commerce-kaspersky-2024",
            "version": "0123456789abcdef",
            "desc": "phase full; 89 FR 52434; 15 CFR 791.109",
            "is_applied": True,
        },
        "evidences": [
            {
                "src_endpoint": {"ip": "10.1.0.2", "port": 33000},
                "dst_endpoint": {"ip": "9.9.9.9", "port": 53},
                "query": {"hostname": "s07.upd.kaspersky.com"},
                "connection_info": {"direction_id": 2, "protocol_name": "udp"},
            }
        ],
    }


@given(events)
@settings(max_examples=50)
def test_every_event_is_valid_and_carries_the_whole_record(one: Event) -> None:
    assert read(one)["unmapped"] == members(one, 2048)


@given(events)
@settings(max_examples=25)
def test_it_is_valid_where_there_is_no_room_too(one: Event) -> None:
    read(one, room=200)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_met_is_a_finding_and_what_the_service_did_its_life(kind: str) -> None:
    assert read(plain(CUT_OFF, kind))["class_uid"] == (2004 if kind in ("decision", "finding", "crowd") else 6002)


@pytest.mark.parametrize("action", ACTIONS)
def test_what_was_done(action: str) -> None:
    told = read(event(action=action))
    denied = action in ("answered", "rewritten", "reset", "cut", "rejected", "dropped")
    assert (told["action_id"] == 2) is denied
    assert told["policy"]["is_applied"] is (action not in ("passed", "seen"))


@pytest.mark.parametrize("text", [*HOSTILE, '","severity_id":1,"x":"'])
@pytest.mark.parametrize("field", ["name", "reason", "client", "mac", "ban", "pattern"])
def test_hostile_text_forges_no_field(text: str, field: str) -> None:
    told = read(event(**{field: text}))
    assert told["severity_id"] == 4
    assert told["unmapped"]["verdict"] == "block"


def test_the_same_event_has_the_same_identity_and_another_another() -> None:
    identity = read(BLOCKED)["finding_info"]["uid"]
    assert read(event(), room=300)["finding_info"]["uid"] == identity
    assert read(event(client_port=33001))["finding_info"]["uid"] != identity


def test_a_finding_without_a_vendor_accuses_nobody() -> None:
    told = read(plain(CUT_OFF, "finding", way="doh", name="dns.example", how="tls", client="fd00::2"))
    assert "policy" not in told
    assert told["finding_info"]["types"] == ["doh"]
    assert told["evidences"][0]["dst_endpoint"] == {"hostname": "dns.example"}
