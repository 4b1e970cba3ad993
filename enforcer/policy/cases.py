"""Asks a policy what case files expect of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from enforcer.model.calendar import iso
from enforcer.model.decision import Decision
from enforcer.model.errors import Fault
from enforcer.model.observation import Client, How, Observation
from enforcer.policy.case_file import Case, CaseFile
from enforcer.policy.compiled import Policy
from enforcer.policy.faults import Faults
from enforcer.policy.judge import decide
from enforcer.policy.site import DEFAULT_SUBJECTS, Group, Site
from enforcer.policy.spelling import meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as expected."""

    what: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One name or address of one case, asked in one profile."""

    case: Case
    group: Group
    asked: str
    decision: Decision
    differences: tuple[Difference, ...]


def ask(policy: Policy, files: Sequence[CaseFile]) -> Iterator[Answer]:
    """Every question of every case. The site file of `policy` plays no part: each case says whom it is about.

    Raises PolicyError where a case names what is not loaded.
    """
    faults = Faults()
    faults.extend(fault for file in files for case in file.cases for fault in _unknown(policy, case))
    faults.refuse()
    for file in files:
        yield from _ask(policy, file)


def _ask(policy: Policy, file: CaseFile) -> Iterator[Answer]:
    """One policy for the file: everybody who is asked for is a group of his own, told apart by an interface."""
    groups = {(case.path, group.profile): group for case in file.cases for group in _groups(case)}
    ours = Policy(
        configuration=policy.configuration,
        settings=policy.settings,
        vendors=policy.vendors,
        bans=policy.bans,
        site=Site(groups=(*file.site.groups, *groups.values()), waivers=file.site.waivers),
        patterns=policy.patterns,
    )
    for case in file.cases:
        for group in _groups(case) or (None,):
            client = Client(address=case.client, interface=group.interfaces[0] if group else None)
            for observation in _observations(case):
                decision = decide(ours, observation, client, case.at)
                yield Answer(
                    case=case,
                    group=ours.group(client),
                    asked=str(observation.address or observation.names[0]),
                    decision=decision,
                    differences=tuple(_differences(case, decision)),
                )


def _groups(case: Case) -> tuple[Group, ...]:
    if case.whose is None:
        return ()
    whose = case.whose
    return tuple(
        Group(
            name=f"{case.path} {profile}",
            interfaces=(f"{case.path} {profile}",),
            subjects=whose.subjects,
            profile=profile,
            bans=whose.bans,
        )
        for profile in whose.profiles
    )


def _observations(case: Case) -> Iterator[Observation]:
    for name in case.names:
        yield Observation(how=How.DNS, names=(name,))
    for address in case.addresses:
        yield Observation(how=How.ADDRESS, address=address)


def _differences(case: Case, said: Decision) -> Iterator[Difference]:
    pairs = (
        ("verdict", case.verdict.word, said.verdict.word),
        ("ban", case.ban, said.ban or ""),
        ("phase", case.phase, said.phase or ""),
        ("service", case.service, said.service or ""),
    )
    for what, expected, got in pairs:
        if expected is not None and expected != got:
            yield Difference(what=what, expected=expected or "none", got=got or "none")
    if case.would_block_from is not None and case.would_block_from != said.would_block_from:
        got = "none" if said.would_block_from is None else iso(said.would_block_from)
        yield Difference(what="would_block_from", expected=iso(case.would_block_from), got=got)
    if case.reason not in said.reason:
        yield Difference(what="reason", expected=f"…{case.reason}…", got=said.reason)


def _unknown(policy: Policy, case: Case) -> Iterator[Fault]:
    """What a case names and nobody has loaded: such a case would fail, or pass, for the wrong reason."""
    bans = {ban.id: ban for ban in policy.bans}
    subjects = {*DEFAULT_SUBJECTS, *(subject for ban in policy.bans for subject in ban.subjects)}
    if case.whose:
        yield from _not_in(subjects, case, "subjects", "subject", case.whose.subjects)
        yield from _not_in(bans, case, "bans", "ban", case.whose.bans)
    yield from _not_in(bans, case, "ban", "ban", [case.ban or ""])
    if case.ban in bans:
        phases = [phase.id for phase in bans[case.ban].phases]
        yield from _not_in(phases, case, "phase", f"phase of {case.ban}", [case.phase or ""])


def _not_in(known: Collection[str], case: Case, key: str, what: str, words: Iterable[str]) -> Iterator[Fault]:
    for word in words:
        if word and word not in known:
            yield Fault(
                file=case.file, path=f"{case.path}.{key}", why=f"no {what} {word!r} is loaded{meant(word, known)}"
            )
