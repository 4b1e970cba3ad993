"""The JSON Schema of ban files. ban_file.py is the truth; tests hold this to it."""

from __future__ import annotations

from enforcer.model.verdict import SERVICES, Effect, Profile, Verdict
from enforcer.policy.ban import CLOCKS, STATUSES, WORDINGS
from enforcer.policy.ban_file import MAX_PHASES, VERDICTS
from enforcer.policy.schema_values import (
    Schema,
    choice,
    choices,
    cited,
    day,
    instant,
    sources_table,
    table,
    tables,
    text,
    texts,
    word,
)
from enforcer.policy.schema_vendor import CONFIDENCE
from enforcer.policy.vendor import LEVELS

_WHAT_IT_DOES = {
    Verdict.ALLOW: "Services that pass, without a record.",
    Verdict.OBSERVE: "Services that pass and are recorded.",
    Verdict.FLAG: "Services that pass, are recorded and alerted.",
    Verdict.BLOCK: "Services that are stopped, recorded and alerted.",
}
_PROFILES = {
    Profile.STATUTORY: "What the text asks for, and never more.",
    Profile.PROTECTIVE: "What a careful organisation chooses.",
}


def ban_schema() -> Schema:
    wording = (
        "How reports put it. `required by` only where the text binds whoever runs the network: a ban on use, "
        "procurement or traffic."
    )
    status = "`proposed` and `unconfirmed` never block. `ended` needs an `ends` in its last phase."
    return table(
        "What a law says: for whom, from when, which services. Knows no hosts.",
        required={
            "ban": word("The ban's id, as records and case files call it."),
            "title": text("The instrument's title."),
            "vendors": texts("Whom it is about: ids of vendor files.", some=True),
            "effect": choice("What the text does, and to whom.", tuple(Effect)),
            "status": choice(status, STATUSES),
            "subjects": texts("Whom it binds or protects: words of subjects.toml.", some=True),
            "wording": choice(wording, WORDINGS),
            "citations": texts("Where it stands. The first is in every reason.", some=True),
            "verified_on": day("The day on which somebody last looked."),
            "verified_through": day("Up to which day nothing newer was found."),
            "sources": sources_table(),
            "phase": tables(_phase(), MAX_PHASES, 1),
        },
        optional={"exemption": tables(_exemption(), MAX_PHASES)},
    )


def _exemption() -> Schema:
    return table(
        "Services that this ban, and only this one, leaves alone.",
        required={
            "services": choices("The services left alone.", SERVICES),
            "text": text("What says so."),
            "sources": cited(),
        },
    )


def _phase() -> Schema:
    clock = "`stated`: the text gives the time of day. `assumed`: we took local midnight."
    return table(
        "What holds from an instant on. Phases stand in the order of time.",
        required={
            "phase": word("The phase's id, once in the file."),
            "starts": instant(
                "The first instant of the phase, in the offset that the law's own place had on that day."
            ),
            "clock": choice(clock, CLOCKS),
            "confidence": choice(CONFIDENCE, LEVELS),
            "summary": text("In a few words, what holds."),
            "sources": cited(),
            **{profile.value: _profile(about) for profile, about in _PROFILES.items()},
        },
        optional={
            "ends": instant("The first instant after the phase. Without it: the next start; the last stays open.")
        },
    )


def _profile(about: str) -> Schema:
    return table(
        f"{about} Each service stands in one list at most.",
        required={
            "otherwise": choice("For the services that stand in no list.", VERDICTS),
            "undecodable": choice("For traffic that should carry a name and cannot be read.", VERDICTS),
        },
        optional={verdict.word: choices(about, SERVICES, default=()) for verdict, about in _WHAT_IT_DOES.items()},
    )
