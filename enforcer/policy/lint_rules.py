"""What lint looks for, how grave each is, and its cure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """Ordered by gravity."""

    NOTE = 0
    """Worth knowing; may well be meant."""
    WARNING = 1
    """Wrong soon, or probably not meant."""
    ERROR = 2
    """Judges otherwise than its author can have meant."""

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Rule:
    severity: Severity
    cure: str


RULES = {
    "unknown-subject": Rule(
        Severity.ERROR, "write a word of the list of subjects, or add this one there with its title"
    ),
    "shared-suffix": Rule(Severity.ERROR, "list the vendor's full names below it; a shared suffix matches everybody's"),
    "pierces-trap": Rule(Severity.WARNING, "take the pattern out, or narrow the trap: the longer pattern wins"),
    "phase-gap": Rule(Severity.WARNING, "let the phase last until the next one, or write down what holds between"),
    "waiver-ended": Rule(Severity.WARNING, "take it out of the site file; the records keep what it did"),
    "waiver-ends-soon": Rule(Severity.WARNING, "mend what it was for, or have a new one approved before it ends"),
    "waiver-idle": Rule(Severity.WARNING, "look at its scope and period, or take it out"),
    "old-name": Rule(Severity.WARNING, "nothing need be done; `enforcer config migrate` rewrites it"),
    "plain-collector": Rule(Severity.WARNING, "use tls:// (docs/collectors.md), or keep it to a network of its own"),
    "certificate-unusable": Rule(
        Severity.WARNING, "see that it is there, in PEM, and that the service's user may read it"
    ),
    "key-exposed": Rule(
        Severity.WARNING, "run `chmod o=` on it; if somebody may have read it, have another one signed"
    ),
    "certificate-ended": Rule(Severity.WARNING, "renew it, then restart the service"),
    "certificate-ends-soon": Rule(Severity.WARNING, "renew it before that day, then restart the service"),
    "adopts-nothing": Rule(Severity.WARNING, "give the site or group the subjects that it is, or the bans it adopts"),
    "idle-way": Rule(Severity.WARNING, "add the files of `bypass/` to the policy set, or do not rely on it"),
    "everyday-path": Rule(
        Severity.WARNING, "name more of the path: as it stands, strangers' requests become findings about the vendor"
    ),
    "shadowed-path": Rule(
        Severity.WARNING, "narrow the shape that takes them, or take this one out: one path can show one service only"
    ),
    "everyday-body": Rule(
        Severity.WARNING, "name more of the file: as it stands, strangers' downloads become findings about the vendor"
    ),
    "shadowed-body": Rule(
        Severity.WARNING, "lengthen the body that takes them, or take this one out: one file can show one service only"
    ),
    "hostless-ban": Rule(Severity.WARNING, "add hosts to the vendor's file; until then the ban does nothing here"),
    "unnamed-vendor": Rule(Severity.WARNING, "name the vendor in a ban, or take its file out: nothing is ever judged"),
    "stale": Rule(Severity.WARNING, "look at the sources again, mend what changed, and write the new day"),
    "behind": Rule(Severity.WARNING, "see whether the law has changed since, and write the day up to which you looked"),
    "shared-hosting": Rule(
        Severity.NOTE, "right for judging by name; nothing may ever learn addresses from it, others live there too"
    ),
    "in-others-domain": Rule(Severity.NOTE, "see that it is the vendor's own host in a domain of somebody else"),
    "list-overrides": Rule(
        Severity.NOTE, "see that the list is right about them: it decides there, not what stands in the vendor's file"
    ),
    "redundant-pattern": Rule(Severity.NOTE, "nothing need be done; without it the same would be judged alike"),
    "redundant-prefix": Rule(Severity.NOTE, "nothing need be done; without it the same would be judged alike"),
    "redundant-path": Rule(Severity.NOTE, "nothing need be done; without it the same would be judged alike"),
    "redundant-body": Rule(Severity.NOTE, "nothing need be done; without it the same would be judged alike"),
    "idle-trap": Rule(Severity.NOTE, "nothing need be done: no pattern reaches there, the trap only documents"),
    "never-blocks": Rule(Severity.NOTE, "find better sources and raise the confidence or status, if they bear it"),
    "hostless-service": Rule(Severity.NOTE, "find hosts of it: nothing can be done about a service that has none"),
    "unnamed-service": Rule(Severity.NOTE, "see that `otherwise` is what you mean for it"),
    "unused-subject": Rule(Severity.NOTE, "nothing need be done: the word is known, no loaded ban is for it"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    rule: str
    file: str
    path: str
    why: str

    @property
    def severity(self) -> Severity:
        return RULES[self.rule].severity

    @property
    def cure(self) -> str:
        return RULES[self.rule].cure

    @property
    def place(self) -> str:
        return f"{self.file}: {self.path}" if self.path else self.file
