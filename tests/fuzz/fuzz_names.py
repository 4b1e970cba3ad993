"""Whatever name is asked, by whomever, at whatever time: a verdict comes, by the right rule, and nothing is raised.

    tests/fuzz/fuzz_names.py [--seconds N | --count N] [--seed N]

Names at random, and names made from the patterns of the shipped policies: below them, above them, a letter off, glued
to something else, with odd bytes. Each is asked of the policy in plain dicts and in the packed table; the oracle looks
up every piece of the name in a dict. On a fault it prints what was asked, and exits with 1.
"""

import argparse
import string
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from random import Random
from unittest import mock

from enforcer.edge.files import read_policies
from enforcer.model.names import HostName
from enforcer.model.observation import NOBODY, Client, How, Observation
from enforcer.policy import patterns
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide
from enforcer.policy.load import load
from enforcer.policy.vendor import Hosts, Trap

POLICIES = Path(__file__).parents[2] / "policies"
SITE = """
[site]
subjects = ["us-person", "us-federal-civilian"]
[[group]]
name = "careful"
subnets = ["10.0.0.0/8", "fd00::/8"]
profile = "protective"
[[waiver]]
id = "W-1"
reason = "r"
ticket = "t"
approver = "a"
starts = 2024-01-01T00:00:00Z
ends = 2026-01-01T00:00:00Z
softens_to = "flag"
names = ["kaspersky.com"]
"""
LETTERS = string.ascii_lowercase + string.digits + "-_"
ODD = (
    "",
    ".",
    "..",
    "a",
    ".kaspersky.com",
    "kaspersky.com.",
    "\\046.kaspersky.com",
    "a" * 63 + ".com",
    "ü.example",
    "\n",
)
ODD_NAMES = (*ODD, "kaspersky\\.com", "a." * 126 + "b", "\0.a.b", "xn--.com", "1.2.3.4", "*.kaspersky.com", "\udc80.a")
CLIENTS = (
    NOBODY,
    Client(address=IPv4Address("10.1.2.3"), mac="02:00:5e:10:00:01"),
    Client(address=IPv6Address("fd00::1")),
    Client(address=IPv4Address("192.0.2.1"), interface="eth0"),
)


@dataclass
class World:
    """The same policy in both forms, and every pattern with what the oracle knows of it."""

    plain: Policy
    packed: Policy
    exact: dict[str, str] = field(default_factory=dict)
    domains: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, texts: dict[str, str], site: str) -> "World":
        with mock.patch.object(patterns, "SMALL", 0):
            packed = load(texts, site)
        world = cls(load(texts, site), packed)
        for vendor in world.plain.vendors:
            rows: list[Hosts | Trap] = [*vendor.hosts, *vendor.traps]
            for row in rows:
                world.exact.update(dict.fromkeys(row.names, vendor.id))
                world.domains.update(dict.fromkeys(row.domains, vendor.id))
        return world

    def rule(self, name: str) -> tuple[str, str] | None:
        """The pattern that holds the name, and its vendor: by asking for every piece of it."""
        if name in self.exact:
            return name, self.exact[name]
        labels = name.split(".")
        pieces = (".".join(labels[start:]) for start in range(len(labels)))
        return next(((piece, self.domains[piece]) for piece in pieces if piece in self.domains), None)


@dataclass
class Run:
    """What happened."""

    names: int = 0
    seconds: float = 0.0
    verdicts: Counter[str] = field(default_factory=Counter)
    held: int = 0
    fault: str = ""
    """Empty, or everything needed to see it again."""


def shipped() -> World:
    return World.of(read_policies(POLICIES), SITE)


def label(random: Random) -> str:
    return "".join(random.choices(LETTERS, k=min(random.randint(1, 12), random.randint(1, 63))))


def anything(random: Random, _: Sequence[str]) -> str:
    return ".".join(label(random) for _ in range(random.randint(1, 5)))


def below(random: Random, known: Sequence[str]) -> str:
    return f"{label(random)}.{random.choice(known)}"


def itself(random: Random, known: Sequence[str]) -> str:
    return random.choice(known)


def above(random: Random, known: Sequence[str]) -> str:
    return random.choice(known).partition(".")[2]


def a_letter_off(random: Random, known: Sequence[str]) -> str:
    name = random.choice(known)
    at = random.randrange(len(name))
    return name[:at] + random.choice(LETTERS + ".") + name[at + random.randint(0, 1) :]


def glued(random: Random, known: Sequence[str]) -> str:
    name = random.choice(known)
    return random.choice(
        (f"{label(random)}{name}", f"{name}{label(random)}", f"{name}.{label(random)}", f"{name}.{name}")
    )


def odd(random: Random, known: Sequence[str]) -> str:
    return random.choice(ODD_NAMES) + random.choice(("", ".", random.choice(known)))


KINDS: tuple[Callable[[Random, Sequence[str]], str], ...] = (
    *(anything, anything, below, below, itself, above, a_letter_off, glued, odd),
)


def fuzz(world: World, random: Random, count: int | None = None, seconds: float = 0.0) -> Run:
    """Asks for `count` names, or for `seconds`; stops at the first fault."""
    run, start = Run(), time.perf_counter()
    known = [*world.exact, *world.domains]
    while not run.fault and (run.names < count if count is not None else time.perf_counter() - start < seconds):
        name = HostName(random.choice(KINDS)(random, known))
        client, at = random.choice(CLIENTS), random.uniform(1.4e9, 2.0e9)
        run.names += 1
        try:
            ask(world, name, client, at, run)
        except Exception:  # noqa: BLE001 (what must not be: reported with what was asked)
            run.fault = f"{traceback.format_exc()}asked: {name!r} at {at!r} for {client!r}"
    run.seconds = time.perf_counter() - start
    return run


def ask(world: World, name: HostName, client: Client, at: float, run: Run) -> None:
    seen = Observation(how=How.DNS, names=(name,))
    decision = decide(world.plain, seen, client, at)
    assert decide(world.packed, seen, client, at) == decision
    rule = world.rule(name)
    match = world.plain.match(name)
    assert (match and (match.pattern, match.vendor.id)) == rule
    assert decision.pattern == (rule and rule[0])
    run.verdicts[decision.verdict.word] += 1
    run.held += rule is not None


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--seconds", type=float, default=60.0, help="how long to ask (default 60)")
    length.add_argument("--count", type=int, help="names to ask for, instead of seconds; a release asks 10,000,000")
    parser.add_argument("--seed", type=int, default=int(time.perf_counter_ns() % 1_000_000_007))
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}", flush=True)
    run = fuzz(shipped(), Random(options.seed), options.count, options.seconds)
    rate = run.names / run.seconds
    told = ", ".join(f"{count:,} {word}" for word, count in run.verdicts.most_common())
    print(f"{run.names:,} names, {rate:,.0f}/s, {run.held:,} held by a rule: {told}", flush=True)
    if run.fault:
        print(f"FAULT, seed {options.seed}:\n{run.fault}", flush=True)
    return 1 if run.fault else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
