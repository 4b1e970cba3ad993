"""Other programs' rules and numbers that collide with ours, or take packets past us."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain

from enforcer.doctor.check import Told, doubtful, fine, unseen, wrong
from enforcer.doctor.facts import Bound, Facts, seen
from enforcer.doctor.finding import do, run, site
from enforcer.doctor.foreign import Foreign, ForeignRule
from enforcer.model.marks import PASS, Marks
from enforcer.model.settings import TAP, Settings

LAST = 65_535


def queue(facts: Facts) -> Iterator[Told]:
    """The numbers of our queues, for ourselves."""
    settings, bound, foreign = facts.settings, seen(facts.bound), seen(facts.foreign)
    if settings.mode == TAP:
        yield fine("mode tap uses no queue")
        return
    ours = range(settings.queue, settings.queue + settings.inspectors)
    cure = site("datapath", f"queue = {_free(bound, foreign, settings)}")
    taken = [] if bound.ours else [number for number in bound.queues if number in ours]
    rules = [rule for rule in foreign.rules if any(low <= ours[-1] and high >= ours[0] for low, high in rule.queues)]
    if taken:
        numbers = ", ".join(map(str, taken))
        yield wrong(f"queue {numbers} is served by another program: the service cannot start", cure)
    for rule in rules:
        yield wrong(f"{rule.where} sends packets to our queue: they are judged as if we had asked for them", cure)
    if not taken and not rules:
        others = [number for number in bound.queues if number not in ours]
        beside = f"; others serve {', '.join(map(str, others))}" if others else ""
        yield fine(f"queue {_numbers(ours)} is ours alone{beside}")


def log_group(facts: Facts) -> Iterator[Told]:
    """The NFLOG group of our first queue's number, by which the kernel tells what it cut."""
    settings, bound, foreign = facts.settings, seen(facts.bound), seen(facts.foreign)
    if settings.mode == TAP:
        yield fine("mode tap uses no log group")
        return
    cure = site("datapath", f"queue = {_free(bound, foreign, settings)}")
    taken = not bound.ours and settings.queue in bound.groups
    rules = [rule for rule in foreign.rules if settings.queue in rule.groups]
    if taken:
        yield wrong(f"another program listens to log group {settings.queue}: the service cannot start", cure)
    for rule in rules:
        yield doubtful(f"{rule.where} logs to our group {settings.queue}: we hear what we did not ask for", cure)
    if not taken and not rules:
        yield fine(f"log group {settings.queue} is ours alone")


def _free(bound: Bound, foreign: Foreign, settings: Settings) -> int:
    """A queue number from which as many are free as we need, as a log group too."""
    spans: list[tuple[int, int]] = [span for rule in foreign.rules for span in rule.queues]
    spans += [(number, number) for number in (*bound.queues, *bound.groups)]
    spans += [(group, group) for rule in foreign.rules for group in rule.groups]
    for first in chain(range(settings.queue + 1, LAST), range(1, settings.queue)):
        last = first + settings.inspectors - 1
        if last <= LAST and not any(low <= last and high >= first for low, high in spans):
            return first
    return settings.queue


def _numbers(numbers: range) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"


def untracked(facts: Facts) -> Iterator[Told]:
    yield from _past_us(
        [rule for rule in seen(facts.foreign).rules if rule.untracked],
        "takes packets out of conntrack: but for DNS, what it matches passes unjudged",
        "no other rule takes packets out of conntrack",
    )


def offload(facts: Facts) -> Iterator[Told]:
    """Flows that pass for good may be offloaded: a rule that asks for their mark is fine (decision 0421)."""
    marks = Marks(facts.settings.mark_mask)
    rules = seen(facts.foreign).rules
    yield from _past_us(
        [rule for rule in rules if rule.offloads and not _of_bulk(rule, marks)],
        "offloads flows: they pass without any rule of ours, and go on beyond the date that would end them",
        "no rule hands flows over to a flowtable or to hardware that may still be judged",
    )


def _of_bulk(rule: ForeignRule, marks: Marks) -> bool:
    mask, value = rule.of_flows
    return mask & marks.mask == marks.mask and value & marks.mask == marks.bits(PASS)


def _past_us(rules: Collection[ForeignRule], what: str, well: str) -> Iterator[Told]:
    for rule in rules:
        yield wrong(f"{rule.where} {what}", run(rule.delete))
    if not rules:
        yield fine(well)


def listed(facts: Facts) -> Iterator[Told]:
    """Whether all programs' rules could be listed: the checks above know no others."""
    foreign = seen(facts.foreign)
    for why in foreign.unseen:
        yield unseen(why, do("apt-get install iptables, or look at them with the program that made them"))
    if not foreign.unseen:
        yield fine(
            f"the rules of all programs were read; concerned with marks, queues or tracking: {len(foreign.rules)}"
        )
