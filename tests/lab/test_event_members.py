"""What the real daemon writes of itself and of clients: each record obeys the schema and says what it should."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from daemon_fixtures import AFTER, answer, told, within
from jsonschema import Draft202012Validator, FormatChecker

from enforcer.lab import zone
from enforcer.lab.daemon import ENFORCER, STORE, Daemon
from enforcer.lab.hosts import SPOOL, Hosts

pytestmark = pytest.mark.lab

SCHEMA = Path(__file__).parents[2] / "docs/event.schema.json"
LEASE = "1732300000 02:00:5e:10:00:01 10.77.1.2 laptop-7 *\n"


def run(hosts: Hosts, datapath: str) -> Daemon:
    hosts.gateway.file("leases").write_text(LEASE)
    output = f'collapse = 0\nclient_names = ["{SPOOL}/leases"]'
    daemon = Daemon(hosts.gateway, at=AFTER, datapath=datapath, output=output)
    daemon.start()
    return daemon


def kept(hosts: Hosts) -> list[dict[str, Any]]:
    said = hosts.gateway.must(*ENFORCER, "audit", "tail", "--no-follow", "-n", "1000", "--json", "--store", STORE)
    return [json.loads(line) for line in said.splitlines()]


def test_client_configuration_mode_and_time_of_recording(hosts: Hosts) -> None:
    first = run(hosts, "")
    assert answer(hosts, zone.UPDATE) == "NXDOMAIN"
    assert within(20, lambda: told(first, "decision"))
    assert first.reload()["kind"] == "reload"
    assert first.stop() == 0
    second = run(hosts, 'mode = "host"')
    assert second.stop() == 0
    (decision,) = told(first, "decision")
    assert (decision["client"], decision["client_name"]) == ("10.77.1.2", "laptop-7")
    (start,), (reload,) = told(first, "start"), told(first, "reload")
    assert start["configuration"] == reload["configuration"]
    assert len(start["configuration"]) == hashlib.sha256().digest_size * 2
    assert start["configuration"].startswith(start["revision"])
    assert told(second, "start")[0]["configuration"] != start["configuration"]
    assert told(first, "mode") == []
    (mode,) = told(second, "mode")
    assert mode["reason"] == "mode host from here on; the run before judged in mode inline"
    records = kept(hosts)
    judge = Draft202012Validator(json.loads(SCHEMA.read_text()), format_checker=FormatChecker())
    for record in records:
        number, recorded = record.pop("number"), record.pop("recorded")
        assert list(judge.iter_errors(record)) == [], number
        assert recorded >= record["at"]
    assert {record["kind"] for record in records} >= {"start", "decision", "reload", "stop", "mode"}
