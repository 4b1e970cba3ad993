import pytest
from replay_fixtures import contact

from enforcer.audit.contact import Contact, LogFault
from enforcer.audit.log_dnsmasq import Dnsmasq
from enforcer.audit.log_time import Dating
from enforcer.model.observation import How

NEWEST = 1727600000.0


def read(line: str) -> list[Contact]:
    return list(Dnsmasq(Dating(newest=NEWEST)).read(line))


@pytest.mark.parametrize(
    "line",
    [
        "Sep 29 04:00:00 dnsmasq[12]: query[A] www.example.com from 10.1.0.2",
        "Sep 29 04:00:00 gw dnsmasq[12]: query[HTTPS] www.example.com from 10.1.0.2",
        "2024-09-29T04:00:00.000000+00:00 gw dnsmasq[12]: query[A] www.example.com from 10.1.0.2",
        "2024-09-29T06:00:00+02:00 gw dnsmasq[12]: query[type=65] www.example.com from 10.1.0.2",
    ],
)
def test_a_question_in_each_stamp(line: str) -> None:
    assert read(line) == [contact(1727582400.0, How.DNS, ("www.example.com",), "10.1.0.2")]


def test_extra_tells_the_port() -> None:
    [one] = read("Sep 29 04:00:00 dnsmasq[12]: 7 10.1.0.2/54705 query[A] www.example.com from 10.1.0.2")
    assert one.client_port == "54705"


def test_a_name_cannot_say_who_asked() -> None:
    [one] = read("Sep 29 04:00:00 dnsmasq[12]: query[A] kaspersky.com from 10.9.9.9 from 10.1.0.2")
    assert one.client == "10.1.0.2"
    assert one.names == ("kaspersky.com\\032from\\03210.9.9.9",)


@pytest.mark.parametrize("rest", ["reply www.example.com is 192.0.2.1", "started, version 2.90", "cached a is b"])
def test_other_lines_tell_nothing(rest: str) -> None:
    assert read(f"Sep 29 04:00:00 dnsmasq[12]: {rest}") == []


def test_a_line_of_another_program_is_a_fault() -> None:
    with pytest.raises(LogFault):
        read("Sep 29 04:00:00 gw sshd[1]: hello")
