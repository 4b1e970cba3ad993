"""The page on the verbs lists every finding of lint, with its severity."""

import re
from pathlib import Path

from enforcer.policy.lint_rules import RULES

PAGE = Path(__file__).parents[2] / "docs/policy-verbs.md"


def test_every_finding_stands_in_the_page() -> None:
    section = PAGE.read_text().partition("\n## lint\n")[2].partition("\n## ")[0]
    told: dict[str, str] = {}
    for names, severity in re.findall(r"^\| (`.+?`) \| (\w+) \|", section, re.MULTILINE):
        told |= dict.fromkeys(re.findall(r"`([a-z-]+)`", names), severity)
    assert told == {name: rule.severity.word for name, rule in RULES.items()}
