"""Changes of judgement, for a person and for a program."""

import json

import click
from pytest import MonkeyPatch

from enforcer.audit.first_names import FirstNames
from enforcer.audit.otherwise import Otherwise, Row
from enforcer.cli import otherwise_told
from enforcer.cli.otherwise_told import MATCHES_ONLY, as_members, rows_told
from enforcer.model.verdict import Verdict


def row(client: str = "10.0.0.1", **more: object) -> Row:
    values: dict[str, object] = {
        "client": client,
        "group": "",
        "vendor": "acme",
        "service": "update",
        "before": Verdict.OBSERVE,
        "after": Verdict.BLOCK,
        "ban": "b",
        "phase": "p",
        "contacts": 3,
        "names": FirstNames(["n.example"]),
        "first": 0.0,
        "last": 1.5,
    }
    return Row(**(values | more))  # type: ignore[arg-type]


def told(*rows: Row, **more: object) -> list[str]:
    values: dict[str, object] = {"contacts": 9, "unjudged": 0, "alike": {}, "rows": rows, "beyond": 0}
    return [click.unstyle(line) for line in rows_told(Otherwise(**(values | more)))]  # type: ignore[arg-type]


def test_a_table_for_each_kind_of_change() -> None:
    flag = row(after=Verdict.FLAG, group="phones", phase="", names=FirstNames(["a", "b", "c"]))
    assert told(row(), row("10.0.0.2"), flag, alike={Verdict.ALLOW: 2, Verdict.BLOCK: 1}) == [
        "observe becomes block: 6 contacts of 2 clients",
        "  client    service      contacts  last                  by   names",
        "  10.0.0.1  acme/update  3         1970-01-01T00:00:01Z  b/p  n.example",
        "  10.0.0.2  acme/update  3         1970-01-01T00:00:01Z  b/p  n.example",
        "",
        "observe becomes flag: 3 contacts of 1 client",
        "  client             service      contacts  last                  by  names",
        "  10.0.0.1 (phones)  acme/update  3         1970-01-01T00:00:01Z  b   a, b, …",
        "",
        "Unchanged: 1 block, 2 allow.",
        MATCHES_ONLY,
    ]


def test_nothing_changed_and_what_is_left_out() -> None:
    assert told(beyond=4, unjudged=2) == [
        "4 contacts more change, of too many different kinds to list.",
        "Unchanged: none.",
        "2 recorded contacts tell too little to be judged again.",
        MATCHES_ONLY,
    ]


def test_names_from_the_wire_cannot_act_on_the_terminal() -> None:
    assert "\x1b" not in "".join(told(row("\x1b[31m", names=FirstNames(["\x1b]0;title\x07"]))))


def test_long_tables_are_cut_and_counted(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setattr(otherwise_told, "MAX_SHOWN", 1)
    assert "  and 2 rows more; --json has them all" in told(row(), row(), row())


def test_json() -> None:
    found = Otherwise(contacts=4, unjudged=0, alike={Verdict.ALLOW: 1}, rows=(row(),), beyond=0)
    answer = json.loads(json.dumps(as_members(found)))
    assert (answer["contacts"], answer["unchanged"], answer["note"]) == (4, {"allow": 1}, MATCHES_ONLY)
    assert answer["changes"][0]["after"] == "block"
    assert answer["changes"][0]["last"] == "1970-01-01T00:00:01.500000Z"
