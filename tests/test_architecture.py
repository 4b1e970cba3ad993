"""The import rules of docs/architecture.md, checked with the standard library only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "enforcer"

# Each package may import the packages named here (and itself), nothing else of ours.
MAY_IMPORT: dict[str, set[str]] = {
    "model": set(),
    "decode": {"model"},
    "policy": {"model"},
    "plan": {"model"},
    "pipeline": {"model", "decode", "policy", "plan"},
    "audit": {"model", "policy", "decode"},
    "export": {"model", "policy"},
    "doctor": {"model", "policy", "audit"},
    "edge": {"model", "policy", "plan", "pipeline", "audit", "doctor"},
    "lab": {"model"},
    "cli": {"model", "policy", "plan", "pipeline", "audit", "edge", "lab", "export", "doctor"},
    "__main__": {"cli"},
    "__init__": set(),
}
# No clock, socket, thread, file or log in these.
PURE = {"model", "decode", "policy", "plan", "pipeline", "audit", "export", "doctor"}
IMPURE = {
    *("asyncio", "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "select", "selectors"),
    *("socket", "sqlite3", "ssl", "subprocess", "syslog", "threading", "time"),
}
# Third parties, and the only places that may import each.
HOME: dict[str, str | tuple[str, ...]] = {
    "click": "cli/",
    "pyroute2": "edge/surroundings.py",
    "dns": "nowhere/",
    "scapy": "nowhere/",
    "aioquic": "nowhere/",
    "zstandard": "edge/recordings.py",
    "prometheus_client": "edge/exposition.py",
    "cryptography": ("decode/quic_crypto.py", "edge/signatures.py", "edge/certificate_files.py"),
}


def modules() -> list[str]:
    return sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))


def imports(module: str) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / module).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: use absolute imports"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def package(module: str) -> str:
    return module.split("/")[0].removesuffix(".py")


@pytest.mark.parametrize("module", modules())
def test_imports_point_inwards(module: str) -> None:
    mine = package(module)
    assert mine in MAY_IMPORT, f"{mine} is not on the map: add it to docs/architecture.md and here"
    for name in imports(module):
        top, _, rest = name.partition(".")
        if top == "enforcer" and rest:
            theirs = rest.split(".")[0]
            assert theirs == mine or theirs in MAY_IMPORT[mine], f"{module} imports {name}"
        if mine in PURE:
            assert top not in IMPURE, f"{module} is pure but imports {name}"
        if top in HOME:
            assert module.startswith(HOME[top]), f"{module} imports {name}, whose home is {HOME[top]}"


def test_the_page_draws_this_map() -> None:
    page = (ROOT.parent / "docs/architecture.md").read_text()
    for name in MAY_IMPORT:
        if not name.startswith("__"):
            assert f"| `enforcer/{name}/` |" in page, f"docs/architecture.md does not list {name}"
