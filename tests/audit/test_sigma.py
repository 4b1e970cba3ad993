"""The Sigma rules of docs/sigma: valid, converted for three query languages, and run as SQL over what a SIEM has.

A row of the table is an event as a form of docs/siem.md says it, taken apart as a collector would. So a rule that names
a member or value that no event has, or a mapping that names the wrong key, finds nothing here and fails.
"""

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from event_fixtures import event, plain
from sigma.backends.elasticsearch.elasticsearch_lucene import LuceneBackend
from sigma.backends.splunk.splunk import SplunkBackend
from sigma.backends.sqlite.sqlite import sqliteBackend
from sigma.collection import SigmaCollection
from sigma.conversion.base import Backend
from sigma.plugins import InstalledSigmaPlugins
from sigma.processing.pipeline import ProcessingPipeline
from sigma.validation import SigmaValidator

from enforcer.audit.formats import BODIES
from enforcer.model.event import KINDS, NAMES, Event

FOLDER = Path(__file__).parents[2] / "docs/sigma"
RULES = sorted(path for path in FOLDER.glob("*.yml") if not path.name.startswith("pipeline-"))
NAMED = {path.stem for path in RULES}


GAPS = {"stop", "loss", "error", "inspector", "off", "pause"}


def finding(way: str, **more: Any) -> Event:
    return plain(1.0, "finding", way=way, client="10.1.0.2", **more)


# What is to be found by which rules, and by no other.
STORY: list[tuple[Event, set[str]]] = [
    (event(), {"blocked-update"}),
    (event(service="store"), set()),
    (event(action="seen", mode="tap"), {"not-enforced"}),
    (event(action="passed"), {"not-enforced"}),
    (event(simulated=True), set()),
    (event(verdict="flag", action="passed"), {"flagged-contact"}),
    (event(verdict="flag", action="passed", simulated=True), set()),
    (event(verdict="observe", action="passed"), set()),
    (finding("walk"), {"resolver-walk"}),
    *((finding(way), {"way-around"}) for way in ("doh", "dot", "doq", "httpdns", "private_relay", "resolvers")),
    *((finding(way), set()) for way in ("canary", "designated_resolvers")),
    (finding("update-payload"), {"update-payload"}),
    (plain(1.0, "start", mode="tap"), {"tap-mode"}),
    (plain(1.0, "start", mode="inline"), set()),
    *((plain(1.0, kind), {"coverage-gap"}) for kind in sorted(GAPS)),
    (plain(1.0, "crowd", verdict="block", action="answered", count=4940), {"client-crowd"}),
    (plain(1.0, "crowd", verdict="flag", action="passed", simulated=True), set()),
    *((plain(1.0, kind), set()) for kind in KINDS[2:] if kind not in GAPS | {"start", "crowd"}),
]


def rules() -> SigmaCollection:
    """Read anew each time: a conversion changes them."""
    return SigmaCollection.load_ruleset([str(path) for path in RULES])


def pipeline(form: str) -> ProcessingPipeline | None:
    path = FOLDER / f"pipeline-{form}.yml"
    return ProcessingPipeline.from_yaml(path.read_text()) if path.exists() else None


def of_record(one: Event) -> dict[str, Any]:
    """The parameters of the structured data: texts under the members' own names."""
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in one.as_dict().items()}


def of_json(form: str) -> Callable[[Event], dict[str, Any]]:
    def flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in tree.items():
            found |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
        return found

    return lambda one: flat(json.loads(BODIES[form](one)))


def of_cef(one: Event) -> dict[str, Any]:
    extension = re.split(r"(?<!\\)\|", BODIES["cef"](one))[7]
    return dict(re.findall(r"(\w+)=((?:[^=\\]|\\.)*?)(?= \w+=|$)", extension))


def of_leef(one: Event) -> dict[str, Any]:
    return dict(pair.split("=", 1) for pair in BODIES["leef"](one).split("|", 6)[6].split("^"))


READERS: dict[str, Callable[[Event], dict[str, Any]]] = {
    "rfc5424": of_record,
    "leef": of_leef,
    "cef": of_cef,
    "ecs": of_json("ecs"),
    "ocsf": of_json("ocsf"),
}


@pytest.mark.parametrize("form", READERS)
def test_each_rule_finds_what_it_is_for_and_nothing_else(form: str) -> None:
    rows = [{name: sql(value) for name, value in READERS[form](one).items()} for one, _ in STORY]
    with sqlite3.connect(":memory:") as base:
        columns = sorted({name for row in rows for name in row})
        base.execute(f"CREATE TABLE logs (row, {', '.join(f'`{name}`' for name in columns)})")
        for number, row in enumerate(rows):
            marks = ", ".join("?" for _ in columns)
            base.execute(f"INSERT INTO logs VALUES ({number}, {marks})", [row.get(name) for name in columns])  # noqa: S608
        found: list[set[str]] = [set() for _ in rows]
        for name, query in zip([path.stem for path in RULES], converted(sqliteBackend, form), strict=True):
            for (number,) in base.execute(query.replace("SELECT *", "SELECT row", 1)):
                found[number].add(name)
    base.close()
    assert found == [names for _, names in STORY]


def test_the_story_needs_every_rule() -> None:
    assert {name for _, names in STORY for name in names} == NAMED


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize("backend", [SplunkBackend, LuceneBackend])
def test_rules_are_converted_for_splunk_and_elasticsearch(backend: type[Backend], form: str) -> None:
    queries = converted(backend, form)
    assert len(queries) == len(RULES)
    if form == "ecs" and backend is LuceneBackend:
        assert queries[sorted(NAMED).index("resolver-walk")] == (
            "(enforcer.kind:finding AND enforcer.way:walk) AND (NOT enforcer.simulated:true)"
        )


def test_the_rules_have_no_fault_that_sigmas_own_validators_know() -> None:
    known: Any = InstalledSigmaPlugins.autodiscover().validators.values()
    found: Any = rules()
    assert [str(issue) for issue in SigmaValidator(known).validate_rules(iter(found))] == []


def test_a_rule_names_members_only() -> None:
    for rule in rules():
        assert set(rule.fields) <= set(NAMES)


def converted(backend: type[Backend], form: str) -> list[str]:
    return [str(query) for query in backend(pipeline(form)).convert(rules())]


def sql(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | tuple) else value
