"""The rules of the policy in force, in the kernel: put there, replaced, put right when others changed them, removed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from enforcer.edge import kernel
from enforcer.edge.guard import Guard
from enforcer.edge.kernel import Kernel
from enforcer.edge.legacy import NOTHING, Legacy, layout
from enforcer.edge.offload import Offload
from enforcer.model.calendar import Lane
from enforcer.model.errors import EdgeError
from enforcer.model.marks import Marks
from enforcer.model.offload import OffloadState
from enforcer.pipeline.repairs import PAUSE, Repairs
from enforcer.plan.learned_table import learned_table
from enforcer.plan.ruleset import ruleset
from enforcer.policy.compiled import Policy
from enforcer.policy.places import places
from enforcer.policy.spared import spared

Told = tuple[str, str]
"""The kind of an event, and its reason."""
TRIES = 3
AGAIN_AFTER = 1.0
OFF = "the rules were taken out by `enforcer panic-off`"
RESTART = "nothing is judged; a reload (SIGHUP) or a restart puts them back"
AS_PUT = "the rules are in force again"
SLOW = "flows that pass are not offloaded as `flowtable` asks"
NOT_STRIPPED = (
    "Multipath TCP passes, and a name that goes over two paths is not read: this kernel or its nft cannot take its"
    f" option out ({kernel.MULTIPATH.brings} can)"
)
AGAIN = "it is tried again every second"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the rules depend on, apart from the policy."""

    kernel: Kernel
    marks: Marks
    shift: float
    """Seconds by which the policy's clock is ahead of the kernel's."""
    lane_numbers: Callable[[list[str]], dict[str, int]]


class Rules:
    """`now` is monotonic."""

    def __init__(self, place: Place, left: Legacy = NOTHING) -> None:
        """`left` is how the run before left them."""
        self._place = place
        self._guard = Guard()
        self._repairs = Repairs()
        self._policy: Policy | None = None
        self._left = left
        self._text = ""
        """What was put in force last; empty once that is known to stand no more."""
        self._lanes = 0
        self._until: int | None = None
        """From when on, by the kernel's clock, nothing is queued any more."""
        self._fault = ""
        """Why they could not be put right, as far as that was told."""
        self._again = 0.0
        self._offload = Offload()
        self._weaker = ""
        """What of `unheeded` was told."""
        self._slow = ""
        """Why flows are not offloaded as they should be, as far as that was told."""
        self.repaired = 0
        """How often they were put right since the start."""

    @property
    def fault(self) -> str:
        """Why they are not in force as they should be; empty if they are."""
        return self._fault

    @property
    def unheeded(self) -> str:
        """What the site asks for and this kernel cannot do, so that what is in force is weaker; empty if nothing."""
        asked = self._policy is not None and self._policy.settings.mptcp == "strip"
        return NOT_STRIPPED if asked and not self._place.kernel.multipath else ""

    @property
    def offload(self) -> OffloadState:
        return self._offload.state

    @property
    def weakness(self) -> str:
        """What is wrong now, to stand at the end of a sentence; empty if nothing is."""
        return f"; NOT IN FORCE: {self._fault}" if self._fault else ""

    def numbers(self, policy: Policy) -> dict[str, int]:
        """Lane numbers that fit into the mark; a flow without one is judged once and not cut later."""
        numbers = self._place.lane_numbers([lane.key for lane in policy.lanes])
        return {key: number for key, number in numbers.items() if number < self._place.marks.lanes}

    def install(self, policy: Policy, now: float, *, anew: bool = False) -> None:
        """Puts the policy's rules in force. Raises EdgeError, and then those before still are.

        `anew`: although a person took them out. Without it that person's word stands.
        """
        off = kernel.is_off()
        if off and not anew:
            raise EdgeError(f"{OFF}: nothing is judged", cure="put them back with `enforcer reload`")
        if off:
            kernel.allow()
        if self._policy is None and self._is_as_left(now):
            self._text = self._left.text
        elif not self._stand(now):
            self._text = ""
        try:
            self._put(policy, now)
        except EdgeError:
            if off:
                kernel.forbid()
            raise
        self._policy, self._fault = policy, ""

    def queue_until(self, instant: float, now: float) -> None:
        """From that instant of our clock on, what would wait for a judge passes. For good: we are about to end.

        Raises EdgeError: then it would wait on.
        """
        if self._policy is None or not self._stand(now):
            raise EdgeError("the rules do not stand as they were put", cure="see the events of kind repair and off")
        self._until = math.ceil(instant - self._place.shift)
        self._put(self._policy, now)

    def legacy(self, shares: Mapping[str, int]) -> Legacy:
        """For the run that follows; `shares` are what was told of those counters."""
        return Legacy(text=self._text, portrait=self._guard.wanted, queues=layout(), shares=shares)

    def uninstall(self) -> None:
        self._policy = None
        kernel.uninstall()

    def close(self) -> None:
        self._guard.close()

    def mend(self, now: float) -> Iterator[Told]:
        """Looks whether they stand as they were put, and puts them right; what there is to tell of it."""
        if self._policy is None:
            return
        before, self._weaker = self._weaker, self.unheeded
        if self._weaker != before and self._weaker:
            yield "error", self._weaker
        try:
            wrong = self._guard.wrong(now)
            if not wrong and self._fault:
                self._fault = ""
                yield "repair", f"{AS_PUT}: somebody else put them back"
            if not wrong or now < self._again or not self._repairs.is_due(now):
                return
            self._again = now + AGAIN_AFTER
            if kernel.is_off():
                yield from self._once(f"{OFF} ({wrong})", RESTART, "off")
                return
            self._text = ""
            self._put(self._policy, now)
        except (EdgeError, OSError) as error:
            yield from self._once(f"the rules are not in force as they should be: {error}", AGAIN)
            return
        self._fault, self._again = "", 0.0
        self.repaired += 1
        fight = self._repairs.made(now)
        yield "repair", f"{wrong}: put right, the {_ordinal(self.repaired)} time since the start"
        if fight:
            yield "error", f"another tool keeps changing our rules: put right every {PAUSE:.0f} s only from here"

    def mend_offload(self, now: float) -> Iterator[Told]:
        """Lays the flowtable over interfaces that came, and tells once of those that it is not over."""
        if self._policy is None or self._fault:
            return
        try:
            if self._offload.is_behind(now):
                if not self._stand(now):
                    return
                self._put(self._policy, now)
        except (EdgeError, OSError) as error:
            self._offload.refused(str(error))
        before, self._slow = self._slow, self._offload.state.fault
        if self._slow and self._slow != before:
            yield "error", f"{SLOW}: {self._slow}; all is judged as without it"
        elif before and not self._slow:
            yield "repair", "flows that pass for good are offloaded again, as `flowtable` asks"

    def _once(self, fault: str, what_next: str, kind: str = "error") -> Iterator[Told]:
        new, self._fault = fault != self._fault, fault
        if new:
            yield kind, f"{fault}; {what_next}"

    def _is_as_left(self, now: float) -> bool:
        """By the run before: then they are changed in place, and nothing that waits in the queue is lost."""
        left = self._left
        try:
            return bool(left.text) and left.queues == layout() and self._guard.take_up(left.portrait, now)
        except OSError:  # the kernel does not tell
            return False

    def _stand(self, now: float) -> bool:
        """Whether the rules are as we put them: then they can be changed in place."""
        try:
            return self._policy is not None and not self._guard.wrong(now)
        except OSError:
            return False

    def _put(self, policy: Policy, now: float) -> None:
        """Again, if another tool's change came in between: it would be taken for ours."""
        for _ in range(TRIES):
            made = self._transaction(policy)
            self._give_way()
            if self._settled(made, now):
                return
            self._text = ""
        raise EdgeError(
            "another tool changes our rules while they are put in place",
            cure="`nft monitor` shows which; our tables are those whose names begin with `enforcer`",
        )

    def _give_way(self) -> None:
        """A person may have taken the rules out while we put ours in: that person wins. Raises EdgeError then."""
        if kernel.is_off():
            self._text = ""
            kernel.uninstall(stay_off=True)
            raise EdgeError(f"{OFF} while others were put in place", cure="put them back with `enforcer reload`")

    def _settled(self, transactions: int, now: float) -> bool:
        try:
            return self._guard.settle(transactions, now)
        except OSError as fault:
            raise EdgeError(f"the kernel does not tell its rules: {fault}", cure="see docs/kernel.md") from fault

    def _transaction(self, policy: Policy) -> int:
        """Installs, without a flowtable if it is not taken with one; returns the number of transactions."""
        stands, over = self._text, self._offload.choose(policy.settings)
        try:
            return self._install(policy, over)
        except EdgeError as error:
            if not over:
                raise
            self._text = stands
            transactions = self._install(policy, ())
            self._offload.refused(str(error))
            return transactions

    def _install(self, policy: Policy, flowtable: Sequence[str]) -> int:
        numbers = self.numbers(policy)
        lanes = {numbers[lane.key]: lane for lane in policy.lanes if lane.key in numbers}
        # Never fewer than before: until it has the new policy an inspector gives the old one's numbers.
        self._lanes = max(self._lanes, max(lanes, default=-1) + 1)
        keys = {number: key for key, number in numbers.items()}
        shift, host, settings = self._place.shift, self._place.kernel, policy.settings
        if not host.multipath:
            settings = replace(settings, mptcp="pass")
        bodies = policy.bodies.beginnings if host.bodies and settings.http == "every" else ()
        blocked = {lane.key: lane.blocked for lane in policy.lanes}
        text = learned_table(keys, settings, places(policy), spared(policy), shift, blocked) + ruleset(
            tuple(lanes.get(number, Lane(key="", blocked=())) for number in range(self._lanes)),
            settings,
            shift=shift,
            native_queue=host.native_queue,
            generation=policy.revision,
            doors=policy.bypass.doors,
            until=self._until,
            flowtable=flowtable,
            bodies=bool(bodies),
            noted=host.openings is not None,
        )
        patterns = (pattern for part in policy.patterns.parts for pattern in part.patterns)
        stands, self._text = self._text, ""
        names = chain(patterns, policy.bypass.names)
        transactions = kernel.install(host, text, settings, names, bodies=bodies, stands=stands, until=self._until)
        self._text = text
        return transactions


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
