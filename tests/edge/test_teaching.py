"""Lessons in the real kernel: learned, renewed, forgotten, refused, in one transaction each, within a bounded time."""

import re
import socket
import threading
import time
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import TypeVar

import pytest
from namespace_fixtures import apart, nft

from enforcer.edge import netfilter
from enforcer.edge.teaching import Teacher, learned_name
from enforcer.model.command import Forget, Learn, Lesson
from enforcer.model.errors import EdgeError
from enforcer.model.settings import Settings
from enforcer.plan.learned_table import SIZE, TABLE, learned_table

pytestmark = pytest.mark.kernel

T = TypeVar("T")
CLIENT, SERVER = "10.0.0.1", "192.0.2.1"


def learn(client: str = CLIENT, address: str = SERVER, *, lane: int = 0, lifetime: float = 60, **more: object) -> Learn:
    values: dict[str, object] = {"name": "a.test", **more}
    packed = [ip_address(one).packed for one in (client, address)]
    return Learn(client=packed[0], address=packed[1], lane=lane, lifetime=lifetime, **values)  # type: ignore[arg-type]


def forget(client: str = CLIENT, address: str = SERVER) -> Forget:
    return Forget(client=ip_address(client).packed, address=ip_address(address).packed)


def taught(work: Callable[[Teacher], T], patience: float = 20.0) -> T:
    """In a process of its own, where answers wait long for the kernel: it takes its time on a busy machine."""

    def inside() -> T:
        nft("-f", "-", text=learned_table({0: "a/b@", 1: "c/d@"}, Settings(queue=7)))
        return work(Teacher(time.monotonic, patience))

    return apart(inside)


def listed() -> list[str]:
    """Each pair as "client . address, seconds, lane"."""
    text = nft("list", "map", "inet", TABLE, "pairs4") + nft("list", "map", "inet", TABLE, "pairs6")
    found = re.findall(r"(\S+ \. \S+) timeout (\S+) .*?: goto (lane_\d+)", text)
    return sorted(" ".join(one) for one in found)


def after(*calls: Sequence[Lesson]) -> tuple[list[str], list[int]]:
    """What the kernel knows after these, and how many of each it refused."""

    def work(teacher: Teacher) -> tuple[list[str], list[int]]:
        refused = [len(teacher.tell(lessons)) for lessons in calls]
        return listed(), refused

    return taught(work)


def test_pairs_of_both_families_are_there_when_tell_returns() -> None:
    lessons = [learn(), learn("fd00::1", "2001:db8::1", lane=1, lifetime=90)]
    assert after(lessons) == (
        ["10.0.0.1 . 192.0.2.1 1m lane_0", "fd00::1 . 2001:db8::1 1m30s lane_1"],
        [0],
    )


def test_a_pair_is_renewed_changed_and_forgotten() -> None:
    assert after([learn()], [learn(lifetime=600, renews=True)]) == (["10.0.0.1 . 192.0.2.1 10m lane_0"], [0, 0])
    assert after([learn()], [learn(lane=1, renews=True)]) == (["10.0.0.1 . 192.0.2.1 1m lane_1"], [0, 0])
    assert after([learn(), learn(address="192.0.2.2")], [forget()]) == (["10.0.0.1 . 192.0.2.2 1m lane_0"], [0, 0])


def test_where_the_kernel_knows_more_or_less_than_we_think_it_ends_as_told() -> None:
    """Another inspector taught it already; it ran out; it was never there. The rest of the batch is not harmed."""
    other = learn(address="192.0.2.2")
    assert after([learn()], [learn(lane=1), other])[0] == [
        "10.0.0.1 . 192.0.2.1 1m lane_1",
        "10.0.0.1 . 192.0.2.2 1m lane_0",
    ]
    assert after([learn(renews=True), other])[0] == ["10.0.0.1 . 192.0.2.1 1m lane_0", "10.0.0.1 . 192.0.2.2 1m lane_0"]
    assert after([forget(), other]) == (["10.0.0.1 . 192.0.2.2 1m lane_0"], [0])


def test_a_lane_that_is_not_there_is_refused_alone() -> None:
    assert after([learn(lane=9), learn(address="192.0.2.2")]) == (["10.0.0.1 . 192.0.2.2 1m lane_0"], [1])


def test_without_the_table_all_is_refused_and_nothing_waits() -> None:
    def work(teacher: Teacher) -> tuple[int, int]:
        nft("delete", "table", "inet", TABLE)
        return len(teacher.tell([learn(), learn(address="192.0.2.2")])), teacher.held.late

    assert taught(work) == (2, 0)


def test_a_lifetime_ends() -> None:
    def known() -> str | None:
        return learned_name(ip_address(CLIENT).packed, ip_address(SERVER).packed)  # asked at once: nft takes its time

    def work(teacher: Teacher) -> tuple[str | None, int]:
        for lifetime in (2, 16):  # on a busy machine the first may be over before we look
            teacher.tell([learn(lifetime=lifetime)])
            if before := known():
                break
        end = time.monotonic() + 60
        while known() is not None and time.monotonic() < end:
            time.sleep(0.05)
        return before, len(listed())

    assert taught(work) == ("a.test", 0)


def test_the_name_that_taught_a_pair_stands_with_it() -> None:
    def work(teacher: Teacher) -> list[str | None]:
        teacher.tell([learn(name="s07.upd.acme.test"), learn(address="192.0.2.2", name="a" * 200)])
        packed = [ip_address(one).packed for one in (CLIENT, SERVER, "192.0.2.2", "192.0.2.3")]
        return [learned_name(packed[0], one) for one in packed[1:]]

    assert taught(work) == ["s07.upd.acme.test", "", None]


def test_without_a_socket_to_be_had_nothing_ends_and_it_goes_on_when_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No free descriptor, for one."""
    real = netfilter.netfilter_socket

    def none_free() -> socket.socket:
        raise EdgeError("too many open files", cure="wait")

    def work(teacher: Teacher) -> tuple[str | None, list[int]]:
        monkeypatch.setattr(netfilter, "netfilter_socket", none_free)
        name = learned_name(ip_address(CLIENT).packed, ip_address(SERVER).packed)
        refused = [len(teacher.tell([learn(lane=9)])), len(teacher.tell([learn()]))]
        monkeypatch.setattr(netfilter, "netfilter_socket", real)
        return name, [*refused, len(teacher.tell([learn()]))]

    assert taught(work, patience=20.0) == ("", [1, 1, 0])


def test_the_table_is_full_at_its_bound_and_says_so() -> None:
    def work(teacher: Teacher) -> tuple[int, int, int]:
        nft("delete", "table", "inet", TABLE)
        nft("-f", "-", text=learned_table({0: "a/b@"}, Settings(queue=7)).replace(f"size {SIZE}", "size 3000"))
        teacher.tell([learn(f"10.0.{n >> 8}.{n & 255}") for n in range(3000)])
        settle(teacher)
        return teacher.held.confirmed, teacher.held.refused, len(teacher.tell([learn("172.16.0.1")]))

    assert taught(work) == (3000, 0, 1)


def test_a_kernel_that_is_busy_is_not_waited_for_longer_than_bounded() -> None:
    """A transaction of others holds ours up; the next answers do not even wait."""

    def work(teacher: Teacher) -> tuple[float, float, int, list[str]]:
        takes, free = teacher._takes, threading.Event()

        def busy(changes: bytes) -> bool:
            free.wait(100)
            return takes(changes)

        teacher._takes = busy  # type: ignore[method-assign]
        first, second = timed(teacher, learn()), timed(teacher, learn(address="192.0.2.2"))
        late = teacher.held.late
        free.set()
        settle(teacher)
        return first, second, late, listed()

    first, second, late, known = taught(work, patience=3.0)
    assert 3.0 <= first < 30
    assert second < 3.0
    assert late == 2
    assert len(known) == 2


def test_after_an_answer_that_went_on_too_early_the_next_is_waited_for_again() -> None:
    def work(teacher: Teacher) -> tuple[int, int]:
        takes, free = teacher._takes, threading.Event()

        def busy(changes: bytes) -> bool:
            free.wait(100)
            time.sleep(0.2)
            return takes(changes)

        teacher._takes = busy  # type: ignore[method-assign]
        teacher.patience = 0.1
        teacher.tell([learn()])
        free.set()
        while teacher._answers.empty():
            time.sleep(0.02)
        teacher.patience = 20.0
        teacher.tell([learn(address="192.0.2.2")])
        return teacher.held.late, teacher.held.confirmed

    assert taught(work) == (1, 2)


def timed(teacher: Teacher, lesson: Lesson) -> float:
    start = time.monotonic()
    teacher.tell([lesson])
    return time.monotonic() - start


def settle(teacher: Teacher) -> None:
    """Until nothing is under way."""
    end = time.monotonic() + 60
    while teacher._open:
        assert time.monotonic() < end
        teacher.tell([])
        time.sleep(0.02)
