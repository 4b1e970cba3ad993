"""The tables of `enforcer policy show` as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from enforcer.model.calendar import iso
from enforcer.policy.ban import Ban
from enforcer.policy.binding import MEANING, concerns
from enforcer.policy.claims import Claim
from enforcer.policy.compiled import Policy
from enforcer.policy.day import Line, Table, chosen
from enforcer.policy.site import Group, Waiver


def as_json(
    policy: Policy, group: Group, at: float, tables: Sequence[Table], waivers: Sequence[Waiver]
) -> dict[str, Any]:
    bans = {ban.id: ban for table in tables for ban in table.bans}
    return {
        "at": iso(at),
        "revision": policy.revision,
        "group": group.name,
        "subjects": group.subjects,
        "profile": group.profile.value,
        "tables": [_table(table) for table in tables],
        "bans": [_ban(ban, group, at) for ban in bans.values()],
        "waivers": [_waiver(one) for one in waivers],
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "vendor": table.vendor.id if table.vendor else None,
        "services": [_line(line) for line in table.lines],
        "no_host_known": table.hostless,
    }


def _line(line: Line) -> dict[str, Any]:
    result = line.result
    return {
        "service": line.service or None,
        "verdict": result.verdict.word,
        "reason": result.reason,
        "ban": result.ban,
        "phase": result.phase,
        "waiver": result.waiver,
        "would_block_from": _instant(result.would_block_from),
        "next_change": _instant(result.next_change),
        "bans": {claim.ban.id: _claim(claim) for claim in line.claims},
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "verdict": claim.verdict.word,
        "phase": claim.phase.id if claim.phase else None,
        "exempt": claim.exemption.text if claim.exemption else None,
        "our_choice": chosen(claim),
        "lowered_because": claim.lowered or None,
    }


def _ban(ban: Ban, group: Group, at: float) -> dict[str, Any]:
    phase = ban.phase_at(at)
    return {
        "ban": ban.id,
        "title": ban.title,
        "status": ban.status,
        "effect": ban.effect.value,
        "meaning": MEANING[ban.effect],
        "concerns_us": concerns(ban, group),
        "wording": ban.wording,
        "citations": ban.citations,
        "subjects": ban.subjects,
        "phase": phase.id if phase else None,
        "exemptions": [{"services": one.services, "text": one.text} for one in ban.exemptions],
        "verified_on": ban.verified_on.isoformat(),
        "verified_through": ban.verified_through.isoformat(),
    }


def _waiver(one: Waiver) -> dict[str, Any]:
    return {
        "id": one.id,
        "softens_to": one.softens_to.word,
        "starts": iso(one.interval.starts),
        "ends": _instant(one.interval.ends),
        "reason": one.reason,
        "ticket": one.ticket,
        "approver": one.approver,
        "singles_out": one.fine,
    }


def _instant(at: float | None) -> str | None:
    return None if at is None else iso(at)
