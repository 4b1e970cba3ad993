import pytest
from replay_fixtures import contact

from enforcer.audit.contact import Contact, LogFault
from enforcer.audit.log_time import Dating
from enforcer.audit.log_unbound import Unbound
from enforcer.model.observation import How

ONE = contact(1727582400.0, How.DNS, ("www.example.com",), "10.1.0.2")
REPLY = "10.1.0.2 www.example.com. A IN NOERROR 0.012345 0 59"


def read(*lines: str) -> list[Contact]:
    log = Unbound(Dating(newest=1727600000.0))
    return [one for line in lines for one in log.read(line)]


@pytest.mark.parametrize(
    "stamp",
    [
        "[1727582400] unbound[12:0] info:",
        "Sep 29 04:00:00 unbound[12:0] query:",
        "Sep 29 04:00:00 gw unbound: [12:0] info:",
        "Sep 29 04:00:00 gw unbound[12]: [12:0] info:",
        "2024-09-29T04:00:00+00:00 gw unbound[12]: [12:0] info:",
    ],
)
def test_a_question_in_each_stamp(stamp: str) -> None:
    assert read(f"{stamp} 10.1.0.2 www.example.com. A IN") == [ONE]


def test_replies_count_where_no_questions_are_logged() -> None:
    assert read(f"[1727582400] unbound[12:0] info: {REPLY}", f"[1727582400] unbound[12:0] reply: {REPLY}") == [ONE, ONE]


def test_where_both_are_logged_each_question_counts_once() -> None:
    question = "[1727582400] unbound[12:0] info: 10.1.0.2 www.example.com. A IN"
    assert read(question, f"[1727582400] unbound[12:0] info: {REPLY}") == [ONE]


@pytest.mark.parametrize("rest", ["notice: init module 0: validator", "info: start of service (unbound 1.17.1)."])
def test_other_lines_tell_nothing(rest: str) -> None:
    assert read(f"[1727582400] unbound[12:0] {rest}") == []


def test_a_line_of_another_program_is_a_fault() -> None:
    with pytest.raises(LogFault):
        read("Sep 29 04:00:00 gw sshd[1]: hello")
