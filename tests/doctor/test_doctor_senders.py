"""Where the doctor has nothing to say of senders; test_cures.py breaks the rest."""

import pytest

from enforcer.doctor.check import Told
from enforcer.doctor.facts import Facts
from enforcer.doctor.senders import senders
from enforcer.model.settings import Settings
from enforcer.model.surroundings import Link, Surroundings

LAN = Link(name="lan", addresses=("10.1.0.1/24",))
WAN = Link(name="wan", addresses=("192.0.2.2/24",), uplink=True)


def told(*links: Link, mode: str = "inline", at: tuple[str, ...] = (), forwards: bool = True) -> list[Told]:
    found = Surroundings(links=links, forwards4=forwards)
    return list(senders(Facts(now=0.0, settings=Settings(mode=mode, check_senders=at), surroundings=found)))


def test_all_is_well_where_they_are_checked() -> None:
    [(level, why, _)] = told(LAN, WAN, at=("lan",))
    assert (level, why) == ("fine", "senders are checked at lan")


def test_with_one_arm_nobody_can_tell_them_apart() -> None:
    for at in ((), ("wan",)):
        [(level, why, _)] = told(WAN, at=at)
        assert level == "fine"
    assert why == "senders are checked at wan"
    assert told(WAN)[0][1].startswith("no interface is the clients' alone (out leads wan)")


@pytest.mark.parametrize(("mode", "forwards"), [("tap", True), ("host", True), ("inline", False)])
def test_who_forwards_and_judges_nothing_has_none(mode: str, forwards: bool) -> None:
    [(level, _, _)] = told(LAN, WAN, mode=mode, forwards=forwards)
    assert level == "fine"
