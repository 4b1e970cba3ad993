"""The house's own rules: each module has its test, and the ways in are named alike everywhere."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent

# Modules without a test file of their own, and where they are tested instead. This list only shrinks.
TESTED_ELSEWHERE = {
    "__main__.py": "tests/cli",
    "cli/main.py": "tests/cli",
}


def without_test() -> set[str]:
    missing = set()
    for module in (ROOT / "enforcer").rglob("*.py"):
        place = module.relative_to(ROOT / "enforcer")
        if module.name != "__init__.py" and not (ROOT / "tests" / place.with_name(f"test_{place.name}")).exists():
            missing.add(place.as_posix())
    return missing


def makefile_verbs() -> set[str]:
    line = re.search(r"^VERBS := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert line
    return set(line[1].split())


def do_verbs() -> set[str]:
    listed = subprocess.run([ROOT / "do"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"^\./do (\w+) ", listed, re.MULTILINE))


def test_the_makefile_has_the_verbs_of_do() -> None:
    assert makefile_verbs() == do_verbs()


def test_each_listed_verb_is_written() -> None:
    script = (ROOT / "do").read_text()
    assert {verb for verb in do_verbs() if f"\ndo_{verb}()" not in script} == set()


def test_an_unknown_verb_is_refused_with_the_list() -> None:
    done = subprocess.run([ROOT / "do", "frobnicate"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no verb 'frobnicate'" in done.stderr
    assert "./do run" in done.stderr


def test_bare_make_prints_the_verbs() -> None:
    first = re.search(r"^\.DEFAULT_GOAL := (\w+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert first
    assert first[1] == "help"
