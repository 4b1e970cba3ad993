"""What an examination comes to: its gravest level, its exit code, its JSON."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from enforcer.doctor.finding import Examination, Finding, Level, do, run, schema, site, worst
from enforcer.model.members import Instant

SHIPPED = Path(__file__).parents[2] / "docs/doctor.schema.json"


def finding(level: Level) -> Finding:
    cures = () if level is Level.FINE else (run("sysctl -w a=1"), site("datapath", "queue = 4011"), do("ask somebody"))
    return Finding(check="queue", level=level, told="so it is", cures=cures)


def examination(*levels: Level) -> Examination:
    findings = tuple(map(finding, levels))
    return Examination(at=Instant(1.79e9), gateway="gw", worst=worst(findings), findings=findings)


@pytest.mark.parametrize(
    ("levels", "code"),
    [
        ((), 0),
        ((Level.FINE, Level.FINE), 0),
        ((Level.FINE, Level.DOUBTFUL), 1),
        ((Level.WRONG, Level.FINE), 2),
        ((Level.UNSEEN, Level.FINE), 3),
        ((Level.UNSEEN, Level.DOUBTFUL), 1),
        ((Level.DOUBTFUL, Level.WRONG, Level.UNSEEN), 2),
    ],
)
def test_the_gravest_finding_is_the_exit_code(levels: tuple[Level, ...], code: int) -> None:
    """A known fault is worth more than a missing look."""
    assert examination(*levels).exit_code == code


def test_the_shipped_schema_is_the_code_s_and_fits() -> None:
    assert SHIPPED.read_text() == json.dumps(schema(), indent=2) + "\n", (
        "write docs/doctor.schema.json anew from schema()"
    )
    validator = Draft202012Validator(schema())
    document = examination(*Level).as_dict()
    validator.validate(document)
    assert document["findings"][1]["cures"][1] == {"kind": "site-file", "text": "[datapath] queue = 4011"}
    document["findings"][0]["level"] = "so-so"
    assert not validator.is_valid(document)
