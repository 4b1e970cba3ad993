"""docs/runbook.md has an entry for whatever the service, its verbs and its record say is wrong."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = " ".join((ROOT / "docs/runbook.md").read_text().replace("`", "").split())
TOLD = (
    ("edge/snapshot.py", "_doubts"),
    ("edge/snapshot.py", "_not_as_asked"),
    ("edge/offload.py", "NO_FLOWTABLES"),
    ("edge/supervisor.py", "_listen"),
    ("edge/supervisor.py", "_measure"),
    ("edge/checksums.py", "weakness"),
    ("edge/key_modes.py", "weaknesses"),
    ("edge/alerts.py", "doubts"),
    ("edge/collectors.py", "doubts"),
    ("edge/collectors.py", "_loss"),
    ("edge/inspector.py", "tick"),
    ("edge/inspector.py", "_tell_loss_of_lessons"),
    ("edge/inspector.py", "_over_share"),
    ("edge/tap.py", "tick"),
    ("edge/strain.py", "told"),
    ("edge/strain.py", "_WHAT"),
    ("edge/unjudged.py", "_FATES"),
    ("edge/rules.py", "OFF"),
    ("edge/rules.py", "NOT_STRIPPED"),
    ("edge/rules.py", "mend"),
    ("edge/rules.py", "_put"),
    ("edge/asking.py", "ask"),
    ("edge/asking.py", "_nobody"),
    ("edge/control.py", "_admit"),
    ("edge/store_errors.py", "_SQLITE"),
    ("edge/store_errors.py", "_OS"),
    ("audit/posture.py", "_grave"),
    ("audit/posture.py", "_doubts"),
    ("audit/verification.py", "_faults"),
    ("policy/site.py", "restraint"),
    ("cli/status_text.py", "STANDING"),
)
"""Functions and tables whose sentences a person may see when something is not as it should be."""
NO_FAULT = (
    "the rules are in force again",
    "…: somebody else put them back",
    "it is tried again every second",
    "…: put right, the … time since the start",
    "as root, or as a member of the group of [control]",
    "try again in a few seconds",
)
"""Words of the same places that are a cure, or tell the end of a fault."""


def sentences(file: str, name: str) -> Iterator[str]:
    """Each text of that function or table that is no cure, `…` for what is filled in."""
    tree = ast.parse((ROOT / "enforcer" / file).read_text())
    found = next(node for node in ast.walk(tree) if is_called(node, name))
    left_out = {id(part) for node in ast.walk(found) for other in beside(node) for part in ast.walk(other)}
    for node in ast.walk(found):
        if id(node) in left_out:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def is_called(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.FunctionDef):
        return node.name == name
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return name.isupper() and any(isinstance(one, ast.Name) and one.id == name for one in targets)


def beside(node: ast.AST) -> Iterator[ast.AST]:
    """What below the node is no sentence of its own: cures, docstrings, the pieces of a text with holes."""
    match node:
        case ast.keyword(arg="cure", value=value) | ast.Assign(targets=[ast.Name("cure")], value=value):
            yield value
        case ast.Dict(values=values):  # fault and cure
            yield from (one.elts[1] for one in values if isinstance(one, ast.Tuple))
        case ast.Expr(value=ast.Constant() as value):
            yield value
        case ast.JoinedStr(values=values):
            yield from values


def faults(file: str, name: str) -> list[str]:
    """Those of at least two words."""
    told = (" ".join(one.replace("`", "").split()) for one in sentences(file, name))
    return [one for one in told if one not in NO_FAULT and re.search(r"\w{2,}\W+\w{2,}", one.replace("…", ""))]


@pytest.mark.parametrize(("file", "name"), TOLD, ids=[f"{file}:{name}" for file, name in TOLD])
def test_whatever_is_said_to_be_wrong_has_its_entry(file: str, name: str) -> None:
    told = faults(file, name)
    assert told, "there is nothing of this name any more"
    assert [one for one in told if one not in PAGE] == []


def test_what_another_says_would_be_missed() -> None:
    """The check itself: a sentence that is on no page."""
    assert "the rules are not in force: …" in faults("edge/snapshot.py", "_doubts")
    assert "the moon is gone: …" not in PAGE
