"""The flowtable that is asked for against what the machine has; tests/vm/stock_flowtable.py has one with flowtables."""

import subprocess
from collections.abc import Callable, Iterable

import pytest
from namespace_fixtures import apart, nft
from queue_fixtures import waiting_before_and_after

from enforcer.edge import offload
from enforcer.edge.offload import NO_FLOWTABLES, Offload, can_offload, standing
from enforcer.model.errors import EdgeError
from enforcer.model.settings import Settings

ASKED = Settings(flowtable=("lan", "wan"))
Machine = Callable[..., None]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Stands for the kernel: which interfaces there are, and which its flowtable is over."""

    def make(known: Iterable[str], stands: Iterable[str] = (), can: bool = True) -> None:
        monkeypatch.setattr(offload, "known_interfaces", lambda: frozenset(known))
        monkeypatch.setattr(offload, "standing", lambda: frozenset(stands))
        monkeypatch.setattr(offload, "can_offload", lambda: can)

    return make


def test_where_none_is_asked_for_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("known_interfaces", "standing", "can_offload"):
        monkeypatch.delattr(offload, name)
    one = Offload()
    assert one.choose(Settings()) == ()
    assert one.choose(Settings(mode="host", flowtable=("lan",))) == ()
    assert (one.is_behind(100.0), one.state.asked, one.state.fault) == (False, (), "")


def test_it_is_over_the_interfaces_that_are_there(machine: Machine) -> None:
    machine(known=("lan", "lo"), stands=("lan",))
    one = Offload()
    assert one.choose(ASKED) == ("lan",)
    assert (one.state.interfaces, one.state.fault) == (("lan",), "there is no interface wan")
    assert not one.is_behind(100.0)
    machine(known=("lan", "wan"), stands=("lan",))
    assert not one.is_behind(100.5), "not looked at so soon"
    assert one.is_behind(101.5)
    assert one.choose(ASKED) == ("lan", "wan")
    assert one.state.fault == ""


def test_one_that_went_and_came_back_between_two_looks_is_noticed(machine: Machine) -> None:
    """The kernel takes it out of the flowtable and does not put it back."""
    machine(known=("lan", "wan"), stands=("lan", "wan"))
    one = Offload()
    one.choose(ASKED)
    assert not one.is_behind(10.0)
    machine(known=("lan", "wan"), stands=("wan",))
    assert one.is_behind(20.0)


def test_one_that_went_is_told_and_nothing_is_to_be_done(machine: Machine) -> None:
    machine(known=("lan", "wan"), stands=("lan", "wan"))
    one = Offload()
    one.choose(ASKED)
    machine(known=("lan",), stands=("lan",))
    assert not one.is_behind(10.0)
    assert one.state.fault == "there is no interface wan"


def test_what_was_refused_is_not_tried_again_until_there_are_other_interfaces(machine: Machine) -> None:
    machine(known=("lan",))
    one = Offload()
    one.choose(ASKED)
    one.refused("nft refuses the rules")
    assert (one.state.interfaces, one.state.fault) == ((), "nft refuses the rules")
    assert not one.is_behind(10.0)
    machine(known=("lan", "wan"))
    assert one.is_behind(20.0)


def test_a_kernel_without_is_asked_once(machine: Machine) -> None:
    machine(known=("lan", "wan"), can=False)
    one = Offload()
    assert one.choose(ASKED) == ()
    machine(known=("lan", "wan"), can=True)
    assert one.choose(ASKED) == ()
    assert (one.state.fault, one.is_behind(10.0)) == (NO_FLOWTABLES, False)


@pytest.mark.kernel
def test_this_kernel_says_whether_it_has_flowtables_and_makes_none() -> None:
    def work() -> tuple[bool, bool, str, frozenset[str]]:
        body = "flowtable f { hook ingress priority 0; devices = { lo }; }"
        try:
            nft(f"add table ip t {{ {body} }}")
            has = True
            nft("delete table ip t")
        except subprocess.CalledProcessError:
            has = False
        return has, can_offload(), nft("list", "ruleset"), standing()

    has, told, left, over = apart(work)
    assert told is has
    assert (left, over) == ("", frozenset())


@pytest.mark.kernel
def test_asking_drops_nothing_that_waits_in_a_queue() -> None:
    """`enforcer doctor` asks beside a service at work, and the next run while questions wait for it."""
    assert apart(lambda: waiting_before_and_after(can_offload)) == [5, 5]


@pytest.mark.kernel
def test_without_the_right_to_ask_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_text: str) -> None:
        raise EdgeError("nft may not change the rules", cure="run as root", code=4)

    monkeypatch.setattr("enforcer.edge.nft.check", refuse)
    with pytest.raises(EdgeError, match="may not change"):
        can_offload()
