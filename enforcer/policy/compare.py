"""An old policy set against a new one: what its files say differently, and whom that touches, when and how."""

from __future__ import annotations

from dataclasses import dataclass

from enforcer.policy.compare_bans import BanChange, compare_bans
from enforcer.policy.compare_effect import Comparer, Effect
from enforcer.policy.compare_hosts import PatternChange, compare_hosts
from enforcer.policy.compare_ways import compare_ways
from enforcer.policy.compiled import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    old: str
    """The revisions."""
    new: str
    patterns: tuple[PatternChange, ...]
    bans: tuple[BanChange, ...]
    effects: tuple[Effect, ...]
    ways: tuple[PatternChange, ...] = ()
    """Around DNS."""

    @property
    def same(self) -> bool:
        """Nothing that is told differs; comments, sources and notes may."""
        return not (self.patterns or self.bans or self.effects or self.ways)


def compare(old: Policy, new: Policy, at: float | None = None) -> Comparison:
    """`at` narrows the effects to one instant; what the files say is told in any case."""
    patterns = compare_hosts(old.vendors, new.vendors)
    comparer = Comparer(old, new, at)
    changed = [key for change in patterns for key in change.patterns]
    return Comparison(
        old=old.revision,
        new=new.revision,
        patterns=patterns,
        bans=compare_bans(old.bans, new.bans),
        effects=(*comparer.services(), *comparer.patterns(changed)),
        ways=compare_ways(old.bypass, new.bypass),
    )
