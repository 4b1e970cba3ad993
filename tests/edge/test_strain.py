"""Losses in the kernel are told once, and rarely; the real table is filled in tests/lab/test_pressure.py."""

from pathlib import Path

import pytest
from namespace_fixtures import apart, nft

from enforcer.edge import strain
from enforcer.edge.crew import Crew
from enforcer.edge.strain import PAUSE, Strain
from enforcer.edge.unjudged import Unjudged
from enforcer.plan.learned_table import TABLE
from enforcer.plan.undecided import UNNOTED

HEAD = "entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error\n"


class Nobody(Unjudged):
    """Of inspectors that miss as many packets at each look as is told."""

    def __init__(self, *missed: int) -> None:
        super().__init__(Crew(), "closed")
        self._missed = list(missed)

    def new(self) -> int:
        return self._missed.pop(0) if self._missed else 0


@pytest.fixture
def counters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "nf_conntrack"
    monkeypatch.setattr(strain, "COUNTERS", file)
    write(file, 7, 9)
    return file


def write(file: Path, dropped: int, forgotten: int) -> None:
    row = " ".join(["00000000"] * 10)
    file.write_text(HEAD + f"{row} {dropped:08x} {forgotten:08x} 0\n" + f"{row} {1:08x} {1:08x} 0\n")


@pytest.mark.usefixtures("counters")
def test_what_was_lost_before_us_is_not_told() -> None:
    assert Strain(Nobody(), {}).told(0, 0.0) == []


def test_losses_are_counted_over_all_processors(counters: Path) -> None:
    watch = Strain(Nobody(), {})
    write(counters, 27, 9)
    ((count, what, fail),) = watch.told(0, 0.0)
    assert (count, fail) == (20, "closed")
    assert what.startswith("20 packets of new connections were dropped by the kernel, whose table ")


@pytest.mark.parametrize(("entries", "full"), [(200, True), (180, True), (179, False), (0, False)])
def test_a_table_that_has_room_is_not_called_full(
    counters: Path, monkeypatch: pytest.MonkeyPatch, entries: int, full: bool
) -> None:
    """Of two packets of a new connection that wait for us at once the kernel drops one."""
    for name, number in (("COUNT", entries), ("LIMIT", 200)):
        file = counters.with_name(name)
        file.write_text(f"{number}\n")
        monkeypatch.setattr(strain, name, file)
    watch = Strain(Nobody(), {})
    write(counters, 27, 9)
    ((_, what, _),) = watch.told(0, 0.0)
    assert ("whose table is full (" in what) is full
    assert what.endswith(f"({entries} of 200: nf_conntrack_max)")


def test_what_goes_on_is_told_rarely_and_nothing_is_left_out(counters: Path) -> None:
    watch = Strain(Nobody(), {})
    write(counters, 8, 10)
    assert [(count, fail) for count, _, fail in watch.told(0, 0.0)] == [(1, "closed"), (1, "")]
    write(counters, 28, 10)
    assert watch.told(3, PAUSE - 1) == []
    write(counters, 38, 10)
    assert [count for count, _, _ in watch.told(3, PAUSE)] == [30, 3]
    assert watch.told(3, 3 * PAUSE) == []


@pytest.mark.parametrize("text", ["", "nonsense\n", HEAD + "00000001\n"])
def test_a_kernel_that_does_not_tell_is_no_fault(counters: Path, text: str) -> None:
    counters.write_text(text)
    assert Strain(Nobody(), {}).told(0, 0.0) == []


@pytest.mark.usefixtures("counters")
def test_what_reached_no_inspector_meanwhile_is_told_with_the_rest() -> None:
    watch = Strain(Nobody(3, 4, 5), {})
    assert watch.told(0, 0.0) == [(3, "3 packets reached no inspector: they were dropped by the kernel", "closed")]
    assert watch.told(0, 1.0) == []
    assert [count for count, _, _ in watch.told(0, PAUSE)] == [9]


@pytest.mark.kernel
@pytest.mark.usefixtures("counters")
def test_connections_that_the_kernel_could_not_remember_are_told() -> None:
    def work() -> list[tuple[int, str, str]]:
        watch = Strain(Nobody(), {UNNOTED: 2})
        nft("add", "table", "inet", TABLE)
        nft("add", "counter", "inet", TABLE, UNNOTED, "{ packets 5 bytes 0 }")
        return [*watch.told(0, 0.0), *watch.told(0, 3 * PAUSE)]

    ((count, what, fail),) = apart(work)
    assert (count, fail) == (3, "")
    assert what.startswith("3 times the kernel had no room for a connection that is to be judged")
