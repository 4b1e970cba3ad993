"""The shipped schemas are the generated ones, know what the readers know, and refuse what they refuse."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path, PurePath
from typing import Any

import pytest
from jsonschema import Draft7Validator
from schema_fixtures import (
    EXAMPLES,
    Place,
    as_json,
    at_place,
    noun,
    parsed,
    places,
    read_refuses,
    schema_refuses,
    told,
    toml,
    validator,
)

from enforcer.policy.schemas import FOLDER, NOUNS, file_name, schema, schema_text

ROOT = Path(__file__).parents[2]
POLICIES = ROOT / "policies"
OPEN = {"sources", "subject"}
"""Tables whose keys are the author's: one more is none too many."""
BETWEEN_KEYS = {"policy.bundle", "policy.keys", "datapath.blocked_dns", "datapath.sinkhole"}
"""What a schema does not know: each needs the other."""


def shipped() -> Iterator[tuple[str, Path]]:
    yield from (("vendor", path) for path in POLICIES.glob("vendors/*.toml"))
    yield from (("cases", path) for path in POLICIES.glob("tests/*.toml"))
    yield from (("ban", path) for path in POLICIES.glob("[a-z][a-z]/*.toml"))
    yield from (("bypass", path) for path in POLICIES.glob("bypass/*.toml"))
    yield "subjects", POLICIES / "subjects.toml"
    yield from (("site", path) for path in (ROOT / "tests/cli").glob("*.toml"))


@pytest.mark.parametrize("kind", NOUNS)
def test_the_shipped_schema_is_the_generated_one(kind: str) -> None:
    path = POLICIES / FOLDER / file_name(kind)
    assert path.read_text(encoding="utf-8") == schema_text(kind), "enforcer policy schema --output policies/schemas"
    assert json.loads(schema_text(kind)) == schema(kind)
    Draft7Validator.check_schema(schema(kind))


def test_no_other_schema_is_shipped() -> None:
    assert {path.name for path in (POLICIES / FOLDER).iterdir()} == {file_name(kind) for kind in NOUNS}


@pytest.mark.parametrize("kind", NOUNS)
def test_every_shipped_file_is_valid(kind: str) -> None:
    files = [path for one, path in shipped() if one == kind]
    assert files
    judge = validator(kind)
    faults = {
        (path.name, fault.json_path, fault.message)
        for path in files
        for fault in judge.iter_errors(as_json(tomllib.loads(path.read_text(encoding="utf-8"))))
    }
    assert faults == set()


def test_taplo_is_told_the_schema_of_every_shipped_file() -> None:
    rules = tomllib.loads((ROOT / ".taplo.toml").read_text(encoding="utf-8"))["rule"]
    for kind, path in shipped():
        place = PurePath(path.relative_to(ROOT))
        found = [rule["schema"]["path"] for rule in rules if any(place.match(one) for one in rule["include"])]
        assert found == [f"policies/{FOLDER}/{file_name(kind)}"], place


@pytest.mark.parametrize("kind", NOUNS)
def test_every_key_is_described_and_every_table_is_closed(kind: str) -> None:
    def look(part: dict[str, Any], where: str) -> None:
        assert part["description"], where
        if part["type"] == "object":
            closed = part["additionalProperties"] is False
            assert closed or where.rpartition(".")[2] in OPEN, where
            for key, member in part.get("properties", {}).items():
                look(member, f"{where}.{key}")
            if not closed:
                look(part["additionalProperties"], f"{where}.*")
        elif part["type"] == "array" and part["items"]["type"] == "object":
            look(part["items"], where)

    look(schema(kind), kind)


@pytest.mark.parametrize("example", EXAMPLES)
def test_both_accept_the_examples(example: str) -> None:
    values = parsed(example)
    assert tomllib.loads(toml(values)) == values
    assert not read_refuses(noun(example), values)
    assert list(validator(noun(example)).iter_errors(as_json(values))) == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_both_refuse_an_unknown_key_anywhere(example: str) -> None:
    tables: list[Place] = [(), *places(parsed(example))]
    tables = [place for place in tables if isinstance(at_place(parsed(example), place), dict)]
    asked = [place for place in tables if not (place and place[-1] in OPEN)]
    assert asked
    for place in asked:
        values = parsed(example)
        at_place(values, place)["nonesuch"] = "x"
        assert (read_refuses(noun(example), values), schema_refuses(noun(example), values)) == (True, True), place


@pytest.mark.parametrize("example", EXAMPLES)
def test_both_judge_the_lack_of_a_key_alike(example: str) -> None:
    refused = 0
    for place in places(parsed(example)):
        if isinstance(place[-1], int) or (len(place) > 1 and place[-2] == "sources") or told(place) in BETWEEN_KEYS:
            continue
        values = parsed(example)
        del at_place(values, place[:-1])[place[-1]]
        reader, by_schema = read_refuses(noun(example), values), schema_refuses(noun(example), values)
        assert reader == by_schema, f"{place}: the reader {'refuses' if reader else 'accepts'}"
        refused += reader
    assert refused


@pytest.mark.parametrize("example", EXAMPLES)
def test_both_refuse_each_wrong_type(example: str) -> None:
    rows_alike = {(told(place), isinstance(place[-1], int)): place for place in places(parsed(example))}
    for place in rows_alike.values():
        values = parsed(example)
        old = at_place(values, place)
        for wrong in _others(old):
            changed = copy.deepcopy(values)
            at_place(changed, place[:-1])[place[-1]] = wrong
            both = read_refuses(noun(example), changed), schema_refuses(noun(example), changed)
            assert both == (True, True), (place, wrong)


def _others(value: object) -> list[object]:
    """Values of other types. A string in the form of a date is left out: a schema cannot tell it from one."""
    others: list[object] = [7, 1.5, True, "a string", ["x"], {"x": "y"}]
    if type(value) is date:
        others.append(datetime(2020, 1, 2, tzinfo=UTC))
    if type(value) is datetime:
        others += [date(2020, 1, 2), value.replace(tzinfo=None), value.replace(microsecond=1)]
    return [one for one in others if type(one) is not type(value) or type(value) is datetime]


@pytest.mark.parametrize(
    ("example", "place", "wrong"),
    [
        ("vendor", ("vendor",), "ac me"),
        ("vendor", ("title",), ""),
        ("vendor", ("sources",), {}),
        ("vendor", ("hosts", 0, "service"), "updates"),
        ("vendor", ("hosts", 1, "names"), ["*.acme.example"]),
        ("vendor", ("hosts", 1, "names"), ["a.acme.example", "a.acme.example"]),
        ("vendor", ("hosts", 1, "domains"), ["Acme.example"]),
        ("vendor", ("hosts", 1, "ports"), [""]),
        ("vendor", ("hosts", 0, "sources"), []),
        ("vendor", ("network", 0, "prefixes"), []),
        ("vendor", ("network", 0, "prefixes"), ["192.0.2.1"]),
        ("ban", ("vendors",), []),
        ("ban", ("effect",), "forbidden"),
        ("ban", ("phase",), []),
        ("ban", ("phase", 1, "statutory", "flag"), ["stores"]),
        ("ban", ("phase", 1, "statutory", "otherwise"), "pass"),
        ("site", ("group", 0, "macs"), ["02-00-5E-10-00-01"]),
        ("site", ("group", 0, "interfaces"), ["a/b"]),
        ("site", ("waiver", 0, "softens_to"), "block"),
        ("site", ("datapath", "inspectors"), 0),
        ("site", ("datapath", "queue"), 65_536),
        ("site", ("policy", "keys"), ["lawyer.pub"]),
        ("site", ("policy", "bundle"), "policies.bundle"),
        ("site", ("datapath", "blocked_dns"), "sinkhole "),
        ("site", ("datapath", "sinkhole"), ["192.0.2.7", "2001:db8::7", "192.0.2.8"]),
        ("site", ("datapath", "sinkhole"), ["192.0.2.7", "sink.example"]),
        ("site", ("bypass", "doh"), "redirect"),
        ("site", ("bypass", "walk"), "block"),
        ("site", ("bypass", "redirect_to"), ["192.0.2.53", "fd00::53", "192.0.2.54"]),
        ("site", ("bypass", "except"), ["dns.google"]),
        ("site", ("collector", 0, "address"), "siem.example:514"),
        ("site", ("collector", 0, "ca"), "ca.pem"),
        ("site", ("collector", 0, "max_bytes"), 2047),
        ("bypass", ("host", 0, "kind"), "doth"),
        ("bypass", ("host", 0, "names"), ["*.doh.example"]),
        ("bypass", ("host", 0, "ports"), ["443"]),
        ("bypass", ("address", 0, "addresses"), []),
        ("bypass", ("walk", 0, "addresses"), ["8.8.8.8", "1.1.1.1"]),
        ("bypass", ("walk", 0, "trigger"), "a..b"),
        ("cases", ("case",), []),
        ("cases", ("case", 0, "verdict"), "pass"),
        ("cases", ("case", 0, "name"), "a..b"),
        ("cases", ("case", 0, "address"), "kaspersky"),
        ("cases", ("policy",), {}),
    ],
)
def test_both_refuse_a_wrong_value(example: str, place: Place, wrong: object) -> None:
    values = parsed(example)
    at_place(values, place[:-1])[place[-1]] = wrong
    assert (read_refuses(example, values), schema_refuses(example, values)) == (True, True)


@pytest.mark.parametrize("scope", [[], ["clients"], ["names", "bans"]])
def test_both_want_a_scope_of_a_waiver(scope: list[str]) -> None:
    values = parsed("site")
    (waiver,) = values["waiver"]
    for key in {"clients", "vendors", "services", "bans", "names"} - set(scope):
        waiver[key] = []
    assert (read_refuses("site", values), schema_refuses("site", values)) == (not scope, not scope)
