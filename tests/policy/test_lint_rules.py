from enforcer.policy.lint_rules import RULES, Finding, Severity


def test_every_rule_has_a_cure_in_words() -> None:
    assert all(rule.cure and rule.cure[0].islower() and not rule.cure.endswith(".") for rule in RULES.values())
    assert {rule.severity for rule in RULES.values()} == set(Severity)


def test_a_finding_tells_its_place_severity_and_cure() -> None:
    finding = Finding(rule="stale", file="a.toml", path="verified_on", why="old")
    assert (finding.place, finding.severity.word) == ("a.toml: verified_on", "warning")
    assert finding.cure == RULES["stale"].cure
    assert Finding(rule="stale", file="a.toml", path="", why="old").place == "a.toml"
