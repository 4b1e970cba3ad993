"""The JSON Schema of vendor files. vendor_file.py is the truth; tests hold this to it."""

from __future__ import annotations

from enforcer.model.verdict import SERVICES
from enforcer.policy.bodies import BODY
from enforcer.policy.schema_values import (
    HOST,
    SUBNET,
    Schema,
    any_text,
    choice,
    cited,
    day,
    flag,
    one_of_these,
    shaped,
    sources_table,
    table,
    tables,
    text,
    texts,
    word,
)
from enforcer.policy.shapes import SHAPE
from enforcer.policy.vendor import LEVELS, STRENGTHS, TRAP_KINDS

SERVICE = "What is done there. A vendor file knows no dates, a ban no hosts: they meet in the service."
CONFIDENCE = "How sure we are. What is `low` never blocks by itself."
_EVIDENCE = "How well a contact shows that the product is in use."
_PATTERN = "Lower case, A-labels (xn--), no final dot, no `*`, at least two labels; once in the whole set."
_NOTE = "What else the next reader should know."
_PATTERNS = ("names", "domains", "names_list", "domains_list")
_LIST = r"^lists/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/){0,6}[A-Za-z0-9_-][A-Za-z0-9._-]*\.txt$"


def vendor_schema() -> Schema:
    return table(
        "Who a vendor is on the wire. Knows no dates.",
        required={
            "vendor": word("The vendor's id: the name of this file without .toml."),
            "title": text("The vendor's name, as people are told."),
            "verified_on": day("The day on which somebody last looked."),
            "sources": sources_table(),
        },
        optional={
            "hosts": tables(_hosts()),
            "trap": tables(_trap()),
            "network": tables(_network()),
            "payload": tables(_payload()),
        },
    )


def _hosts() -> Schema:
    return table(
        "Names of one service that share their sources and confidence.",
        required={
            "service": choice(SERVICE, SERVICES),
            "confidence": choice(CONFIDENCE, LEVELS),
            "sources": cited(),
        },
        optional={
            **_names(),
            "ports": texts("What was seen, like tcp/443. Documentation: a match does not ask for it.", default=()),
            "evidence": choice(_EVIDENCE, STRENGTHS, "medium"),
            "note": any_text(_NOTE),
            "verified_on": day("The day on which somebody last looked at these, if another than the file's."),
        },
        anyOf=one_of_these(_PATTERNS),
    )


def _trap() -> Schema:
    kinds = (
        "not-evidence: the vendor's name, but anybody's browser asks for it. look-alike: somebody poses as the vendor. "
        "not-vendor: another company's. shared: everybody's, as a CDN."
    )
    return table(
        "Names that look like the vendor's and are no evidence of it: never put down to the vendor.",
        required={
            "kind": choice(kinds, TRAP_KINDS),
            "reason": text("Why a contact says nothing about the vendor."),
            "confidence": choice(CONFIDENCE, LEVELS),
            "sources": cited(),
        },
        optional=_names(),
        anyOf=one_of_these(_PATTERNS),
    )


def _network() -> Schema:
    exclusive = (
        "True only where nobody but the vendor's own restricted service lives there. Otherwise contacts are observed, "
        "never more."
    )
    return table(
        "Addresses announced by the vendor.",
        required={
            "service": choice(SERVICE, SERVICES),
            "prefixes": texts("Networks like 192.0.2.0/24, without host bits.", pattern=SUBNET, some=True),
            "confidence": choice(CONFIDENCE, LEVELS),
            "sources": cited(),
        },
        optional={
            "asn": any_text("Who announces them, like AS64500."),
            "exclusive": flag(exclusive, False),
            "evidence": choice(_EVIDENCE, STRENGTHS, "weak"),
            "note": any_text(_NOTE),
        },
    )


def _payload() -> Schema:
    paths = "Like /index/u####g.xml or */bases/*.kdc: `*` is any run of characters, `#` a digit. Whole paths, no query."
    bodies = "The first bytes of a file, like KLZF: 4 to 16 printable characters of ASCII, exactly."
    return table(
        "What the vendor hands out, by how it is asked for or begins, over plain HTTP at hosts of nobody's: a finding, "
        "never stopped.",
        required={
            "service": choice(SERVICE, SERVICES),
            "confidence": choice(CONFIDENCE, LEVELS),
            "sources": cited(),
        },
        optional={
            "paths": texts(paths, pattern=SHAPE, some=True),
            "bodies": texts(bodies, pattern=BODY, some=True),
            "note": any_text(_NOTE),
        },
        anyOf=one_of_these(("paths", "bodies")),
    )


def _names() -> dict[str, Schema]:
    return {
        "names": texts(f"Exactly these names. {_PATTERN}", pattern=HOST, default=()),
        "domains": texts(f"These names and everything below them. {_PATTERN}", pattern=HOST, default=()),
        "names_list": shaped("More `names`, in a list file of the set, like lists/acme.txt.", _LIST),
        "domains_list": shaped("More `domains`, in a list file of the set, like lists/acme.txt.", _LIST),
    }
