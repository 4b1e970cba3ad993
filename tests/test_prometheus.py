"""The alert rules and the board that are shipped: valid, about what exists, and each alert comes when it should."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from state_fixtures import STATE

from enforcer.audit.metrics import COUNTER, HISTOGRAM, families

ROOT = Path(__file__).parents[1]
RULES = ROOT / "docs/prometheus/alerts.yml"
BOARD = ROOT / "docs/grafana/enforcer.json"
ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"]: rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
}

# What is exposed while all is well: nothing is wrong, and the next boundary is a month ahead.
WELL = {
    'up{job="enforcer"}': "1x80",
    'enforcer_standing{standing="not-in-force"}': "0x80",
    "enforcer_pauses_in_force": "0x80",
    'enforcer_mode{mode="inline"}': "1x80",
    'enforcer_mode{mode="tap"}': "0x80",
    "enforcer_simulated": "0x80",
    'enforcer_inspector_up{queue="4010"}': "1x80",
    'enforcer_inspector_silent_seconds{queue="4010"}': "0.4x80",
    "enforcer_inspector_restarts_total": "3x80",
    "enforcer_lost_total": "7x80",
    'enforcer_queue_waiting{queue="4010"}': "12x80",
    'enforcer_decision_seconds_bucket{le="0.05"}': "0+100x80",
    'enforcer_decision_seconds_bucket{le="0.25"}': "0+100x80",
    'enforcer_decision_seconds_bucket{le="+Inf"}': "0+100x80",
    'enforcer_answers_late_total{queue="4010"}': "2x80",
    "enforcer_repairs_total": "1x80",
    "enforcer_store_up": "1x80",
    'enforcer_collector_up{collector="siem"}': "1x80",
    'enforcer_collector_waiting{collector="siem"}': "5x80",
    "enforcer_conntrack_entries": "1000x80",
    "enforcer_conntrack_limit": "262144x80",
    'enforcer_control_requests_total{outcome="refused"}': "4x80",
    'enforcer_control_requests_total{outcome="served"}': "0+5x80",
    "enforcer_doubts": "0x80",
    "enforcer_next_boundary_seconds": "2592000-60x80",
}
# For each alert what is otherwise than that; a sample is taken each minute.
WRONG: dict[str, Mapping[str, str]] = {
    "EnforcerAway": {'up{job="enforcer"}': "0x80"},
    "EnforcerNotInForce": {'enforcer_standing{standing="not-in-force"}': "1x80"},
    "EnforcerPaused": {"enforcer_pauses_in_force": "1x80"},
    "EnforcerModeChanged": {'enforcer_mode{mode="inline"}': "1x20 0x60", 'enforcer_mode{mode="tap"}': "0x20 1x60"},
    "EnforcerTrial": {"enforcer_simulated": "1x80"},
    "EnforcerInspectorAway": {'enforcer_inspector_silent_seconds{queue="4010"}': "6+60x80"},
    "EnforcerInspectorsDie": {"enforcer_inspector_restarts_total": "0+0.2x80"},
    "EnforcerLoses": {"enforcer_lost_total": "0x70 5x10"},
    "EnforcerBehind": {'enforcer_queue_waiting{queue="4010"}': "20000x80"},
    "EnforcerSlow": {'enforcer_decision_seconds_bucket{le="0.05"}': "0+90x80"},
    "EnforcerAnswersLate": {'enforcer_answers_late_total{queue="4010"}': "0+2x80"},
    "EnforcerRulesAltered": {"enforcer_repairs_total": "0x70 1x10"},
    "EnforcerNothingRecorded": {"enforcer_store_up": "0x80"},
    "EnforcerAlertsWait": {'enforcer_collector_up{collector="siem"}': "0x80"},
    "EnforcerConntrackFull": {"enforcer_conntrack_entries": "250000x80"},
    "EnforcerRefusedRequests": {'enforcer_control_requests_total{outcome="refused"}': "4x70 5x10"},
    "EnforcerPairDiffers": {
        'enforcer_policy_info{pair="hq", revision="a"}': "1x80",
        'enforcer_policy_info{pair="hq", revision="b"}': "1x80",
    },
    "EnforcerDoubts": {"enforcer_doubts": "1x80"},
    "EnforcerBoundarySoon": {"enforcer_next_boundary_seconds": "604000-60x80"},
}


def exposed() -> set[str]:
    """The names of all series."""
    names = {"up"}
    for family in families(STATE):
        ends = {COUNTER: ("_total",), HISTOGRAM: ("_bucket", "_count", "_sum")}.get(family.kind, ("",))
        names |= {f"{family.name}{end}" for end in ends}
    return names


def named(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:enforcer_\w+|up)\b", re.sub(r'"[^"]*"', "", expression)))


def queries() -> Iterator[tuple[str, str]]:
    """Of the board: a panel's title and what it asks."""
    for panel in json.loads(BOARD.read_text())["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


def promtool(*words: str) -> str:
    done = subprocess.run(["promtool", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("alert", ALERTS)
def test_alerts_are_about_what_is_exposed_and_say_what_to_do(alert: str) -> None:
    rule = ALERTS[alert]
    assert named(rule["expr"])
    assert named(rule["expr"]) <= exposed()
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert re.search(r"{{ \$labels.(instance|pair) }}", rule["annotations"]["summary"])
    assert rule["annotations"]["description"].endswith(".")


def test_prometheus_takes_the_rules() -> None:
    assert f"SUCCESS: {len(ALERTS)} rules found" in promtool("check", "rules", str(RULES))


def test_each_alert_comes_when_it_should_and_alone(tmp_path: Path) -> None:
    assert list(ALERTS) == list(WRONG)
    cases = [("", {}), *WRONG.items()]
    tests = [
        {
            "name": alert or "all is well",
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in {**WELL, **wrong}.items()],
            "promql_expr_test": [
                {
                    "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                    "eval_time": "75m",
                    "exp_samples": [{"labels": f'{{alertname="{alert}"}}', "value": 1}] if alert else [],
                }
            ],
        }
        for alert, wrong in cases
    ]
    file = tmp_path / "alerts_test.yml"
    whole = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}
    file.write_text(yaml.safe_dump(whole, sort_keys=False))
    promtool("test", "rules", str(file))


def test_the_board_asks_for_what_is_exposed() -> None:
    asked = dict(queries())
    assert len(asked) >= 12
    for title, expression in queries():
        assert named(expression), title
        assert named(expression) <= exposed(), title


def test_prometheus_takes_the_boards_queries(tmp_path: Path) -> None:
    rules = [
        {"record": "a:b", "expr": expr.replace("$__rate_interval", "5m").replace("$__range", "6h")}
        for _, expr in queries()
    ]
    for number, rule in enumerate(rules):
        rule["record"] = f"board:{number}"
    file = tmp_path / "board.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "board", "rules": rules}]}))
    promtool("check", "rules", str(file))


def test_the_board_is_one_that_grafana_imports() -> None:
    board = json.loads(BOARD.read_text())
    assert board["schemaVersion"] == 42  # the last of the form that all import
    assert board["id"] is None
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    places = [panel["gridPos"] for panel in board["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    cells = [
        (x, y) for at in places for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(set(cells)) == len(cells), "panels lie on one another"
