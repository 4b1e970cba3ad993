"""A report as JSON, in the shape of docs/audit.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from enforcer.audit.count import Count
from enforcer.audit.gap import Coverage
from enforcer.audit.in_force import BanNow, Change, InForce
from enforcer.audit.report import FOUND, ROW, WHY, Days, Finding, Happened, Report, Waived, part_of
from enforcer.audit.report_findings import date
from enforcer.audit.report_gaps import none_seconds
from enforcer.model.calendar import iso
from enforcer.model.verdict import Verdict

VERSION = 1


def members(report: Report) -> dict[str, Any]:
    """Only what JSON has: dicts, lists, text, numbers, truth, null. Instants as RFC 3339."""
    return {
        "version": VERSION,
        "in_force": _in_force(report.in_force),
        "store": {
            "path": report.store,
            "found": report.happened is not None,
            "writing": report.happened is not None and report.happened.writing,
            "revision": (report.happened.revision or None) if report.happened else None,
            "mode": (report.happened.mode or None) if report.happened else None,
        },
        "stores": [] if report.happened is None else list(_stores(report.store, report.happened)),
        "simulated": report.simulated,
        "happened": None if report.happened is None else _happened(report.happened),
    }


def _stores(path: str, told: Happened) -> Iterator[dict[str, Any]]:
    """The one, or each of several."""
    for one in told.parts or (part_of(told, told.gateway, path),):
        yield {
            "gateway": one.gateway or None,
            "path": one.store,
            "writing": one.writing,
            "revision": one.revision or None,
            "mode": one.mode or None,
            "occurrences": one.occurrences,
        }


def _in_force(now: InForce) -> dict[str, Any]:
    return {
        "at": iso(now.at),
        "revision": now.revision,
        "groups": [
            {
                "group": one.group.name,
                "subjects": list(one.group.subjects),
                "profile": str(one.group.profile),
                "ceiling": one.group.ceiling.word,
                "bans": [_ban(ban) for ban in one.bans],
            }
            for one in now.groups
        ],
        "next_change": _instant(now.next_change),
        "changes": [_change(change) for change in now.changes],
    }


def _ban(now: BanNow) -> dict[str, Any]:
    phase = now.phase
    return {
        "ban": now.ban.id,
        "title": now.ban.title,
        "status": now.ban.status,
        "wording": now.ban.wording,
        "citations": list(now.ban.citations),
        "phase": phase.id if phase else None,
        "since": iso(phase.interval.starts) if phase else None,
        "until": _instant(phase.interval.ends) if phase else None,
        "next_phase": _instant(now.begins),
        "summary": phase.summary if phase else None,
        "services": [
            {"vendor": doing.vendor, "service": service, "verdict": doing.verdict.word}
            for doing in now.doings
            for service in doing.services
        ],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "group": change.group,
        "vendor": change.vendor,
        "service": change.service,
        "before": change.before.word,
        "after": change.after.word,
        "ban": change.ban or None,
        "phase": change.phase or None,
        "waiver": change.waiver or None,
    }


def _happened(told: Happened) -> dict[str, Any]:
    return {
        "since": iso(told.since),
        "until": iso(told.until),
        "occurrences": told.rows.occurrences,
        "rows": [_count(ROW, row) for row in told.rows.rows],
        "rows_omitted": told.rows.omitted,
        "why": [{**_count(WHY, why.count), "passed": why.passed, "reason": why.reason} for why in told.why],
        "days": _days(told.days),
        "waivers": [_waived(one) for one in told.waived],
        "findings": [_finding(one) for one in told.findings],
        "service": {row.key[0]: row.records for row in told.own},
        "last_error": told.last_error or None,
        "gaps": None if told.coverage is None else _gaps(told.coverage, told.gateway),
        "gaps_omitted": 0 if told.coverage is None else told.coverage.more,
        "none_in_force": None if (seconds := none_seconds(told)) is None else round(seconds, 3),
        "set_apart": told.others,
    }


def _days(days: Days) -> list[dict[str, Any]]:
    return [
        {"day": date(day), **{verdict.word: amounts.get(verdict, 0) for verdict in Verdict}}
        for day, amounts in sorted(days.items())
    ]


def _finding(one: Finding) -> dict[str, Any]:
    return {
        **_count(FOUND, one.count),
        "reason": one.reason,
        "clients": one.clients,
        "of_clients": [_count(("client",), row) for row in one.of_clients],
    }


def _waived(one: Waived) -> dict[str, Any]:
    return {
        "waiver": one.waiver,
        "count": one.count.occurrences if one.count else 0,
        "first": iso(one.count.first) if one.count else None,
        "last": iso(one.count.last) if one.count else None,
        "pause": one.pause or None,
    }


def _count(names: Sequence[str], row: Count) -> dict[str, Any]:
    return {
        **{name: value or None for name, value in zip(names, row.key, strict=True)},
        "count": row.occurrences,
        "first": iso(row.first),
        "last": iso(row.last),
    }


def _gaps(covered: Coverage, gateway: str) -> list[dict[str, Any]]:
    return [
        {
            "cause": str(gap.cause),
            "starts": iso(gap.starts),
            "ends": _instant(gap.ends),
            "traffic": gap.traffic,
            "fail": gap.fail or None,
            "pause": gap.id or None,
            "lost": gap.lost,
            "reason": gap.reason or None,
            "gateway": gap.gateway or gateway or None,
        }
        for gap in covered.gaps
    ]


def _instant(at: float | None) -> str | None:
    return None if at is None else iso(at)
