import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from state_fixtures import STATE, state

from enforcer.model.state import VERSION, Standing, State, schema

SHIPPED = Path(__file__).parents[2] / "docs/state.schema.json"


def test_the_shipped_schema_is_the_codes() -> None:
    anew = json.dumps(schema(), indent=2) + "\n"
    assert SHIPPED.read_text() == anew, "write docs/state.schema.json anew from schema()"
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("one", [STATE, state(boundary=None, phases=(), standing=Standing.PAUSED)])
def test_a_state_is_json_both_ways_and_meets_the_schema(one: State) -> None:
    members = json.loads(json.dumps(one.as_dict()))
    Draft202012Validator(json.loads(SHIPPED.read_text()), format_checker=FormatChecker()).validate(members)
    assert State.from_dict(members) == one


def test_a_state_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match=rf"version 99 is not {VERSION}"):
        State.from_dict({**STATE.as_dict(), "version": 99})
