"""Somebody hangs, or the clock jumps: who notices, and what goes on meanwhile."""

import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest
from daemon_fixtures import AFTER, answer, inspectors, just_before_date, told, within

from enforcer.lab import zone
from enforcer.lab.daemon import Daemon
from enforcer.lab.hosts import SPOOL, Hosts
from enforcer.lab.servers import SLOW

pytestmark = [pytest.mark.lab, pytest.mark.alone]

BOUNDARY = "2024-09-29T04:00:00Z"
UNSEEING, FLOOD = (
    (sys.executable, "-P", str(Path(__file__).parent / f"{name}_program.py")) for name in ("unseeing", "flood")
)
FAULTY = (sys.executable, "-P", str(Path(__file__).parent / "faulty_program.py"), f"{SPOOL}/step")


@pytest.fixture
def clean(clean: Hosts) -> Hosts:
    clean.gateway.file("step").write_text("0")
    return clean


def asked_and_lost(hosts: Hosts, daemon: Daemon) -> int:
    """What was lost so far. A packet that comes shows that the numbers of those before it have no gap."""
    assert answer(hosts, zone.UPDATE) == "NXDOMAIN"
    time.sleep(0.3)
    return sum(one["count"] for one in told(daemon, "loss"))


@pytest.mark.parametrize("fail", ["open", "closed"])
def test_a_hung_inspector_is_killed_and_started_again_and_what_waited_for_it_is_counted(
    clean: Hosts, fail: str
) -> None:
    daemon = Daemon(clean.gateway, at=AFTER, fail=fail, program=UNSEEING)
    daemon.start()
    (hung,) = inspectors(daemon)
    assert answer(clean, zone.UPDATE) == "NXDOMAIN"
    stopped = time.monotonic()
    os.kill(hung, signal.SIGSTOP)
    assert clean.client.must(*FLOOD, "questions", "200").startswith("done 200 ")
    assert within(20, lambda: told(daemon, "inspector"))
    assert time.monotonic() - stopped < 18, "not by the patience of something else"
    assert "hung for 2 s and was killed; it was started again" in told(daemon, "inspector")[0]["reason"]
    assert inspectors(daemon) != [hung]
    assert answer(clean, zone.OTHER) == "NOERROR"
    assert within(30, lambda: asked_and_lost(clean, daemon) == 200), told(daemon, "loss")
    assert {one["fail"] for one in told(daemon, "loss")} == {fail}
    assert all(" packets reached no inspector: they " in one["reason"] for one in told(daemon, "loss"))
    assert daemon.stop() == 0


def test_an_endless_loop_is_a_hung_inspector_and_the_other_goes_on(clean: Hosts) -> None:
    daemon = Daemon(clean.gateway, at=AFTER, datapath="inspectors = 2", program=FAULTY)
    daemon.start()
    clean.client.start("dig", "+tries=1", "+time=1", "@198.51.100.7", "loop-for-ever.kaspersky.com", output="loop")
    time.sleep(0.5)
    shares = [
        clean.client.run("dig", "+tries=1", "+time=2", f"@198.51.100.{n}", zone.UPDATE).stdout for n in range(1, 9)
    ]
    assert any("NXDOMAIN" in share for share in shares), "the other inspector judges"
    assert within(20, lambda: told(daemon, "inspector"))
    assert len(inspectors(daemon)) == 2
    assert answer(clean, zone.UPDATE) == "NXDOMAIN"
    assert daemon.stop() == 0


def test_a_hung_supervisor_holds_nobody_up_and_the_calendar_goes_on(clean: Hosts) -> None:
    """Inspectors judge, the kernel cuts the live connection at its date; the record catches up afterwards."""
    daemon, _ = just_before_date(clean, 5.0)
    place = f"{zone.UPDATE}:80:{zone.address(zone.UPDATE)}"
    download = clean.client.start("curl", "-s", "--resolve", place, f"http://{zone.UPDATE}{SLOW}", output="live")
    assert within(20, lambda: clean.client.file("live").stat().st_size > 0)
    os.kill(daemon.process.pid, signal.SIGSTOP)
    assert download.poll() is None
    download.wait(40)
    assert download.returncode == 56, "reset"
    assert answer(clean, zone.UPDATE) == "NXDOMAIN"
    assert answer(clean, zone.OTHER) == "NOERROR"
    assert told(daemon, "phase") == []
    os.kill(daemon.process.pid, signal.SIGCONT)
    assert within(20, lambda: told(daemon, "phase"))
    assert within(20, lambda: any(one.get("action") == "cut" for one in told(daemon, "decision")))
    assert within(20, lambda: any(one.get("action") == "answered" for one in told(daemon, "decision")))
    assert [one["at"] for one in told(daemon, "phase")] == [BOUNDARY]
    assert told(daemon, "inspector") == [], "they did not hang"
    assert daemon.stop() == 0


def test_a_service_manager_hears_that_we_live_until_we_hang(clean: Hosts) -> None:
    name = clean.gateway.file("notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(name))
        manager.settimeout(20)
        daemon = Daemon(clean.gateway, at=AFTER, environment={"NOTIFY_SOCKET": f"{SPOOL}/notify"})
        daemon.start()

        def heard() -> str:
            return manager.recv(4096).decode()

        assert heard().startswith("READY=1\nSTATUS=mode inline, fail open, policy ")
        assert heard() == heard() == "WATCHDOG=1"
        os.kill(daemon.process.pid, signal.SIGSTOP)
        manager.settimeout(1.5)
        with pytest.raises(TimeoutError):
            while True:
                heard()
        os.kill(daemon.process.pid, signal.SIGCONT)
        manager.settimeout(20)
        assert heard() == "WATCHDOG=1"
        daemon.reload()
        while (said := heard()) == "WATCHDOG=1":
            pass
        assert said.startswith("RELOADING=1\nMONOTONIC_USEC=")
        assert heard().startswith("READY=1\n")
        assert daemon.stop() == 0
        while not heard().startswith("STOPPING=1"):
            pass


def test_a_stepped_clock_is_told_and_each_crossing_once(clean: Hosts) -> None:
    daemon = Daemon(clean.gateway, at="2024-09-29T03:00:00Z", program=FAULTY)
    daemon.start()
    assert answer(clean, zone.UPDATE) == "NOERROR"
    for seconds, verdict, way, clocks, phases in (
        ("7200", "NXDOMAIN", "forward by 7200.0 s", 1, 1),
        ("0", "NOERROR", "back by 7200.0 s", 2, 1),
        ("7200", "NXDOMAIN", "forward by 7200.0 s", 3, 2),
    ):
        clean.gateway.file("step").write_text(seconds)
        assert within(20, lambda clocks=clocks: len(told(daemon, "clock")) == clocks)  # type: ignore[misc]
        assert way in told(daemon, "clock")[-1]["reason"]
        assert answer(clean, zone.UPDATE) == verdict
        assert [one["at"] for one in told(daemon, "phase")] == [BOUNDARY] * phases
    assert f"; a boundary of the calendar lies ahead again, at {BOUNDARY}" in told(daemon, "clock")[1]["reason"]
    assert told(daemon, "inspector") == [], "a step is no hang"
    assert daemon.stop() == 0
