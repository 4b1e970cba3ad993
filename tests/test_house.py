"""The house's own rules: each module has its test, and the ways in are named alike everywhere."""

import ast
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

MAX_FUNCTION = 40

# Modules without a test file of their own, and where they are tested instead. This list only shrinks.
TESTED_ELSEWHERE = {
    "__main__.py": "tests/cli/test_main.py",
    # Declarations without behaviour: every test of what uses them reads them.
    "audit/envelope.py": "tests/audit/test_formats.py",
    "edge/orders.py": "tests/edge/test_parcels.py",
    "model/bodies.py": "tests/plan/test_classifier_body.py",
    "model/command.py": "tests/pipeline",
    "model/decision.py": "tests/policy",
    "model/destination.py": "tests/policy/test_site_collectors.py",
    "model/errors.py": "tests/policy",
    "model/observation.py": "tests/policy",
    "model/ports.py": "tests/decode/test_bulk.py",
    "model/pause.py": "tests/policy/test_pausing.py",
    "model/settings.py": "tests/policy/test_site_file.py",
    "model/verdict.py": "tests/policy",
    # One way through several modules, tested as that way.
    "policy/schema_store.py": "tests/policy/test_schema_site.py",
    "pipeline/dns_connections.py": "tests/pipeline/test_dns_streams.py",
    "pipeline/dns_datagrams.py": "tests/pipeline/test_inspector.py",
    "pipeline/dns_packets.py": "tests/pipeline/test_inspector.py",
    "pipeline/in_force.py": "tests/pipeline/test_inspector.py",
    "pipeline/quic_connections.py": "tests/pipeline/test_inspector.py",
    "pipeline/stamp.py": "tests/pipeline/test_inspector.py",
    "pipeline/tcp_packets.py": "tests/pipeline/test_inspector.py",
    # Against a real kernel, the daemon as a whole.
    "edge/charge.py": "tests/cli/test_run.py",
    "edge/crew.py": "tests/kernel",
    "edge/powerless.py": "tests/edge/test_edge_metrics.py",
    "edge/evidence.py": "tests/kernel",
    "edge/inspector.py": "tests/kernel",
    "edge/supervisor.py": "tests/kernel",
    "edge/workers.py": "tests/kernel",
    "plan/log_messages.py": "tests/kernel",
    # Each by breaking what it looks at, and following its cure.
    **dict.fromkeys(
        (
            *("doctor/connections.py", "doctor/host.py", "doctor/neighbours.py", "doctor/network.py"),
            *("doctor/outputs.py", "doctor/service.py", "doctor/checks.py", "doctor/facts.py", "doctor/foreign.py"),
            *("edge/clock_state.py", "edge/examination.py", "edge/foreign_rules.py", "edge/own_names.py"),
            *("edge/reach.py", "edge/record_state.py", "edge/rights.py", "edge/sysctls.py", "edge/unit_files.py"),
        ),
        "tests/doctor/test_cures.py",
    ),
    "cli/doctor_text.py": "tests/cli/test_doctor.py",
    # Parts of one thing, tested through it.
    "audit/report_json.py": "tests/audit/test_report.py",
    "audit/report_text.py": "tests/audit/test_report.py",
    "edge/asking.py": "tests/edge/test_control.py",
    "edge/answers.py": "tests/lab/test_control_lab.py",
    "audit/posture_text.py": "tests/audit/test_posture.py",
    "cli/audit_posture.py": "tests/lab/test_posture_lab.py",
    "cli/pause.py": "tests/cli/test_service.py",
    "cli/reload.py": "tests/cli/test_service.py",
    "cli/resume.py": "tests/cli/test_service.py",
    "edge/collector.py": "tests/edge/test_syslog.py",
    "edge/connections.py": "tests/edge/test_links.py",
    "edge/forwarder.py": "tests/edge/test_collectors.py",
    "edge/link_faults.py": "tests/edge/test_links.py",
    "edge/sender.py": "tests/edge/test_collectors.py",
    "edge/kernel_view.py": "tests/lab/test_posture_lab.py",
    "edge/panic.py": "tests/cli/test_panic_off.py",
    "edge/peers.py": "tests/edge/test_control.py",
    "edge/audit_bundle.py": "tests/cli/test_audit_bundle.py",
    "edge/store_look.py": "tests/cli/test_audit_segments.py",
    "edge/verify.py": "tests/cli/test_audit_verify.py",
    "edge/store_errors.py": "tests/edge/test_store.py",
    "edge/store_file.py": "tests/edge/test_store.py",
    "edge/unjudged.py": "tests/lab/test_watchdog.py",
    "edge/store_schema.py": "tests/edge/test_store.py",
    "pipeline/first.py": "tests/pipeline/test_inspector.py",
    "pipeline/quic_packets.py": "tests/pipeline/test_inspector.py",
}


def without_test() -> set[str]:
    """The modules enforcer/a/b.py that have neither tests/a/test_b.py nor, where that name is taken, test_a_b.py."""
    missing = set()
    for module in (ROOT / "enforcer").rglob("*.py"):
        place = module.relative_to(ROOT / "enforcer")
        mirrors = (f"test_{place.name}", f"test_{place.parent.name}_{place.name}")
        if module.name != "__init__.py" and not any(
            (ROOT / "tests" / place.parent / name).exists() for name in mirrors
        ):
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


def test_the_readme_names_both_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    for command in ("./do run", "./do test", "make run", "make test"):
        assert command in readme
    assert "exec ./do test" in (ROOT / ".ci/run").read_text()


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=lambda page: page.name)
def test_pages_name_files_that_exist(page: Path) -> None:
    named = set(
        re.findall(r"(?<![\w/.-])(?:docs|enforcer|tests|benchmarks|policies|systemd)/[\w./-]+\.\w+\b", page.read_text())
    )
    assert {name for name in named if "NAME" not in name and "/a/" not in name and not (ROOT / name).exists()} == set()


def test_functions_are_short() -> None:
    """Forty lines with signature and docstring: what is longer does more than one thing."""
    long = {
        f"{module.relative_to(ROOT)}: {node.name}"
        for module in (ROOT / "enforcer").rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= MAX_FUNCTION
    }
    assert long == set()


def test_each_module_has_its_test_file() -> None:
    assert without_test() - set(TESTED_ELSEWHERE) == set()


def test_the_list_of_exceptions_only_shrinks() -> None:
    assert set(TESTED_ELSEWHERE) - without_test() == set(), "these have a test file now: take them off the list"
    for module, place in TESTED_ELSEWHERE.items():
        assert (ROOT / place).exists(), f"{module}: there is no {place}"


def test_test_files_have_names_of_their_own() -> None:
    """Neither pytest nor mypy can tell two apart without packages, and fixtures are imported by plain names."""
    files = Counter(path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py")
    assert [name for name, count in files.items() if count > 1] == []
