import pytest
from replay_fixtures import contact

from enforcer.audit.contact import Contact, LogFault
from enforcer.audit.log_proxy import Combined, Squid
from enforcer.audit.log_time import Dating
from enforcer.model.observation import How

DATING = Dating(newest=0.0)
BEHIND = "10.1.0.2 - - [29/Sep/2024:04:00:00 +0000]"


def squid(request: str) -> list[Contact]:
    line = f"1727582400.250     45 10.1.0.2 TCP_TUNNEL/200 3920 {request} - HIER_DIRECT/192.0.2.1 -"
    return list(Squid(DATING).read(line))


def combined(line: str) -> list[Contact]:
    return list(Combined(DATING).read(line))


def test_squid_tells_tunnels_and_requests() -> None:
    at = 1727582400.25
    assert squid("CONNECT www.example.com:443") == [
        contact(at, How.TLS, ("www.example.com",), "10.1.0.2", None, "", 443, "tcp")
    ]
    assert squid("GET http://www.example.com/a?b") == [
        contact(at, How.HTTP, ("www.example.com",), "10.1.0.2", None, "", 80, "tcp")
    ]
    assert squid("CONNECT [2001:db8::1]:8443") == [
        contact(at, How.ADDRESS, (), "10.1.0.2", None, "2001:db8::1", 8443, "tcp")
    ]
    assert squid("NONE error:invalid-request") == []


@pytest.mark.parametrize(
    ("line", "how", "server_port"),
    [
        (f'{BEHIND} "GET http://www.example.com/ HTTP/1.1" 200 612 "-" "curl"', How.HTTP, 80),
        (f'{BEHIND} "CONNECT www.example.com:443 HTTP/1.1" 200 0 "-" "-"', How.TLS, 443),
        (f'www.example.com:8080 {BEHIND} "GET /a HTTP/1.1" 200 612', How.HTTP, 8080),
    ],
)
def test_the_combined_form_where_it_names_a_host(line: str, how: How, server_port: int) -> None:
    [one] = combined(line)
    assert one == contact(1727582400.0, how, ("www.example.com",), "10.1.0.2", None, "", server_port, "tcp")


def test_lines_as_squid_5_and_nginx_wrote_them() -> None:
    tunnel = "1795346021.837   4221 127.0.0.1 NONE_NONE/000 0 CONNECT s07.upd.kaspersky.com:443 - HIER_NONE/- -"
    assert [one.names for one in Squid(DATING).read(tunnel)] == [("s07.upd.kaspersky.com",)]
    request = '[22/Nov/2026:11:13:37 +0000] "GET http://dnl-03.geo.kaspersky.com/x HTTP/1.1" 0 0 "-" "curl/7.88.1"'
    for end in (" TCP_MISS_ABORTED:HIER_NONE", ""):
        [one] = combined(f"127.0.0.1 - - {request}{end}")
        assert (one.names, one.at) == (("dnl-03.geo.kaspersky.com",), 1795346017.0)


def test_offsets_and_none() -> None:
    line = '10.1.0.2 - joe [29/Sep/2024:00:00:00 -0400] "GET http://a.example/ HTTP/1.1" 200 1'
    assert combined(line)[0].at == 1727582400.0
    assert combined(line.replace("00:00:00 -0400", "04:00:00"))[0].at == 1727582400.0


def test_a_servers_own_log_tells_no_contact() -> None:
    assert combined(f'{BEHIND} "GET /index.html HTTP/1.1" 200 612 "-" "curl"') == []


@pytest.mark.parametrize("target", ["http://[::1/", "http://a.example:99999/", "http:///", "//", ":", "http://%zz/"])
def test_odd_targets_do_no_harm(target: str) -> None:
    combined(f'{BEHIND} "GET {target} HTTP/1.1" 400 0')


@pytest.mark.parametrize("reader", [Squid(DATING), Combined(DATING)])
def test_other_lines_are_faults(reader: Squid | Combined) -> None:
    with pytest.raises(LogFault):
        list(reader.read("Sep 29 04:00:00 gw sshd[1]: hello"))
