import pytest

from enforcer.model.endpoint import parse_endpoint


@pytest.mark.parametrize(
    ("text", "shown", "loopback"),
    [
        ("9464", "127.0.0.1:9464", True),
        ("127.0.0.1:9464", "127.0.0.1:9464", True),
        ("127.8.9.1:1", "127.8.9.1:1", True),
        ("[::1]:9464", "[::1]:9464", True),
        ("192.0.2.7:65535", "192.0.2.7:65535", False),
        ("0.0.0.0:9464", "0.0.0.0:9464", False),
        ("[2001:DB8:0::7]:80", "[2001:db8::7]:80", False),
    ],
)
def test_an_address_and_a_port(text: str, shown: str, loopback: bool) -> None:
    endpoint = parse_endpoint(text)
    assert (str(endpoint), endpoint.is_loopback) == (shown, loopback)
    assert parse_endpoint(shown) == endpoint


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is no address with a port"),
        ("127.0.0.1", "is no address with a port"),
        (":9464", "'' is no IP address"),
        ("localhost:9464", "'localhost' is no IP address"),
        ("::1:9464", "is no address with a port"),
        ("[127.0.0.1]:9464", "an IPv6 address stands in brackets"),
        ("[]:9464", "'' is no IP address"),
        ("[fe80::1%eth0]:9464", "an IPv6 address stands in brackets"),
        ("127.0.0.1:0", "port 0 is not between"),
        ("65536", "port 65536 is not between"),
        ("\u0661\u0662\u0663", "is no address with a port"),
        ("9464\n", "is no address with a port"),
        ("010.0.0.1:9464", "'010.0.0.1' is no IP address"),
    ],
)
def test_what_is_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why.replace("[", r"\[")):
        parse_endpoint(text)
