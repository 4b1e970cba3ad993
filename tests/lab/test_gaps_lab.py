"""Gaps in coverage as real daemons leave them: ceiling, pause, a lost inspector, altered rules, kills."""

import csv
import json
import os
import signal
import time
from typing import Any

import pytest
from daemon_fixtures import inspectors, told, within

from enforcer.lab.daemon import ENFORCER, SITE, Daemon
from enforcer.lab.hosts import Hosts

pytestmark = pytest.mark.lab


def report(hosts: Hosts, form: str, since: str = "1h") -> str:
    done = hosts.gateway.run(*ENFORCER, "audit", "report", "--form", form, "--since", since, "--config", SITE)
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def happened(hosts: Hosts, since: str = "1h") -> dict[str, Any]:
    return dict(json.loads(report(hosts, "json", since))["happened"])


def started(hosts: Hosts, fail: str, site: str = "") -> Daemon:
    """By the machine's own clock, for trials cover nothing."""
    daemon = Daemon(hosts.gateway, at=None, fail=fail, site=site)
    daemon.start()
    return daemon


def asked(hosts: Hosts, *words: str) -> None:
    done = hosts.gateway.run(*ENFORCER, *words, "--config", SITE)
    assert done.returncode == 0, done.stderr


def live_through_it_all(hosts: Hosts) -> None:
    daemon = started(hosts, "open", 'ceiling = "flag"')
    daemon.write_site("")
    daemon.reload()
    os.kill(inspectors(daemon)[0], signal.SIGKILL)
    assert within(20, lambda: told(daemon, "inspector"))
    hosts.gateway.must("nft", "flush", "table", "inet", "enforcer")
    assert within(20, lambda: told(daemon, "repair"))
    asked(hosts, "pause", "--for", "1h", "--reason", "a lorry in the yard")
    daemon.kill()
    time.sleep(1)
    daemon = started(hosts, "closed")
    daemon.kill()
    time.sleep(1)
    daemon = started(hosts, "open")
    time.sleep(1)
    asked(hosts, "resume")
    assert daemon.stop() == 0


def test_each_is_told_with_what_became_of_traffic(hosts: Hosts) -> None:
    live_through_it_all(hosts)
    told_of = happened(hosts)
    gaps = told_of["gaps"]
    assert [(gap["cause"], gap["traffic"]) for gap in gaps if gap["cause"] != "lost"] == [
        ("before-first-record", "unknown"),
        ("ceiling", "judged-not-stopped"),
        ("inspector-lost", "passed-unjudged"),
        ("rules-altered", "passed-unjudged"),
        ("paused", "judged-not-stopped"),
        ("killed", "passed-unjudged"),
        ("killed", "dropped"),
        ("stopped", "passed-unjudged"),
    ]
    by = {gap["cause"]: gap for gap in gaps}
    assert by["ceiling"]["reason"] == "`ceiling` is flag for the site"
    assert "a lorry in the yard" in by["paused"]["reason"]
    assert by["paused"]["pause"] == told_of["waivers"][0]["waiver"]
    assert by["paused"]["starts"] < by["killed"]["starts"] < by["paused"]["ends"] < by["stopped"]["starts"]
    assert by["stopped"]["ends"] is None

    # A report that begins amid the pause knows of it, and by whom and why it was asked for.
    time.sleep(1)
    amid = happened(hosts, since=by["killed"]["starts"])
    assert [(one["waiver"], "a lorry in the yard" in one["pause"]) for one in amid["waivers"]] == [
        (by["paused"]["pause"], True)
    ]
    (paused,) = (gap for gap in amid["gaps"] if gap["cause"] == "paused")
    assert (paused["starts"], paused["ends"]) == (by["killed"]["starts"], by["paused"]["ends"])

    lines = {row["what"]: row for row in csv.DictReader(report(hosts, "csv").splitlines()) if row["kind"] == "gap"}
    assert {cause: row["action"] for cause, row in lines.items()} == {cause: by[cause]["traffic"] for cause in by}
    for said in (report(hosts, "text"), report(hosts, "html")):
        for words in ("traffic passed unjudged (fail open)", "dropped (fail closed)", "ceiling", "a lorry in the yard"):
            assert words in " ".join(said.split())
