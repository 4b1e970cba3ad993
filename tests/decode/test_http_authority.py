from ipaddress import IPv4Address, IPv6Address

import pytest
from decode_fixtures import refusal
from hypothesis import given
from hypothesis import strategies as st

from enforcer.decode.http_authority import Hosts, read_authority
from enforcer.model.errors import DecodeError
from enforcer.model.names import HostName

READ = {
    b"www.kaspersky.com": "www.kaspersky.com",
    b"WWW.Kaspersky.com.": "www.kaspersky.com",
    b"www.kaspersky.com:8080": "www.kaspersky.com",
    b"www.kaspersky.com:": "www.kaspersky.com",
    b"localhost": "localhost",
    b"_a-b.example": "_a-b.example",
    b"192.0.2.1": IPv4Address("192.0.2.1"),
    b"192.0.2.1:80": IPv4Address("192.0.2.1"),
    b"[2001:db8::1]": IPv6Address("2001:db8::1"),
    b"[2001:DB8::1]:443": IPv6Address("2001:db8::1"),
    b"[::ffff:192.0.2.1]": IPv6Address("::ffff:192.0.2.1"),
    b"": None,
}


@pytest.mark.parametrize(("text", "host"), READ.items(), ids=repr)
def test_reads(text: bytes, host: object) -> None:
    assert read_authority(text, 0) == host


REFUSED = {
    b"user@example.com": "host cannot be told",
    b"user:pw@example.com": "host cannot be told",
    b"example.com:80@evil.example": "host cannot be told",
    b"example.com:80:81": "host cannot be told",
    b"2001:db8::1": "host cannot be told",
    b"[2001:db8::1": "host cannot be told",
    b"[2001:db8::1]x": "host cannot be told",
    b"[fe80::1%25eth0]": "host cannot be told",
    b"example.com:http": "host cannot be told",
    b"[::1::2]": "host: a malformed address",
    b"[]": "host: a malformed address",
    b"256.1.1.1": "host: a malformed address",
    b":80": "host: the name is empty",
    b"a b": "host: 'a b' has the character ' '",
    b"a,b": "host: 'a,b' has the character ','",
    b"a..b": "host: 'a..b' has an empty label",
    b"a%2eb": "host: 'a%2eb' has the character '%'",
    b"a\\b": "host: ",
    b"a/b": "host: ",
    "bücher.example".encode(): "host is not ASCII",
}


@pytest.mark.parametrize(("text", "why"), REFUSED.items(), ids=repr)
def test_refuses(text: bytes, why: str) -> None:
    assert refusal(read_authority, text, 0).startswith(why)


def test_hosts_are_gathered_once_each() -> None:
    hosts = Hosts()
    assert not hosts
    hosts.add(None)
    assert not hosts
    for host in (HostName("a.example"), IPv4Address("192.0.2.1"), HostName("a.example"), HostName("b.example")):
        hosts.add(host)
    assert hosts
    assert (list(hosts.names), list(hosts.addresses)) == (["a.example", "b.example"], [IPv4Address("192.0.2.1")])


@given(st.binary(max_size=60) | st.from_regex(rb"[\[\]0-9a-f:.@]{0,40}", fullmatch=True))
def test_raises_only_decode_error(text: bytes) -> None:
    try:
        host = read_authority(text, 0)
    except DecodeError:
        return
    assert host is None or isinstance(host, IPv4Address | IPv6Address) or host == host.lower()
