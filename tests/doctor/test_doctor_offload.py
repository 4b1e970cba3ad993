"""What the doctor says of the flowtable when a service runs; test_cures.py breaks the rest."""

from state_fixtures import state

from enforcer.doctor.check import Told
from enforcer.doctor.facts import Facts, Features, Service
from enforcer.doctor.offload import flowtable
from enforcer.model.offload import OffloadState
from enforcer.model.settings import Settings
from enforcer.model.surroundings import Link, Surroundings

ASKED = ("lan", "wan")


def told(asked: tuple[str, ...] = ASKED, *, has: OffloadState | None = None, mode: str = "inline") -> list[Told]:
    links = tuple(Link(name=name, kind="ether", up=True) for name in ASKED)
    facts = Facts(
        now=0.0,
        settings=Settings(mode=mode, flowtable=asked),
        surroundings=Surroundings(hostname="gw", links=links),
        features=Features(),
        service=Service(socket="/run/x", state=state(offload=has) if has else None),
    )
    return list(flowtable(facts))


def test_all_is_well_where_it_is_as_it_was_asked_for() -> None:
    [(level, _, _)] = told(has=OffloadState(asked=ASKED, interfaces=ASKED))
    assert level == "fine"
    assert [one[0] for one in told(()) + told(mode="tap") + told()] == ["fine"] * 3


def test_a_service_that_could_not_make_it_says_why() -> None:
    [(level, why, cures)] = told(has=OffloadState(asked=ASKED, fault="nft refuses the rules"))
    assert (level, [cure.text for cure in cures]) == ("doubtful", ["enforcer reload"])
    assert "nft refuses the rules" in why


def test_a_service_that_was_told_otherwise_wants_a_reload() -> None:
    [(level, _, cures)] = told(has=OffloadState(asked=("lan",), interfaces=("lan",)))
    assert (level, [cure.text for cure in cures]) == ("doubtful", ["enforcer reload"])
