"""What skeletons ask for is what the language knows."""

import json
import re
from pathlib import Path

import pytest

from enforcer.policy import skeleton_texts

SCHEMAS = Path(__file__).parents[2] / "policies/schemas"


@pytest.mark.parametrize("kind", ["ban", "vendor"])
def test_each_key_that_is_asked_for_is_one_of_the_files(kind: str) -> None:
    text = getattr(skeleton_texts, kind.upper())
    asked = set(re.findall(r"^(?:#[>?] )?([a-z_]+) =", text, re.MULTILINE)) - {"text"}
    schema = (SCHEMAS / f"{kind}.schema.json").read_text()
    assert {key for key in asked if f'"{key}"' not in schema} == set()
    top = json.loads(schema)
    assert set(top["required"]) - {"sources", "phase", "hosts"} <= asked
