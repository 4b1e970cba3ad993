"""The posture of a real daemon: in force, taken out, and killed, with probes that prove it."""

import json
import subprocess
from typing import Any

import pytest

from enforcer.lab import zone
from enforcer.lab.daemon import ENFORCER, SITE, Daemon
from enforcer.lab.hosts import Hosts

pytestmark = pytest.mark.lab

PROBE = ("--probe", "--server", f"{zone.address(zone.OTHER)}:443")


def posture(hosts: Hosts, *words: str) -> tuple[int, dict[str, Any]]:
    done = hosts.gateway.run(*ENFORCER, "audit", "posture", "--json", "--config", SITE, *words, timeout=60)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def outcomes(told: dict[str, Any], kind: str) -> set[str]:
    return {probe["outcome"] for probe in told["probes"] if probe["kind"] == kind}


def test_what_is_in_force_is_proved_and_what_is_not_is_found(hosts: Hosts) -> None:
    """By the machine's own clock, at which the ban has long been in force."""
    daemon = Daemon(hosts.gateway, at=None, site='bans = ["us-commerce-kaspersky-2024"]\n')
    daemon.start()
    try:
        code, told = posture(hosts, *PROBE)
        assert (code, told["grave"]) == (1, [])
        assert told["doubts"] == [f"1 gap in coverage since {told['coverage']['since']}"]
        assert told["coverage"]["gaps"][0]["cause"] == "before-first-record"
        assert 0 < told["coverage"]["enforced"] < 1
        assert told["kernel"]["revision"] == told["state"]["revision"] == told["written_revision"]
        assert outcomes(told, "dns") == {"stopped-by-us"}
        assert outcomes(told, "tls") == {"stopped"}
        services = {probe["service"] for probe in told["probes"]}
        assert {"update", "reputation", "telemetry", "download", "activation", "store"} <= services

        assert hosts.gateway.run(*ENFORCER, "panic-off", "--config", SITE).returncode == 0
        code, told = posture(hosts, *PROBE)
        assert code == 2
        assert "the service says that it is not-in-force" in told["grave"]
        assert "a person took the rules out (enforcer panic-off)" in told["grave"]
        assert "passed" in outcomes(told, "tls")
        assert told["coverage"]["gaps"][-1]["cause"] == "taken-out"

        daemon.kill()
        code, told = posture(hosts)
        assert (code, told["standing"], told["state"]) == (2, "not-running", None)
    finally:
        daemon.kill()
        hosts.gateway.must("sh", "-c", "nft flush ruleset && conntrack -F")


def test_it_is_told_to_a_person_too(hosts: Hosts) -> None:
    daemon = Daemon(hosts.gateway, at="2024-10-01T12:00:00Z")
    daemon.start()
    try:
        words = ("audit", "posture", "--config", SITE, "--probe")
        done: subprocess.CompletedProcess[str] = hosts.gateway.run(*ENFORCER, *words, timeout=60)
        assert done.returncode == 1, done.stderr
        assert done.stdout.startswith("In force at ")
        assert "? this is a trial" in done.stdout
        assert "stopped-by-us: proves that the question was judged here and did not leave" in done.stdout
    finally:
        daemon.kill()
        hosts.gateway.must("sh", "-c", "nft flush ruleset && conntrack -F")
