"""The policy for BIND: the response policy zone, and the two statements that put it into force."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enforcer.export import rpz
from enforcer.export.edition import Edition
from enforcer.export.text import TextFile, assembled

OPTIONS = "enforcer.named-options.conf"
STATEMENT = "enforcer.named.conf"
_SAFE_FOLDER = re.compile(r"/[A-Za-z0-9_./ +@=-]*")


def write(edition: Edition) -> tuple[TextFile, ...]:
    zone = rpz.write(edition)
    options = assembled(
        OPTIONS, "//", "Egress policy in BIND: include this inside `options { }`.", edition, (), _options()
    )
    statement = assembled(
        STATEMENT,
        "//",
        "Egress policy in BIND: include this at the top level, beside the other zones.",
        edition,
        (),
        _statement(edition),
    )
    return (*zone, options, statement)


def _options() -> Iterator[str]:
    # qname-wait-recurse no: a blocked name is answered without asking the vendor's servers about it first.
    # break-dnssec yes: else clients that ask for signatures get the vendor's signed answer.
    yield "response-policy {"
    yield f'  zone "{rpz.ZONE}" policy given log yes;'
    yield "} qname-wait-recurse no break-dnssec yes;"


def _statement(edition: Edition) -> Iterator[str]:
    yield f'zone "{rpz.ZONE}" {{'
    yield "  type primary;"
    yield f'  file "{_path(edition.wishes.folder)}";'
    yield "  allow-query { none; };"
    yield "  allow-transfer { none; };"
    yield "};"


def _path(folder: str) -> str:
    """With the folder where it can stand in quotes; else the reader puts the file where named looks."""
    return f"{folder.rstrip('/')}/{rpz.ZONE}" if _SAFE_FOLDER.fullmatch(folder) else rpz.ZONE
