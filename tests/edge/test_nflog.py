"""The kernel's log group, in a network namespace of its own."""

import os
import subprocess
import sys

import pytest

from enforcer.plan.log_messages import decode_logged
from enforcer.plan.netlink import Message

pytestmark = pytest.mark.kernel

PROGRAM = """
import select, socket, subprocess
from enforcer.edge.nflog import Log
from enforcer.model.errors import EdgeError
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
rules = '''table inet t {
  chain c {
    type filter hook output priority 0;
    udp dport 9 log prefix "acme/update@" group 77 snaplen 128
  }
}
'''
subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
log = Log(77)
assert log.receive() == []
for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    socket.socket(family, socket.SOCK_DGRAM).sendto(b"x" * 500, (address, 9))
    assert select.select([log], [], [], 30)[0] == [log]
    [packet] = log.receive()
    print(packet.prefix, len(packet.payload), packet.payload[0] >> 4)
try:
    Log(77)
except EdgeError as error:
    print(error.code, error.why)
log.close()
Log(77).close()
"""


def test_logged_packets_arrive_with_prefix_and_headers_and_a_group_has_one_reader() -> None:
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    done = subprocess.run(
        ["unshare", *user, "--net", sys.executable, "-W", "ignore", "-c", PROGRAM],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.stdout.splitlines(), done.stderr) == (
        ["acme/update@ 128 4", "acme/update@ 128 6", "6 the log group 77 is taken by another program"],
        "",
    )


@pytest.mark.parametrize("payload", [b"", b"\2\0\0\1", b"\2\0\0\1\xff\xff\x09\x00", bytes(100)])
def test_a_message_of_another_shape_is_no_packet(payload: bytes) -> None:
    assert decode_logged(Message(4 << 8, 0, payload)) is None
    assert decode_logged(Message(3 << 8, 0, payload)) is None
