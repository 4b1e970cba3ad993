"""Findings about bans: gaps, what can never match or block, unknown subjects, days that lie behind."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise

from enforcer.model.verdict import SERVICES, Verdict
from enforcer.policy.ban import Ban, Phase
from enforcer.policy.boundaries import local
from enforcer.policy.lint_rules import Finding
from enforcer.policy.spelling import meant
from enforcer.policy.subject_list import SUBJECTS
from enforcer.policy.vendor import Vendor


def lint_bans(
    bans: Sequence[Ban], vendors: Sequence[Vendor], subjects: Mapping[str, str], *, oldest: date, today: date
) -> Iterator[Finding]:
    """`subjects` is the list of subjects, empty where there is none; `oldest` the first day that is not too old."""
    services = {vendor.id: set(vendor.services) for vendor in vendors}
    for ban in bans:
        yield from _subjects(ban, subjects)
        yield from _gaps(ban)
        yield from _hosts(ban, set[str]().union(*(services.get(vendor, set()) for vendor in ban.vendors)))
        yield from _doubtful(ban)
        yield from _days(ban, oldest, today)
    used = {subject for ban in bans for subject in ban.subjects}
    for subject in subjects:
        if subject not in used:
            yield Finding(rule="unused-subject", file=SUBJECTS, path=f"subject.{subject}", why="no ban is for it")


def _subjects(ban: Ban, known: Collection[str]) -> Iterator[Finding]:
    for subject in ban.subjects:
        if known and subject not in known:
            why = f"{subject!r} is not in {SUBJECTS}{meant(subject, known)}"
            yield Finding(rule="unknown-subject", file=ban.file, path="subjects", why=why)


def _gaps(ban: Ban) -> Iterator[Finding]:
    """Overlaps are refused by loading."""
    for index, (phase, following) in enumerate(pairwise(ban.phases)):
        ends, starts = phase.interval.ends, following.interval.starts
        if ends is not None and ends < starts:
            until = local(starts, following.offsets[0])
            why = (
                f"{phase.id} ends {local(ends, phase.offsets[1])}, {following.id} starts {until}: nothing holds between"
            )
            yield Finding(rule="phase-gap", file=ban.file, path=f"phase[{index}].ends", why=why)


def _hosts(ban: Ban, known: set[str]) -> Iterator[Finding]:
    if not known:
        why = f"no host of {', '.join(ban.vendors)} is known: it can never match"
        yield Finding(rule="hostless-ban", file=ban.file, path="vendors", why=why)
        return
    exempt = {service for one in ban.exemptions for service in one.services}
    spoken = exempt.union(*(actions.listed for phase in ban.phases for actions in phase.profiles.values()))
    hostless = [service for service in SERVICES if service in spoken - known]
    if hostless:
        why = f"speaks of {', '.join(hostless)}, of which no host of {', '.join(ban.vendors)} is known"
        yield Finding(rule="hostless-service", file=ban.file, path="phase", why=why)


def _doubtful(ban: Ban) -> Iterator[Finding]:
    for index, phase in enumerate(ban.phases):
        if not _blocks(phase):
            continue
        if ban.tentative:
            why = f"blocks in {phase.id}, but the ban is {ban.tentative}, so it never does"
            yield Finding(rule="never-blocks", file=ban.file, path="status", why=why)
        elif phase.confidence == "low":
            why = f"{phase.id} blocks, but its confidence is low, so it never does"
            yield Finding(rule="never-blocks", file=ban.file, path=f"phase[{index}].confidence", why=why)


def _blocks(phase: Phase) -> bool:
    return any(Verdict.BLOCK in (*actions.listed.values(), actions.otherwise) for actions in phase.profiles.values())


def _days(ban: Ban, oldest: date, today: date) -> Iterator[Finding]:
    if ban.verified_on < oldest:
        why = f"verified on {ban.verified_on}, which is before {oldest}"
        yield Finding(rule="stale", file=ban.file, path="verified_on", why=why)
    if ban.verified_through < today:
        days = (today - ban.verified_through).days
        why = f"what the law says is known through {ban.verified_through}, {days} days ago"
        yield Finding(rule="behind", file=ban.file, path="verified_through", why=why)
