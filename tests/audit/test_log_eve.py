import json
from typing import Any

import pytest
from replay_fixtures import contact

from enforcer.audit.contact import Contact, LogFault
from enforcer.audit.log_eve import Eve
from enforcer.audit.log_time import Dating
from enforcer.model.observation import How

ENDS = {"src_ip": "10.1.0.2", "src_port": 33000, "dest_ip": "9.9.9.9", "dest_port": 53, "proto": "UDP"}


def read(kind: str, about: Any, **ends: Any) -> list[Contact]:
    line = {"timestamp": "2024-09-29T04:00:00.250000+0000", "event_type": kind, **ENDS, **ends, kind: about}
    return list(Eve(Dating(newest=0.0)).read(json.dumps(line)))


@pytest.mark.parametrize(
    ("about", "names"),
    [
        ({"type": "query", "id": 1, "rrname": "A.Example", "rrtype": "A"}, ("a.example",)),
        ({"version": 3, "type": "request", "queries": [{"rrname": "a.example", "rrtype": "A"}]}, ("a.example",)),
        (
            {"type": "answer", "rrname": "a.example", "rrtype": "CNAME", "rdata": "b.example"},
            ("a.example", "b.example"),
        ),
        (
            {
                "version": 2,
                "type": "answer",
                "rrname": "a.example",
                "rrtype": "A",
                "answers": [
                    {"rrname": "a.example", "rrtype": "CNAME", "rdata": "b.example"},
                    {"rrname": "b.example", "rrtype": "A", "rdata": "192.0.2.1"},
                ],
            },
            ("a.example", "b.example"),
        ),
    ],
)
def test_dns_of_every_version(about: dict[str, Any], names: tuple[str, ...]) -> None:
    assert read("dns", about) == [contact(1727582400.25, How.DNS, names, "10.1.0.2", 33000, "9.9.9.9", 53, "udp")]


def test_an_answer_told_by_its_packet_is_the_clients_all_the_same() -> None:
    turned = {"src_ip": "9.9.9.9", "src_port": 53, "dest_ip": "10.1.0.2", "dest_port": 33000}
    [one] = read("dns", {"type": "answer", "rrname": "a.example"}, **turned)
    assert (one.client, one.server) == ("10.1.0.2", "9.9.9.9")


@pytest.mark.parametrize(
    ("kind", "about", "how"),
    [
        ("tls", {"sni": "a.example", "version": "TLS 1.3"}, How.TLS),
        ("quic", {"sni": "a.example", "version": "1"}, How.QUIC),
        ("http", {"hostname": "a.example", "url": "/"}, How.HTTP),
    ],
)
def test_connections(kind: str, about: dict[str, Any], how: How) -> None:
    [one] = read(kind, about)
    assert (one.how, one.names) == (how, ("a.example",))


@pytest.mark.parametrize(
    ("kind", "about"),
    [("flow", {}), ("tls", {}), ("tls", None), ("dns", []), ("dns", {"queries": [7]}), ("alert", {"sni": "a.example"})],
)
def test_what_names_nobody_tells_nothing(kind: str, about: Any) -> None:
    assert read(kind, about) == []


@pytest.mark.parametrize("line", ["", "{", "[]", "7", "[" * 100_000])
def test_what_is_no_object_is_a_fault(line: str) -> None:
    with pytest.raises(LogFault):
        list(Eve(Dating(newest=0.0)).read(line))
