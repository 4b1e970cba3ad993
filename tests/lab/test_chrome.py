"""The hello is Chrome's own, in two segments; nginx answers it when nothing is in between."""

import re
import sys

import pytest
from scapy.layers.inet import IP, TCP
from scapy.utils import PcapReader

from enforcer.lab import chrome, zone
from enforcer.lab.hosts import Hosts
from enforcer.lab.servers import CAPTURE, Servers

ML_KEM = b"\x11\xec"  # X25519MLKEM768, draft-kwiatkowski-tls-ecdhe-mlkem: what Chrome has sent since version 131


def test_the_hello_is_chromes() -> None:
    whole = chrome.hello(zone.OTHER)
    assert (whole[0], whole[5]) == (chrome.HANDSHAKE, 1)
    assert int.from_bytes(whole[3:5]) == len(whole) - 5
    assert zone.OTHER.encode() in whole
    assert ML_KEM in whole
    assert len(whole) > 1500, "a post-quantum hello does not fit one segment"


def test_no_two_hellos_are_alike() -> None:
    assert chrome.hello(zone.OTHER) != chrome.hello(zone.OTHER)


def test_neither_part_has_the_name() -> None:
    first, second = chrome.in_two(zone.OTHER)
    assert zone.OTHER.encode() in first + second
    assert zone.OTHER.encode() not in first
    assert zone.OTHER.encode() not in second
    assert max(len(first), len(second)) <= chrome.SEGMENT


@pytest.mark.lab
def test_two_segments_reach_the_server_which_answers() -> None:
    with Hosts() as hosts:
        servers = Servers(hosts)
        servers.start()
        command = (sys.executable, "-P", "-m", "enforcer.lab.chrome", zone.OTHER, zone.address(zone.OTHER))
        done = hosts.client.run(*command)
        servers.stop_capture()
        with PcapReader(str(hosts.internet.file(CAPTURE))) as reader:
            to_server = [frame[TCP] for frame in reader if TCP in frame and frame[TCP].dport == 443 and IP in frame]
    told = re.fullmatch(r"a ClientHello in (\d+) and (\d+) bytes, the name cut in two\nserver hello\n", done.stdout)
    assert told, done
    assert [len(segment.payload) for segment in to_server if segment.payload][:2] == [int(told[1]), int(told[2])]
