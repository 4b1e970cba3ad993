"""docs/failure.md names for each failure the test that forces it: each is there, and no row is without."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs/failure.md"
ROWS = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")][1:]
UNFORCED = "nothing: not detectable"


@cache
def functions(path: Path) -> frozenset[str]:
    return frozenset(node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("row", ROWS, ids=[row.split("|")[1].strip()[:40] for row in ROWS])
def test_each_failure_is_forced_by_tests_that_exist(row: str) -> None:
    cells = [cell.strip() for cell in row.strip("|").split(" | ")]
    assert len(cells) == 5
    if cells[-1] == UNFORCED:
        return
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", cells[-1])
    assert named
    for file, test in named:
        assert test in functions(TESTS / file), f"{file}::{test}"


def test_few_are_not_forced() -> None:
    assert sum(row.endswith(f"{UNFORCED} |") for row in ROWS) <= 1
