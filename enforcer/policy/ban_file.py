"""A ban file's table to a `Ban`. Faults are noted in the table; see table.py for what is then returned."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from enforcer.model.calendar import Interval, iso
from enforcer.model.verdict import SERVICES, Effect, Profile, Verdict
from enforcer.policy.ban import CLOCKS, STATUSES, WORDINGS, Actions, Ban, Exemption, Phase
from enforcer.policy.sources import cited, read_sources
from enforcer.policy.table import Table
from enforcer.policy.vendor import LEVELS

MAX_PHASES = 100
VERDICTS = tuple(verdict.word for verdict in Verdict)
EMPTY_PROFILE = 'is empty; to watch only, write { otherwise = "observe", undecodable = "observe" }'
BINDS_THE_USER = (Effect.USE_PROHIBITED, Effect.PROCUREMENT_PROHIBITED, Effect.TRAFFIC_PROHIBITED)


def read_ban(table: Table) -> Ban:
    id_, title, sources = table.word("ban"), table.text("title"), read_sources(table)
    ban = Ban(
        id=id_,
        title=title,
        vendors=_some(table, "vendors"),
        effect=Effect(table.choice("effect", tuple(Effect))),
        status=table.choice("status", STATUSES),
        subjects=_some(table, "subjects"),
        wording=table.choice("wording", WORDINGS),
        citations=_some(table, "citations"),
        verified_on=table.day("verified_on"),
        verified_through=table.day("verified_through"),
        sources=sources,
        exemptions=tuple(_exemption(row, sources) for row in table.tables("exemption", MAX_PHASES)),
        phases=_phases(table, sources),
        file=table.file,
    )
    _agree(table, ban)
    table.done()
    return ban


def _some(table: Table, key: str) -> tuple[str, ...]:
    words = table.texts(key)
    if not words and table.values.get(key) == []:
        table.fault(key, "must not be empty")
    return words


def _agree(table: Table, ban: Ban) -> None:
    """What no key can tell by itself."""
    if ban.wording == "required by" and ban.effect not in BINDS_THE_USER:
        table.fault("wording", f"a {ban.effect} text does not bind the user of a network; write 'aligned with'")
    if ban.status == "ended" and ban.phases and ban.phases[-1].interval.ends is None:
        table.fault("status", f"an ended ban says when: give phase[{len(ban.phases) - 1}] an `ends`")


def _exemption(table: Table, sources: Collection[str]) -> Exemption:
    exemption = Exemption(
        services=table.choices("services", SERVICES),
        text=table.text("text"),
        sources=cited(table, sources),
    )
    table.done()
    return exemption


def _phases(table: Table, sources: Collection[str]) -> tuple[Phase, ...]:
    tables = list(table.tables("phase", MAX_PHASES))
    if not tables:
        table.fault("phase", "a ban has at least one `[[phase]]`")
    starts = [one.instant("starts") for one in tables]
    phases = []
    for index, one in enumerate(tables):
        following = starts[index + 1] if index + 1 < len(starts) else None
        interval = Interval(starts[index], _ends(one, starts[index], following))
        offsets = one.offset("starts"), _ends_offset(tables, index)
        phases.append(_phase(one, interval, offsets, sources))
        if following and starts[index] and following <= starts[index]:
            tables[index + 1].fault("starts", f"does not come after the phase before it, {iso(starts[index])}")
    _once(tables, phases)
    return tuple(phases)


def _ends(table: Table, starts: float, following: float | None) -> float | None:
    ends = table.optional_instant("ends")
    if ends is None:
        return following
    if not (starts and ends):  # faulty, and told already
        return ends
    if ends <= starts:
        table.fault("ends", f"{iso(ends)} is not after `starts`, {iso(starts)}")
    elif following and ends > following:
        table.fault("ends", f"{iso(ends)} overlaps the next phase, which starts {iso(following)}")
    return ends


def _ends_offset(tables: Sequence[Table], index: int) -> int:
    """That of the end as given, or of the next phase's start, or of the last phase's own start."""
    if tables[index].has("ends"):
        return tables[index].offset("ends")
    return tables[min(index + 1, len(tables) - 1)].offset("starts")


def _once(tables: list[Table], phases: list[Phase]) -> None:
    seen: set[str] = set()
    for table, phase in zip(tables, phases, strict=True):
        if phase.id in seen:
            table.fault("phase", f"{phase.id!r} stands here twice")
        seen.add(phase.id)


def _phase(table: Table, interval: Interval, offsets: tuple[int, int], sources: Collection[str]) -> Phase:
    phase = Phase(
        id=table.word("phase"),
        interval=interval,
        clock=table.choice("clock", CLOCKS),
        confidence=table.choice("confidence", LEVELS),
        summary=table.text("summary"),
        sources=cited(table, sources),
        profiles={profile: _actions(table, profile) for profile in Profile},
        offsets=offsets,
    )
    table.done()
    return phase


def _actions(table: Table, profile: Profile) -> Actions:
    inner = table.table(profile)
    if inner is None or not inner.values:
        if table.values.get(profile) == {}:
            table.fault(profile, EMPTY_PROFILE)
        return Actions(listed={}, otherwise=Verdict.OBSERVE, undecodable=Verdict.OBSERVE)
    listed: dict[str, Verdict] = {}
    for verdict in Verdict:
        for service in inner.choices(verdict.word, SERVICES, ()):
            if service in listed:
                inner.fault(verdict.word, f"{service!r} stands under `{listed[service].word}` already")
            listed[service] = verdict
    actions = Actions(
        listed=listed,
        otherwise=_verdict(inner, "otherwise"),
        undecodable=_verdict(inner, "undecodable"),
    )
    inner.done()
    return actions


def _verdict(table: Table, key: str) -> Verdict:
    return Verdict[table.choice(key, VERDICTS).upper()]
