"""The JSON Schema of case files. case_file.py is the truth; tests hold this to it."""

from __future__ import annotations

from collections.abc import Sequence

from enforcer.model.verdict import SERVICES
from enforcer.policy.ban_file import VERDICTS
from enforcer.policy.case_file import MAX_CASES
from enforcer.policy.schema_site import site_tables
from enforcer.policy.schema_values import (
    ADDRESS,
    ANY_HOST,
    Schema,
    any_text,
    choice,
    instant,
    one_of_these,
    shaped,
    table,
    tables,
    texts,
)
from enforcer.policy.site import DEFAULT_SUBJECTS
from enforcer.policy.site_file import PROFILES

_ASKED = ("name", "names", "address", "addresses")


def cases_schema() -> Schema:
    case = table(
        "A question and the answer that the law calls for. What `[defaults]` says need not be said again.", {}, _keys()
    )
    return table(
        "What the policies are to say of names and addresses, of whom and when.",
        required={"case": tables(case, MAX_CASES, 1)},
        optional={
            "defaults": table("What every case says that does not say otherwise.", {}, _keys()),
            **site_tables(),
        },
        allOf=[_somewhere(["at"]), _somewhere(["verdict"]), _somewhere(_ASKED)],
    )


def _keys() -> dict[str, Schema]:
    return {**_question(), **_answer()}


def _question() -> dict[str, Schema]:
    profile = "Judged by this profile. Left out: by each, and they must agree."
    return {
        "at": instant("When it is asked."),
        "name": shaped("A single name that is asked.", ANY_HOST),
        "names": texts("Names, each asked by itself.", pattern=ANY_HOST, default=()),
        "address": shaped("A single address that is asked.", ADDRESS),
        "addresses": texts("Addresses, each asked by itself.", pattern=ADDRESS, default=()),
        "client": shaped("The address of the client that asks. Needs site tables in this file to matter.", ADDRESS),
        "subjects": texts("Who asks, if nobody of the site tables: words of subjects.toml.", default=DEFAULT_SUBJECTS),
        "profile": choice(profile, PROFILES),
        "bans": texts("Adopted are only these. Empty: every ban that binds one of the subjects.", default=()),
    }


def _answer() -> dict[str, Schema]:
    unsaid = "Left out: not looked at."
    return {
        "verdict": choice("What must be said.", VERDICTS),
        "ban": any_text(f"The ban that must have decided; empty for none. {unsaid}"),
        "phase": any_text(f"Its phase; empty for none. {unsaid}"),
        "service": choice(f"The service; empty for none. {unsaid}", ("", *SERVICES)),
        "reason": any_text("Must stand somewhere in the reason."),
        "would_block_from": instant(f"From when it is blocked. {unsaid}"),
    }


def _somewhere(keys: Sequence[str]) -> Schema:
    """Every case has one of these keys, unless the defaults have. So put, an editor shows the fault at the case."""
    silent: Schema = {"properties": {"defaults": {"not": {"anyOf": one_of_these(keys)}}}}
    every_case: Schema = {"properties": {"case": {"items": {"anyOf": one_of_these(keys)}}}}
    if len(keys) == 1:
        every_case = {"properties": {"case": {"items": {"required": list(keys)}}}}
    return {"if": silent, "then": every_case}
