"""Where a packet came in, in words."""

import socket

from enforcer.edge.arrivals import known_arrival
from enforcer.pipeline.stamp import LOCAL, Arrival


def test_the_words_of_the_site_file() -> None:
    index = socket.if_nametoindex("lo")
    assert known_arrival(bytes.fromhex("020000000001"), index) == Arrival("02:00:00:00:00:01", "lo")


def test_what_is_not_known_is_left_out() -> None:
    assert known_arrival(None, 0) == LOCAL
    assert known_arrival(None, 999_999_999) == LOCAL
