"""The three hosts: they reach one another through the gateway, and nothing of them outlives us."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from enforcer.lab.hosts import Hosts
from enforcer.lab.servers import until
from enforcer.model.errors import EdgeError

pytestmark = pytest.mark.lab

ANYWHERE = ["10.77.2.2", "fd77:2::2", "198.51.100.7", "2001:db8:100::7"]


def namespaces() -> set[str]:
    """The net and mount namespaces of all processes now."""
    found = set()
    for link in [*Path("/proc").glob("[0-9]*/ns/net"), *Path("/proc").glob("[0-9]*/ns/mnt")]:
        try:
            found.add(str(link.readlink()))
        except OSError:  # a process that ended meanwhile, or a kernel thread
            continue
    return found


def test_the_client_reaches_every_address_through_the_gateway() -> None:
    with Hosts() as hosts:
        server = "import http.server,socket as s; http.server.ThreadingHTTPServer.address_family=s.AF_INET6; "
        server += "http.server.ThreadingHTTPServer(('::',80),http.server.SimpleHTTPRequestHandler).serve_forever()"
        hosts.internet.start("python3", "-c", server, output="www.log")
        until(lambda: ":80 " in hosts.internet.run("ss", "-Hltn").stdout, "the server", hosts.internet, "www.log")
        for address in ANYWHERE:
            url = f"http://[{address}]/" if ":" in address else f"http://{address}/"
            got = hosts.client.run("curl", "-so/dev/null", "-w%{http_code}", url)
            assert got.stdout == "200", got
        hosts.gateway.must("sh", "-c", "echo 0 >/proc/sys/net/ipv4/ip_forward")
        assert hosts.client.run("curl", "-s", "-m1", "http://10.77.2.2/").returncode == 28


def test_nothing_is_left_after_the_end() -> None:
    before = namespaces()
    with Hosts() as hosts:
        child = hosts.internet.start("sleep", "60", output="sleep.log")
        assert len(namespaces() - before) >= 4
        pids = [hosts.client.pid, hosts.gateway.pid, hosts.internet.pid, child.pid]
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert not Path("/run/lab").exists()


def test_nothing_is_left_after_our_sigkill() -> None:
    script = (
        "import time\nfrom enforcer.lab.hosts import Hosts\nwith Hosts() as h:\n"
        "  c = h.internet.start('sleep', '60', output='x')\n"
        "  print(h.client.pid, h.gateway.pid, h.internet.pid, c.pid, flush=True)\n  time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as lab:
        assert lab.stdout is not None
        pids = lab.stdout.readline().split()
        assert len(pids) == 4
        os.kill(lab.pid, signal.SIGKILL)
        lab.wait()
    deadline = time.monotonic() + 20
    while alive := [pid for pid in pids if running(pid)]:
        assert time.monotonic() < deadline, f"still running: {alive}"
        time.sleep(0.02)


def running(pid: str) -> bool:
    """Exists and is no zombie that waits for its new parent."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_a_step_that_fails_says_which_and_why() -> None:
    with Hosts() as hosts, pytest.raises(EdgeError, match=r"client: ip link add nonsense ended with"):
        hosts.client.must("ip", "link", "add", "nonsense")
