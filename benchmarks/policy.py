"""What a decision costs, and a policy's memory and loading, for 10 to 1,000,000 patterns, beside a plain dict walk.

    benchmarks/policy.py [--patterns N ...] [--json]

The patterns stand in a list beside a vendor file and are loaded as the daemon loads them. For each size one process
measures the policy, and another, for memory and loading, the dict alone: each pattern a string, each name looked up
piece by piece from the left. Nanoseconds of CPU time, in slices, of each the least of many rounds, and both ways in
turn: what else the machine does only adds. Memory is what a process has more than before (Pss; shared memory in it).

miss       a name in no rule, three or four labels: nearly everything that passes
near       a name in no rule whose last two labels some pattern shares
hit        a name one label below a pattern, asked again, as most are
new hit    the same, asked for the first time; and the same decisions over a plain dict of the same patterns, which no
           table in Python goes much below
"""

import argparse
import gc
import json
import random
import re
import resource
import string
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import asdict, dataclass
from ipaddress import IPv4Address
from pathlib import Path
from time import process_time
from typing import Any, TypeVar

from enforcer.edge.arena import Arena
from enforcer.edge.policy_source import read_source
from enforcer.model.names import HostName
from enforcer.model.observation import Client, How, Observation
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide

SIZES = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
ROUNDS, SLICE = 25, 128
FEW, MANY = 512, 8192
"""Names that are remembered once asked, and more than are remembered."""
T = TypeVar("T")
LETTERS = string.ascii_lowercase + string.digits
ENDS = ("com", "com", "com", "net", "org", "de", "ru", "info", "co.uk", "com.br")
VENDOR = """
vendor = "acme"
title = "Acme"
verified_on = 2026-06-30
[sources]
book = "made up"
[[hosts]]
service = "update"
domains_list = "lists/patterns.txt"
confidence = "high"
sources = ["book"]
"""
PHASE = """
[[phase]]
phase = "{0}"
starts = {1}-01-01T00:00:00Z
clock = "stated"
confidence = "high"
summary = "s"
sources = ["law"]
statutory = {{ block = ["update"], otherwise = "observe", undecodable = "observe" }}
protective = {{ block = ["update"], otherwise = "observe", undecodable = "observe" }}
"""
BAN = """
ban = "xx-acme"
title = "Order"
vendors = ["acme"]
effect = "vendor-prohibited"
status = "in-force"
subjects = ["us-person"]
wording = "aligned with"
citations = ["1 XX 1"]
verified_on = 2026-06-30
verified_through = 2026-06-30
[sources]
law = "made up"
""" + "".join(PHASE.format(f"p{year}", year) for year in (2020, 2022, 2024, 2028))


@dataclass
class Figures:
    """Of one size. Nanoseconds, MB (10^6 bytes), seconds."""

    patterns: int
    miss: float = 0.0
    near: float = 0.0
    hit: float = 0.0
    new_hit: float = 0.0
    dict_new_hit: float = 0.0
    match_miss: float = 0.0
    match_hit: float = 0.0
    walk_miss: float = 0.0
    walk_hit: float = 0.0
    match_new: float = 0.0
    walk_new: float = 0.0
    memory: float = 0.0
    peak: float = 0.0
    dict_memory: float = 0.0
    load: float = 0.0
    dict_load: float = 0.0


def label(rng: random.Random, least: int, most: int) -> str:
    return "".join(rng.choices(LETTERS, k=rng.randint(least, most)))


def made_up(count: int) -> list[str]:
    """A third of them hosts, the rest registered domains; 16 characters on average."""
    rng = random.Random(count)
    found: dict[str, None] = {}
    while len(found) < count:
        name = f"{label(rng, 5, 14)}.{rng.choice(ENDS)}"
        found[f"{label(rng, 2, 6)}.{name}" if rng.random() < 0.33 else name] = None
    return list(found)


def write_set(folder: Path, patterns: Sequence[str]) -> None:
    for name, text in (
        ("vendors/acme.toml", VENDOR),
        ("xx/ban.toml", BAN),
        ("lists/patterns.txt", "".join(f"{pattern}\n" for pattern in patterns)),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def memory() -> float:
    """Of this process, in MB."""
    found = re.search(r"^Pss: +(\d+)", Path("/proc/self/smaps_rollup").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * 1024 / 1e6


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def rates(calls: dict[str, tuple[Callable[[str], object], list[str]]]) -> dict[str, float]:
    """Nanoseconds of each call, all in turn; what is few has just been asked."""
    least: dict[tuple[str, int], float] = {}
    for _ in range(ROUNDS):
        for name, (call, asked) in calls.items():
            for one in asked if len(asked) == FEW else ():
                call(one)
            for start in range(0, len(asked), SLICE):
                part = asked[start : start + SLICE]
                begun = process_time()
                for one in part:
                    call(one)
                took = process_time() - begun
                least[name, start] = min(took, least.get((name, start), took))
    return {
        name: sum(took for (one, _), took in least.items() if one == name) / len(asked) * 1e9
        for name, (_, asked) in calls.items()
    }


def walk_in(known: dict[str, T]) -> Callable[[str], T | None]:
    def walk(name: str) -> T | None:
        rest, dot = name, 0
        while True:
            found = known.get(rest)
            if found is not None:
                return found
            dot = name.find(".", dot) + 1
            if not dot:
                return None
            rest = name[dot:]

    return walk


def of_dict(folder: Path, count: int) -> Figures:
    gc.collect()
    before, begun = memory(), process_time()
    with (folder / "lists/patterns.txt").open() as file:
        known = {line[:-1]: 1 for line in file}
    seconds = process_time() - begun
    gc.collect()
    assert len(known) == count
    return Figures(count, dict_memory=memory() - before, dict_load=seconds)


def of_policy(folder: Path, count: int) -> Figures:
    read_source(folder.parent / "empty", None).load()  # so that what every policy takes is there before
    gc.collect()
    before, high, begun = memory(), peak(), process_time()
    policy = read_source(folder, None).load(Arena().allocate)
    figures = Figures(count, load=process_time() - begun)
    gc.collect()
    figures.memory, figures.peak = memory() - before, peak() - high
    for name, nanoseconds in judged(policy, (folder / "lists/patterns.txt").read_text().splitlines()).items():
        setattr(figures, name, nanoseconds)
    return figures


def to_ask(patterns: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """Names in no rule, names nearly in one, names in one."""
    rng = random.Random(1)
    miss = [f"{label(rng, 2, 6)}.{label(rng, 5, 14)}.{rng.choice(ENDS)}" for _ in range(MANY)]
    miss = [name if rng.random() < 0.5 else f"{label(rng, 2, 6)}.{name}" for name in miss]
    hosts = [one for one in patterns if one.count(".") > 1 and not one.endswith(("co.uk", "com.br"))]
    near = [f"{label(rng, 7, 9)}.{one.partition('.')[2]}" for one in rng.choices(hosts or ["a.b.c"], k=MANY)]
    return miss, near, [f"{label(rng, 3, 5)}.{one}" for one in rng.choices(patterns, k=MANY)]


def judged(policy: Policy, patterns: Sequence[str]) -> dict[str, float]:
    """Nanoseconds of a decision, without what the loop costs, and of the matching in it, beside the dict walk."""
    miss, near, many = to_ask(patterns)
    few = many[:FEW]
    seen = {name: Observation(how=How.DNS, names=(HostName(name),)) for names in (miss, near, many) for name in names}
    client = Client(address=IPv4Address("10.1.2.3"))

    plain = copy(policy)
    plain.find = walk_in({pattern: found for pattern in patterns if (found := policy.find(pattern))})

    def decided(name: str) -> object:
        return decide(policy, seen[name], client, 1.75e9)

    def decided_plain(name: str) -> object:
        return decide(plain, seen[name], client, 1.75e9)

    walk, find = walk_in(dict.fromkeys(patterns, 1)), policy.find
    assert all(walk(name) and find(name) for name in many)
    assert not any(find(name) for name in miss if walk(name) is None)
    assert all(decided(name) == decided_plain(name) for name in many)
    decisions = {"hit": few, "miss": miss, "near": near, "new_hit": many}
    calls = {name: (decided, asked) for name, asked in decisions.items()}
    calls |= {"match_hit": (find, few), "walk_hit": (walk, few), "match_miss": (find, miss), "walk_miss": (walk, miss)}
    calls |= {"dict_new_hit": (decided_plain, many), "match_new": (find, many), "walk_new": (walk, many)}
    bare = {f"bare_{name}": (lambda name: seen[name], asked) for name, asked in decisions.items()}
    found = rates({**calls, **bare})
    found["bare_dict_new_hit"] = found["bare_new_hit"]
    return {name: found[name] - found.get(f"bare_{name}", 0.0) for name in calls}


def measured(count: int) -> Figures:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "set"
        # By a process of its own: a peak is inherited by whoever is started from it.
        in_a_process("write", folder, count)
        mine = [in_a_process(role, folder, count) for role in ("policy", "dict")]
    return Figures(**{**mine[0], **{key: mine[1][key] for key in ("dict_memory", "dict_load")}})


def in_a_process(role: str, folder: Path, count: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--role", role, "--folder", str(folder), "--patterns", str(count)]
    told: dict[str, Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return told


def told(figures: Figures) -> str:
    one, new = figures, f"{figures.new_hit:>8.0f} ({figures.dict_new_hit:4.0f})"
    matches = ((one.match_miss, one.walk_miss), (one.match_hit, one.walk_hit), (one.match_new, one.walk_new))
    return (
        f"{one.patterns:>10,}{one.miss:>7.0f}{one.near:>7.0f}{one.hit:>7.0f}{new}"
        + "".join(f"{match:>8.0f} ({match / walk:4.2f})" for match, walk in matches)
        + f"{one.memory:>8.1f}{one.peak:>6.1f}{one.dict_memory:>6.0f}{one.load:>7.2f}{one.dict_load:>5.2f}"
    )


HEAD = """
            decide, ns                           match, ns (of a walk)                    memory, MB         load, s
  patterns   miss   near    hit new hit (dict)     miss           hit            new      policy  peak  dict policy dict
"""[:-1]


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--patterns", type=int, nargs="+", default=list(SIZES), metavar="N")
    parser.add_argument("--json", action="store_true", dest="as_json")
    parser.add_argument("--role", choices=["write", "policy", "dict"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.role == "write":
        write_set(options.folder, made_up(options.patterns[0]))
        write_set(options.folder.parent / "empty", made_up(1))
        print("{}")
        return
    if options.role:
        of = of_policy if options.role == "policy" else of_dict
        print(json.dumps(asdict(of(options.folder, options.patterns[0]))))
        return
    if not options.as_json:
        print(HEAD)
    every = []
    for count in options.patterns:
        every.append(measured(count))
        if not options.as_json:
            print(told(every[-1]), flush=True)
    if options.as_json:
        print(json.dumps([asdict(one) for one in every], indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
