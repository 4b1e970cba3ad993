"""The running daemon measured: what Prometheus would read, and hostile scrapes, by which nobody is judged worse."""

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon_fixtures import AFTER, answer, inspectors, told, within
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from enforcer.edge.powerless import capabilities
from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import Hosts

pytestmark = pytest.mark.lab

PLACE = "127.0.0.1:9464"
OUTPUT = f"""collapse = 0
metrics = "{PLACE}"
[[waiver]]
id = "shop"
reason = "a name that is flagged, and passes"
ticket = "T-1"
approver = "Jo Approver"
starts = 2024-09-01T00:00:00Z
ends = 2024-12-01T00:00:00Z
softens_to = "flag"
services = ["store"]
"""
PATIENT = ("+time=10", "+tries=2")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def daemon(hosts: Hosts) -> Iterator[Daemon]:
    daemon = Daemon(hosts.gateway, at=AFTER, output=OUTPUT, datapath="hold_ms = 1000")
    daemon.start()
    yield daemon
    if daemon.process.poll() is None:
        assert daemon.stop() == 0


def scrape(hosts: Hosts, *more: str) -> str:
    done = hosts.gateway.run("curl", "-sS", "-m", "10", *more, f"http://{PLACE}/metrics")
    assert done.returncode == 0, done.stderr
    return done.stdout


def families(hosts: Hosts) -> dict[str, Metric]:
    return {one.name: one for one in text_string_to_metric_families(scrape(hosts))}


def value(hosts: Hosts, name: str, **labels: str) -> float:
    """Of one measurement; 0 if it is not there."""
    for family in families(hosts).values():
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return float(sample.value)
    return 0.0


def test_what_is_judged_is_measured(hosts: Hosts, daemon: Daemon) -> None:
    assert answer(hosts, zone.UPDATE, *PATIENT) == "NXDOMAIN"
    labels = {"verdict": "block", "action": "answered", "how": "dns"}
    assert within(20, lambda: value(hosts, "enforcer_decisions_total", **labels) >= 1)
    assert within(20, lambda: value(hosts, "enforcer_decision_seconds_count", queue="4010") >= 1)
    assert value(hosts, "enforcer_phase_in_force", ban="us-commerce-kaspersky-2024", phase="full") == 1
    assert value(hosts, "enforcer_mode", mode="inline") == value(hosts, "enforcer_in_force") == 1
    assert value(hosts, "enforcer_store_records_total") >= len(told(daemon, "decision"))


def test_an_answer_that_waits_for_the_kernel_is_measured(hosts: Hosts, daemon: Daemon) -> None:
    """A name that is flagged teaches its address."""
    assert answer(hosts, zone.STORE, *PATIENT) == "NOERROR"
    assert within(20, lambda: value(hosts, "enforcer_hold_seconds_count", queue="4010") >= 1)
    assert value(hosts, "enforcer_learned_entries", queue="4010") >= 1
    assert 0 < value(hosts, "enforcer_hold_seconds_sum", queue="4010") < 10
    assert told(daemon, "loss") == []


def test_the_page_explains_each_and_no_other(hosts: Hosts) -> None:
    """Families without measurements are there too, so this does not hang on what has happened."""
    page = (ROOT / "docs/metrics.md").read_text()
    rows = re.findall(r"^\| `(enforcer_\w+)(?:\{([\w, ]+)\})?` \| (\w+) \|", page, re.MULTILINE)
    explained = {name.removesuffix("_total") if kind == "counter" else name: kind for name, _, kind in rows}
    assert len(explained) == len(rows)
    exposed = families(hosts)
    assert explained == {name: family.type for name, family in exposed.items()}
    for name, labels, kind in rows:
        for sample in exposed[name.removesuffix("_total") if kind == "counter" else name].samples:
            assert ", ".join(sorted(label for label in sample.labels if label != "le")) == labels, name


def test_whom_was_judged_is_in_no_measurement(hosts: Hosts, daemon: Daemon) -> None:
    text = scrape(hosts)
    assert told(daemon, "decision")[0]["client"] not in text
    assert zone.UPDATE not in text
    assert "lab-gateway" not in text
    assert "Jo Approver" not in text
    assert value(hosts, "enforcer_waivers_in_force") == 1


def test_hostile_scrapes_disturb_no_judgement(hosts: Hosts, daemon: Daemon) -> None:
    """1,000 connections at a time, slow, huge, unread, for some seconds, and from the machine itself."""
    host, port = PLACE.split(":")
    program = (sys.executable, str(ROOT / "tests/lab/scrape_program.py"))
    hostile = hosts.gateway.start(*program, host, port, "1000", "6", output="hostile.log")
    before = inspectors(daemon)
    answers = []
    while hostile.poll() is None:
        answers.append((answer(hosts, zone.UPDATE, *PATIENT), answer(hosts, zone.OTHER, *PATIENT)))
    assert set(answers) == {("NXDOMAIN", "NOERROR")}
    said = hosts.gateway.file("hostile.log").read_text()
    assert int(said.split()[-2]) >= 100, said
    assert value(hosts, "enforcer_in_force") == 1
    assert [told(daemon, kind) for kind in ("loss", "inspector", "error", "repair")] == [[], [], [], []]
    assert inspectors(daemon) == before


def test_the_server_dies_alone_and_comes_back(hosts: Hosts, daemon: Daemon) -> None:
    (server,) = (pid for pid in inspectors(daemon) if "metrics_server" in Path(f"/proc/{pid}/cmdline").read_text())
    assert capabilities(server) == 0
    os.kill(server, signal.SIGKILL)
    assert answer(hosts, zone.UPDATE, *PATIENT) == "NXDOMAIN"
    assert within(20, lambda: told(daemon, "error"))
    assert "the process that serves metrics ended (by signal 9)" in told(daemon, "error")[-1]["reason"]
    assert value(hosts, "enforcer_in_force") == 1


def test_a_port_that_is_taken_is_a_doubt_and_no_reason_not_to_judge(hosts: Hosts, daemon: Daemon) -> None:
    assert daemon.stop() == 0
    taker = (
        "import socket, time; s = socket.create_server(('127.0.0.1', 9464)); print('on', flush=True); time.sleep(99)"
    )
    hosts.gateway.start(sys.executable, "-c", taker, output="taker.log")
    assert within(20, lambda: hosts.gateway.file("taker.log").read_text() == "on\n")
    second = Daemon(hosts.gateway, at=AFTER, output=OUTPUT)
    second.start()
    assert answer(hosts, zone.UPDATE, *PATIENT) == "NXDOMAIN"
    assert "no metrics are served: cannot listen at 127.0.0.1:9464" in told(second, "error")[0]["reason"]
    assert second.stop() == 0
