"""The running daemon asked and told by its control socket: status, reload, pause, resume, and a panic that wins."""

import json
import math
import signal
import subprocess
import time
from typing import Any

import pytest
from daemon_fixtures import AFTER, answer, told, within

from enforcer.lab import zone
from enforcer.lab.daemon import ENFORCER, SITE, STORE, Daemon
from enforcer.lab.hosts import Hosts
from enforcer.lab.servers import SLOW

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def runs() -> list[Daemon]:
    """The daemons so far; the last one goes on from test to test, unless a test ended it."""
    return []


@pytest.fixture
def daemon(hosts: Hosts, runs: list[Daemon]) -> Daemon:
    if not runs or runs[-1].process.poll() is not None:
        clean(hosts)
        runs.append(Daemon(hosts.gateway, at=AFTER))
        runs[-1].start()
    else:
        runs[-1].write_site("")
    return runs[-1]


def clean(hosts: Hosts) -> None:
    hosts.gateway.must("sh", "-c", "nft flush ruleset && conntrack -F; rm -f /run/lab/pauses.json")


def alone(hosts: Hosts, runs: list[Daemon]) -> None:
    """For a test with daemons of its own."""
    if runs and runs[-1].process.poll() is None:
        runs[-1].kill()
    clean(hosts)


def enforcer(hosts: Hosts, *words: str) -> subprocess.CompletedProcess[str]:
    return hosts.gateway.run(*ENFORCER, *words, "--config", SITE)


def state(hosts: Hosts) -> dict[str, Any]:
    said = json.loads(enforcer(hosts, "status", "--json").stdout)
    assert isinstance(said, dict)
    return said


def fetch(hosts: Hosts, name: str) -> str:
    place = f"{name}:443:{zone.address(name)}"
    done = hosts.client.run("curl", "-sS", "-m", "20", "--resolve", place, f"https://{name}/")
    return done.stdout + done.stderr


def as_long_as(hosts: Hosts, seconds: int) -> str:
    """So many seconds, or as many as our own programs need here to be asked some things."""
    began = time.monotonic()
    state(hosts)
    return f"{max(seconds, math.ceil(6 * (time.monotonic() - began)))}s"


def blocked(hosts: Hosts) -> bool:
    return answer(hosts, zone.UPDATE) == "NXDOMAIN" and "reset" in fetch(hosts, zone.UPDATE)


def passes(hosts: Hosts) -> bool:
    return answer(hosts, zone.UPDATE) == "NOERROR" and "you reached" in fetch(hosts, zone.UPDATE)


@pytest.mark.usefixtures("daemon")
def test_status_tells_how_it_stands_with_the_exit_codes_of_monitoring(hosts: Hosts) -> None:
    assert blocked(hosts)
    # Inspectors tell their counters twice a second.
    assert within(30, lambda: state(hosts)["inspectors"][0]["dropped"] >= 1)
    now = state(hosts)
    assert now["control"]["served"] >= 1, "those before this one"
    assert (now["standing"], now["mode"], now["simulated"], now["doubts"]) == ("in-force", "inline", True, [])
    assert {"kind": "decision", "verdict": "block", "action": "answered", "how": "dns", "count": 1} in now["counts"]
    assert now["alerts"][-1]["name"] == zone.UPDATE
    done = enforcer(hosts, "status")
    assert done.returncode == 0, done.stderr
    assert "lab-gateway: in force" in done.stdout


def test_a_reload_waits_for_its_outcome(hosts: Hosts, daemon: Daemon) -> None:
    good = enforcer(hosts, "reload")
    assert (good.returncode, "is in force" in good.stdout) == (0, True)
    assert "asked for by root (uid 0)" in told(daemon, "reload")[-1]["reason"]
    daemon.write_site('colour = "red"\n')
    refused = enforcer(hosts, "reload")
    assert refused.returncode == 1
    assert "stays in force" in refused.stderr
    assert "colour" in refused.stderr


def test_a_pause_lets_pass_on_record_and_ends_by_itself(hosts: Hosts, daemon: Daemon) -> None:
    assert blocked(hosts)
    done = enforcer(hosts, "pause", "--for", as_long_as(hosts, 9), "--reason", "a test", "--ticket", "T-1")
    assert done.returncode == 0, done.stderr
    pause = done.stdout.split(":")[0]
    assert passes(hosts)
    status = enforcer(hosts, "status")
    assert (status.returncode, "PAUSED" in status.stdout) == (2, True)
    begun = told(daemon, "pause")[-1]
    assert begun["waiver"] == pause
    assert "paused by root (uid 0)" in begun["reason"]
    assert "a test (T-1)" in begun["reason"]
    by_pause = [event for event in daemon.events() if event["kind"] == "decision" and event.get("waiver") == pause]
    assert {(event["verdict"], event["action"]) for event in by_pause} == {("flag", "passed")}
    assert within(60, lambda: any(event["waiver"] == pause for event in told(daemon, "resume")))
    assert blocked(hosts)
    assert state(hosts)["standing"] == "in-force"


def test_a_pause_for_one_client_is_for_that_client_and_can_be_ended(hosts: Hosts, daemon: Daemon) -> None:
    before = len(daemon.events())
    done = enforcer(hosts, "pause", "--for", "10m", "--reason", "a test", "--client", "10.77.1.77")
    assert done.returncode == 0, done.stderr
    assert blocked(hosts)
    assert enforcer(hosts, "status").returncode == 1
    assert enforcer(hosts, "resume").returncode == 0
    done = enforcer(hosts, "pause", "--for", "10m", "--reason", "a test", "--client", "10.77.1.2", "--json")
    assert done.returncode == 0, done.stderr
    assert passes(hosts)
    [pause] = json.loads(done.stdout)["pauses"]
    again = enforcer(hosts, "resume", pause, "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["pauses"] == [pause]
    assert blocked(hosts)
    assert enforcer(hosts, "resume").returncode == 1
    kinds = [event["kind"] for event in daemon.events()[before:]]
    assert [kind for kind in kinds if kind in ("pause", "resume")] == ["pause", "resume", "pause", "resume"]


def test_a_pause_is_taken_up_after_a_restart(hosts: Hosts, runs: list[Daemon]) -> None:
    """By the machine's own clock, at which the ban has long been in force: a trial keeps nothing."""
    alone(hosts, runs)
    ours = 'bans = ["us-commerce-kaspersky-2024"]\n'
    daemon = Daemon(hosts.gateway, at=None, site=ours)
    daemon.start()
    try:
        done = enforcer(hosts, "pause", "--for", "10m", "--reason", "a test")
        assert done.returncode == 0, done.stderr
        daemon.kill()
        again = Daemon(hosts.gateway, at=None, site=ours)
        again.start()
        now = state(hosts)
        assert (now["standing"], now["waivers"][0]["id"]) == ("paused", done.stdout.split(":")[0])
        assert passes(hosts)
        assert enforcer(hosts, "resume").returncode == 0
        assert blocked(hosts)
        again.kill()
    finally:
        clean(hosts)


def test_the_kernel_ends_a_pause_although_the_daemon_is_dead(hosts: Hosts, daemon: Daemon) -> None:
    done = enforcer(hosts, "pause", "--for", as_long_as(hosts, 8), "--reason", "a test")
    assert done.returncode == 0, done.stderr
    place = f"{zone.UPDATE}:80:{zone.address(zone.UPDATE)}"
    url = f"http://{zone.UPDATE}{SLOW}"
    download = hosts.client.start("curl", "-s", "-N", "--resolve", place, url, output="paused")
    assert within(7, lambda: hosts.client.file("paused").stat().st_size > 0)
    daemon.kill()
    assert within(60, lambda: download.poll() is not None), "the live connection is cut at the end of the pause"
    assert download.poll() != 0


def test_a_pause_is_bounded_and_about_somebody(hosts: Hosts, daemon: Daemon) -> None:
    before = len(told(daemon, "pause"))
    for words, why in (
        (("--for", "9h"), "too long"),
        (("--for", "1m", "--client", "accounting"), "'accounting' is no group"),
        (("--for", "1m", "--vendor", "acme"), "no vendor 'acme'"),
    ):
        done = enforcer(hosts, "pause", *words, "--reason", "a test")
        assert done.returncode == 1
        assert why in done.stderr
    assert len(told(daemon, "pause")) == before
    assert blocked(hosts)


def test_panic_off_stands_against_everything_but_a_reload(hosts: Hosts, daemon: Daemon) -> None:
    assert enforcer(hosts, "pause", "--for", "2s", "--reason", "a test").returncode == 0
    done = hosts.gateway.run(*ENFORCER, "panic-off")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"the running service has it on record in {STORE}" in done.stdout, "although no site file says where"
    assert passes(hosts)
    assert within(20, lambda: told(daemon, "off"))
    status = enforcer(hosts, "status")
    assert (status.returncode, "NOT IN FORCE" in status.stdout) == (2, True)
    refused = enforcer(hosts, "pause", "--for", "1m", "--reason", "a test")
    assert (refused.returncode, "panic-off" in refused.stderr) == (1, True)
    time.sleep(3)  # the pause is over, and what is over is taken out: not by putting rules back
    assert passes(hosts)
    assert enforcer(hosts, "reload").returncode == 0
    assert blocked(hosts)


def test_a_service_that_nobody_can_ask_does_its_work(hosts: Hosts, runs: list[Daemon]) -> None:
    alone(hosts, runs)
    place = "/run/enforcer/control"
    hosts.gateway.must("sh", "-c", f"mkdir -p /run/enforcer && rm -f {place} && echo mine >{place}")
    daemon = Daemon(hosts.gateway, at=AFTER)
    daemon.start()
    try:
        assert "nobody can ask the service" in told(daemon, "error")[0]["reason"]
        assert blocked(hosts)
        unheard = enforcer(hosts, "status")
        assert unheard.returncode == 3, unheard.stdout
        assert f"no service listens at {place}, but process {daemon.process.pid} is one" in unheard.stderr
    finally:
        daemon.kill()
        hosts.gateway.must("rm", "-f", place)
        clean(hosts)


def test_panic_off_takes_the_rules_of_a_daemon_that_hangs(hosts: Hosts, daemon: Daemon) -> None:
    assert blocked(hosts)
    before = len(told(daemon, "off"))
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        done = hosts.gateway.run(*ENFORCER, "panic-off", "--config", SITE)
        assert done.returncode == 0, done.stderr
        assert "on record in syslog" in done.stdout
        assert "not in the store" in done.stdout
        assert passes(hosts)
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    assert within(30, lambda: len(told(daemon, "off")) > before), "it notices, and puts nothing back"
    assert passes(hosts)
    assert enforcer(hosts, "reload").returncode == 0
    assert blocked(hosts)
