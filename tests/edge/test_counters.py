"""Counters as the real kernel counts them."""

import socket

import pytest
from namespace_fixtures import apart, nft

from enforcer.edge.counters import counted

pytestmark = pytest.mark.kernel

TABLE = """table inet enforcer {
	counter one { packets 5 bytes 600
	}
	counter two {
	}
	chain out {
		type filter hook output priority 0; policy accept;
		udp dport 9 counter name two
	}
}
"""


def test_what_was_counted_is_told_and_what_is_not_there_is_zero() -> None:
    def work() -> dict[str, int]:
        nft("-f", "-", text=TABLE)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
            for _ in range(3):
                link.sendto(b"x", ("127.0.0.1", 9))
        return counted(["one", "two", "three"])

    assert apart(work) == {"one": 5, "two": 3, "three": 0}


def test_without_our_table_all_is_zero() -> None:
    assert apart(lambda: counted(["one"])) == {"one": 0}
