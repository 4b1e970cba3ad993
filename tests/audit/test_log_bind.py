import pytest
from replay_fixtures import contact

from enforcer.audit.contact import Contact, LogFault
from enforcer.audit.log_bind import Bind
from enforcer.audit.log_time import Dating
from enforcer.model.observation import How

ASKED = "client @0x7ff1da260098 10.1.0.2#58125 (www.example.com): query: www.example.com IN A +E(0)K (10.0.0.1)"
IN_VIEW = ASKED.replace(": query:", ": view inside: query:")


def read(line: str) -> list[Contact]:
    return list(Bind(Dating(newest=1727600000.0)).read(line))


@pytest.mark.parametrize(
    "line",
    [
        f"29-Sep-2024 04:00:00.000 {ASKED}",
        f"29-Sep-2024 04:00:00.000 queries: info: {IN_VIEW}",
        f"2024-09-29T04:00:00.000 {ASKED}",
        f"2024-09-29T04:00:00.000Z queries: info: {ASKED}",
        f"Sep 29 04:00:00 gw named[12]: {ASKED}",
        f"Sep 29 04:00:00 gw named[12]: queries: info: {IN_VIEW}",
    ],
)
def test_a_question_in_each_stamp(line: str) -> None:
    names = ("www.example.com",)
    assert read(line) == [contact(1727582400.0, How.DNS, names, "10.1.0.2", "58125", "10.0.0.1", None, "udp")]


def test_over_tcp_and_by_an_older_bind() -> None:
    [one] = read("29-Sep-2024 04:00:00.000 client fd00::2#5353 (a.example): query: a.example IN AAAA +T (fd00::1)")
    assert (one.client, one.protocol) == ("fd00::2", "tcp")


def test_a_question_without_a_time_is_a_fault_with_its_cure() -> None:
    with pytest.raises(LogFault, match="print-time"):
        read(ASKED)


def test_lines_of_other_categories_tell_nothing() -> None:
    assert read("29-Sep-2024 04:00:00.000 general: info: all zones loaded") == []
