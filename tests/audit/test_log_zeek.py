import json
from typing import Any

import pytest
from replay_fixtures import contact

from enforcer.audit.contact import Contact, LogFault
from enforcer.audit.log_time import Dating
from enforcer.audit.log_zeek import Zeek
from enforcer.model.observation import How

DNS = """#separator \\x09
#set_separator\t,
#empty_field\t(empty)
#unset_field\t-
#path\tdns
#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\tqtype_name\tanswers
#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tstring\tvector[string]
1727582400.250000\tC1\t10.1.0.2\t33000\t9.9.9.9\t53\tudp\tS07.upd.kaspersky.com\tA\tcdn.example.net,192.0.2.1,2001:db8::1
1727582401.000000\tC2\t10.1.0.2\t33001\t9.9.9.9\t53\tudp\t-\t-\t-
1727582402.000000\tC3\tfd00::2\t33002\tfd00::53\t53\ttcp\twww.example.com\tTXT\tTXT 5 hello
#close\t2024-09-29-04-00-00
"""


def read(text: str) -> list[Contact]:
    log = Zeek(Dating(newest=0.0))
    return [one for line in text.splitlines() for one in log.read(line)]


def read_json(**members: Any) -> list[Contact]:
    return read(json.dumps({"ts": 1727582400.25, "id.orig_h": "10.1.0.2", "id.resp_h": "192.0.2.1", **members}))


def test_questions_with_the_names_of_their_answers() -> None:
    first, second = read(DNS)
    names = ("s07.upd.kaspersky.com", "cdn.example.net")
    assert first == contact(1727582400.25, How.DNS, names, "10.1.0.2", "33000", "9.9.9.9", "53", "udp")
    assert (second.names, second.client, second.protocol) == (("www.example.com",), "fd00::2", "tcp")


@pytest.mark.parametrize(
    ("members", "how", "names"),
    [
        ({"query": "a.example", "answers": ["b.example", "192.0.2.1"]}, How.DNS, ("a.example", "b.example")),
        ({"server_name": "a.example", "version": "TLSv13"}, How.TLS, ("a.example",)),
        ({"server_name": "a.example", "client_initial_dcid": "00"}, How.QUIC, ("a.example",)),
        ({"host": "a.example:8080", "uri": "/"}, How.HTTP, ("a.example",)),
    ],
)
def test_each_log_as_json(members: dict[str, Any], how: How, names: tuple[str, ...]) -> None:
    [one] = read_json(**members)
    assert (one.how, one.names) == (how, names)


def test_json_with_iso_times() -> None:
    [one] = read_json(query="a.example", ts="2024-09-29T04:00:00.250000Z")
    assert one.at == 1727582400.25


def test_a_quic_log_as_text() -> None:
    text = DNS.replace("#path\tdns", "#path\tquic").replace("query", "server_name").replace("answers", "history")
    assert [one.how for one in read(text)] == [How.QUIC, How.QUIC]


@pytest.mark.parametrize("line", ["a\tb", "1727582400\t1\t2\t3\t4\t5\t6\t7\t8", "{", "[1]".replace("[", "{[")])
def test_odd_lines_are_faults(line: str) -> None:
    log = Zeek(Dating(newest=0.0))
    for header in DNS.splitlines()[:7]:
        assert list(log.read(header)) == []
    with pytest.raises(LogFault):
        list(log.read(line))


def test_lines_before_their_header_are_faults() -> None:
    with pytest.raises(LogFault, match="#fields"):
        list(Zeek(Dating(newest=0.0)).read("1727582400\tC1"))


def test_a_log_without_names_is_read_and_tells_nothing() -> None:
    assert read("#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\n1727582400.0\t10.1.0.2") == []
