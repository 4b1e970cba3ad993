"""An order goes to a running process; what it holds of an arena is there at once, and there once."""

import gc
import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from policy_verbs_fixtures import changed, written

from enforcer.edge.arena import Arena
from enforcer.edge.orders import Replace
from enforcer.edge.parcels import receive, send
from enforcer.edge.policy_source import read_source
from enforcer.model.names import HostName
from enforcer.policy import patterns
from enforcer.policy.compiled import Policy

NAMES = ("x.h7.example", "h49999.example", "h50000.example", "s1.upd.acme.example")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    keys = 'names = ["store.acme.example"]'
    files = changed("acme.toml", keys, f'{keys}\ndomains_list = "lists/a.txt"')
    folder = written(tmp_path_factory.mktemp("set"), files)
    (folder / "lists").mkdir()
    (folder / "lists/a.txt").write_text("".join(f"h{number}.example\n" for number in range(50_000)))
    return read_source(folder, None).load(Arena().allocate)


def in_a_child(work: Callable[[Connection], None], order: object) -> tuple[Any, int]:
    """What the work sends back of an order that it got after it had begun; and how many bytes went through the pipe."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=work, args=(theirs,))
    child.start()
    theirs.close()
    try:
        size = send(ours, order)
        assert ours.poll(60)
        return ours.recv(), size
    finally:
        child.join(60)
        ours.close()


def open_files() -> int:
    gc.collect()  # what tests before this one left is not ours
    return len([*Path("/proc/self/fd").iterdir()])


def judge(control: Connection) -> None:
    before = open_files()
    order = receive(control)
    assert isinstance(order, Replace)
    matches = [order.policy.match(HostName(name)) for name in NAMES]
    mapped = [line for line in Path("/proc/self/maps").read_text().splitlines() if "enforcer-policy" in line]
    told = [match.pattern if match else None for match in matches]
    control.send((told, {line.split()[1] for line in mapped}, open_files() - before))


def test_a_large_policy_is_handed_over_and_not_copied(large: Policy) -> None:
    assert large.patterns.table is not None
    (told, rights, files), size = in_a_child(judge, Replace(large, {"a": 1}))
    assert told == ["h7.example", "h49999.example", None, "upd.acme.example"]
    assert rights == {"r--s", "rw-s"}  # the latter are what the fork had from us; the new ones cannot be written
    assert size < 100_000 < sum(one.packed().end for one in large.patterns.parts)
    assert files == 2, "each part that is mapped keeps its file"


def test_a_policy_without_an_arena_travels_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(patterns, "SMALL", 0)
    policy = read_source(written(tmp_path, changed("acme.toml", "strong", "strong")), None).load()
    (told, _, files), _ = in_a_child(judge, Replace(policy, {}))
    assert told == [None, None, None, "upd.acme.example"]
    assert files == 0


def echo(control: Connection) -> None:
    control.send(receive(control))


def test_any_other_order_goes_as_it_is() -> None:
    assert in_a_child(echo, ("stop", 1))[0] == ("stop", 1)


def test_parts_of_another_arena_are_copied() -> None:
    one, other = Arena().allocate(3), Arena().allocate(3)
    one[0:3], other[0:3] = b"abc", b"def"

    def bytes_of(control: Connection) -> None:
        order = receive(control)
        assert isinstance(order, list)
        control.send([bytes(part[0:3]) for part in order])

    assert in_a_child(bytes_of, [one, other])[0] == [b"abc", b"def"]


def test_an_end_of_the_pipe_is_an_error_that_inspectors_know() -> None:
    ours, theirs = multiprocessing.Pipe()
    ours.close()
    with pytest.raises((EOFError, OSError)):
        receive(theirs)
    theirs.close()
