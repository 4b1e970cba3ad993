"""docs/event.schema.json and docs/events.md say what the code says, and what is written obeys."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from event_fixtures import BLOCKED, CUT_OFF, event, plain
from jsonschema import Draft202012Validator, FormatChecker

from enforcer.audit.backlog import Backlog
from enforcer.model.decision import Decision
from enforcer.model.event import KINDS, NAMES, Event
from enforcer.model.event_schema import ACTIONS, MEANING, fields_table, schema
from enforcer.model.names import HostName
from enforcer.model.observation import Client, How, Observation
from enforcer.model.verdict import SERVICES, Verdict
from enforcer.pipeline.stamp import Sighting, Stamp, address, record

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    shipped = json.loads((DOCS / "event.schema.json").read_text())
    Draft202012Validator.check_schema(shipped)
    return Draft202012Validator(shipped, format_checker=FormatChecker())


def faults(validator: Draft202012Validator, members: dict[str, Any]) -> list[str]:
    return [fault.message for fault in validator.iter_errors(members)]


def test_the_shipped_schema_is_the_codes() -> None:
    anew = json.dumps(schema(), indent=2) + "\n"
    assert (DOCS / "event.schema.json").read_text() == anew, "write docs/event.schema.json anew from schema()"


def test_the_page_lists_every_member() -> None:
    assert tuple(MEANING) == ("version", *sorted(NAMES, key=list(MEANING).index))
    assert set(MEANING) == {"version", *NAMES}
    page = (DOCS / "events.md").read_text()
    assert f"<!-- table: fields -->\n{fields_table()}\n<!-- end -->" in page, "put fields_table() into docs/events.md"


def test_the_page_lists_every_kind() -> None:
    page = (DOCS / "events.md").read_text()
    for kind in KINDS:
        assert f"\n| `{kind}` | " in page


def made_by_the_pipeline() -> Iterator[Event]:
    stamp = Stamp(gateway="gw", mode="inline", simulated=False)
    for verdict in Verdict:
        for how in How:
            for action in ACTIONS:
                sighting = Sighting(
                    at=CUT_OFF,
                    seen=Observation(how=how, names=(HostName("a.example"), HostName("b.example"))),
                    client=Client(address=address(bytes(4))),
                    client_port=1,
                    server=address(bytes(16)),
                    server_port=443,
                    protocol="tcp",
                )
                decision = Decision(
                    verdict=verdict,
                    reason="why",
                    revision="0123",
                    service=SERVICES[0],
                    citations=("89 FR 52434",),
                    would_block_from=CUT_OFF + 1,
                )
                yield record(stamp, sighting, decision, action).event


def made_by_us() -> Iterator[Event]:
    backlog: Backlog[None] = Backlog(0)
    backlog.extend([(BLOCKED, None)])
    backlog.trim()
    loss = backlog.loss("the store")
    assert loss is not None
    yield loss
    yield from (plain(CUT_OFF, kind, reason="why") for kind in KINDS if kind != "decision")


@pytest.mark.parametrize("make", [made_by_the_pipeline, made_by_us])
def test_what_is_made_obeys(validator: Draft202012Validator, make: Any) -> None:
    for one in make():
        assert faults(validator, json.loads(one.canonical())) == [], one


BROKEN: dict[str, dict[str, Any]] = {
    "another version": {"version": 2},
    "an unknown member": {"colour": "red"},
    "an unknown kind": {"kind": "party"},
    "an unknown verdict": {"verdict": "maybe"},
    "an instant without a zone": {"at": "2024-09-29T04:00:00"},
    "a port too high": {"client_port": 65536},
    "a count of nothing": {"count": 0},
    "text for a list": {"chain": "a.example"},
    "an empty text": {"name": ""},
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_broken_is_found(validator: Draft202012Validator, change: dict[str, Any]) -> None:
    members = json.loads(event().canonical())
    assert faults(validator, members) == []
    assert len(faults(validator, members | change)) == 1


def test_a_decision_without_a_verdict_is_found(validator: Draft202012Validator) -> None:
    assert faults(validator, json.loads(plain(CUT_OFF, reason="why").canonical())) != []
