"""The policy in force, and how another one follows it: in the kernel, in the inspectors, on record."""

from __future__ import annotations

from enforcer.edge import tap
from enforcer.edge.charge import Charge
from enforcer.edge.chronicle import Chronicle
from enforcer.edge.crew import Crew
from enforcer.edge.rules import AS_PUT, Rules
from enforcer.model.errors import EdgeError, PolicyError
from enforcer.policy.compiled import Policy

FIXED = ("mode", "interfaces", "queue", "inspectors", "mark_mask", "fail", "store", "syslog", "collectors")
"""Settings that need a restart."""


class Succession:
    """`begin` once, when the crew is at work."""

    def __init__(self, charge: Charge, policy: Policy, crew: Crew, chronicle: Chronicle) -> None:
        self._charge = charge
        self._crew = crew
        self._chronicle = chronicle
        self.policy = policy
        self.origin = ""
        """Where the policy in force came from, to stand in a sentence; empty if there is nothing to say of it."""

    def begin(self, rules: Rules | tap.NoRules) -> str:
        """Puts the first policy in force by these rules; says where it came from. Raises EdgeError."""
        self._rules = rules
        rules.install(self.policy, self._charge.clock.monotonic())
        self.origin = self._charge.accept()
        return self.origin

    def reload(self) -> str:
        """Reads the policy anew. One that is broken changes nothing; then why is returned, and else nothing."""
        again = f"; {AS_PUT}" if self._rules.weakness else ""
        try:
            policy = self._charge.load()
            _refuse_what_needs_a_restart(self.policy, policy)
            self._rules.install(policy, self._charge.clock.monotonic())
        except (PolicyError, EdgeError) as error:
            refused = f"reload refused, revision {self.policy.revision} stays in force: {error}"
            self._chronicle.record("error", refused)
            return refused
        old, self.policy = self.policy, policy
        self._crew.replace_policy(policy, self._rules.numbers(policy))
        self.origin = self._origin()
        told = f"revision {policy.revision}{self.origin} replaces {old.revision}{again}"
        self._chronicle.record("reload", told)
        return ""

    def _origin(self) -> str:
        """Where the policy came from that is in force now. What cannot be remembered of it is told, not undone."""
        try:
            return self._charge.accept()
        except EdgeError as error:
            self._chronicle.record("error", f"{error}; after a restart an older one may be taken for new")
            return ""


def _refuse_what_needs_a_restart(old: Policy, new: Policy) -> None:
    for key in FIXED:
        before, after = getattr(old.settings, key), getattr(new.settings, key)
        if before != after:
            how = "" if key == "collectors" else f" from {before!r} to {after!r}"
            raise EdgeError(
                f"{key} changed{how}, which a reload cannot do",
                cure="restart the service to change it",
            )
