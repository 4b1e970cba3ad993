from enforcer.model.errors import Fault, PolicyError
from enforcer.policy.faults import MAX_FAULTS, Faults


def refused(faults: Faults) -> list[str]:
    try:
        faults.refuse()
    except PolicyError as error:
        return [str(fault) for fault in error.faults]
    return []


def test_no_fault_refuses_nothing() -> None:
    assert refused(Faults()) == []


def test_all_faults_are_told_in_their_order() -> None:
    faults = Faults()
    faults.add("b.toml", "x[0].y", "is odd")
    faults.add("a.toml", "", "is no TOML")
    assert refused(faults) == ["b.toml: x[0].y: is odd", "a.toml: is no TOML"]


def test_more_faults_than_anyone_reads_are_only_noticed() -> None:
    faults = Faults()
    for number in range(MAX_FAULTS):
        faults.add("a.toml", f"x[{number}]", "is odd")
    assert faults.full
    assert len(refused(faults)) == MAX_FAULTS
    faults.add("a.toml", "x", "is odd")
    assert len(refused(faults)) == MAX_FAULTS + 1
    assert refused(faults)[-1] == f": there are more than these {MAX_FAULTS} faults"


def test_when_full_no_further_fault_is_looked_for() -> None:
    faults = Faults()
    found = (Fault(file="a.toml", path=f"x[{number}]", why="is odd") for number in range(MAX_FAULTS + 5))
    faults.extend(found)
    assert len(refused(faults)) == MAX_FAULTS
    assert len(list(found)) == 5
