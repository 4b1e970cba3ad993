"""The capture's file is read by others: scapy agrees with what was sent, however late the capture came to read it."""

import signal
import sys
from pathlib import Path

import pytest
from scapy.layers.inet import UDP
from scapy.utils import PcapReader

from enforcer.lab.hosts import SPOOL, Hosts
from enforcer.lab.servers import until

pytestmark = pytest.mark.lab


def test_scapy_reads_what_was_sent_and_when() -> None:
    with Hosts() as hosts:
        command = (sys.executable, "-P", "-m", "enforcer.lab.capture", "eth0", f"{SPOOL}/x.pcap")
        capture = hosts.internet.start(*command, output="capture.log")
        until(lambda: bool(hosts.internet.file("capture.log").read_text()), "capture", hosts.internet, "capture.log")
        capture.send_signal(signal.SIGSTOP)
        send = "import socket as s; u = s.socket(s.AF_INET, s.SOCK_DGRAM); "
        send += "[u.sendto(b'hello %d' % n, ('10.77.2.2', 9)) for n in range(50)]"
        hosts.client.must("python3", "-c", send)
        capture.terminate()
        capture.send_signal(signal.SIGCONT)
        assert capture.wait(30) == 0
        said = hosts.internet.file("capture.log").read_text().splitlines()
        with PcapReader(str(hosts.internet.file("x.pcap"))) as reader:
            frames = list(reader)
        uptime = Path("/proc/stat").read_text()
    sent = [frame for frame in frames if UDP in frame and frame[UDP].dport == 9]
    assert [bytes(frame[UDP].payload) for frame in sent] == [b"hello %d" % number for number in range(50)]
    boot = next(int(line.split()[1]) for line in uptime.splitlines() if line.startswith("btime"))
    assert boot < float(sent[0].time) < boot + 10 * 365 * 86400
    assert said == ["listening on eth0", f"captured {len(frames)} dropped 0"]
