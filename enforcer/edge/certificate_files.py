"""The files that a `[[collector]]` over TLS names, looked at before the daemon needs them: there, readable, in time."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC
from pathlib import Path

from enforcer.audit.report_words import number
from enforcer.edge.files import read_plain
from enforcer.edge.key_modes import NOT_FOR_ALL, open_mode
from enforcer.model.calendar import iso
from enforcer.model.destination import Destination
from enforcer.model.errors import EdgeError
from enforcer.policy.lint_rules import Finding

MAX_FILE = 1 << 20
"""Bytes: the whole bundle of public authorities has a quarter of it."""
_BEGINS, _ENDS = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def look_at_certificates(
    collectors: Sequence[Destination], file: str, at: float, ending_within: float
) -> Iterator[Finding]:
    """What is wrong with them at `at`, or within `ending_within` seconds of it. `file` is the site file."""
    for index, one in enumerate(collectors):
        for key, path in (("ca", one.ca), ("certificate", one.certificate)):
            if path:
                for rule, why in _certificate(Path(path), at, ending_within):
                    yield Finding(rule=rule, file=file, path=f"collector[{index}].{key}", why=why)
        if one.key and (why := _key(Path(one.certificate), Path(one.key))):
            yield Finding(rule="certificate-unusable", file=file, path=f"collector[{index}].key", why=why)
        if one.key and (mode := open_mode(Path(one.key), NOT_FOR_ALL)):
            why = f"{one.key} has mode {mode:04o}: every user of this machine can read it"
            yield Finding(rule="key-exposed", file=file, path=f"collector[{index}].key", why=why)


def _certificate(path: Path, at: float, soon: float) -> Iterator[tuple[str, str]]:
    """In a file of many the first that ends is what counts for its reader; an authority's end is told as ours is."""
    try:
        spans = [_span(pem) for pem in _each(read_plain(path, MAX_FILE, cure="name the file of the certificate"))]
    except EdgeError as error:
        yield "certificate-unusable", error.why
        return
    except ValueError:
        spans = []
    if not spans:
        yield "certificate-unusable", f"{path} holds no certificate in PEM"
        return
    if len(spans) > 1:  # a chain, or authorities of which one may do: only all together matter
        spans = [(min(since for since, _ in spans), max(until for _, until in spans))]
    [(since, until)] = spans
    if until <= at:
        yield "certificate-ended", f"{path} ended {iso(until)}"
    elif until <= at + soon:
        yield "certificate-ends-soon", f"{path} ends {iso(until)}, in {number(int((until - at) // 86_400), 'day')}"
    elif since > at:
        yield "certificate-ended", f"{path} is not valid before {iso(since)}"


def _each(data: bytes) -> Iterator[str]:
    text = data.decode("ascii", errors="replace")
    for part in text.split(_BEGINS)[1:]:
        body, ends, _ = part.partition(_ENDS)
        yield f"{_BEGINS}{body}{ends}\n"


def _span(pem: str) -> tuple[float, float]:
    """From when to when it is valid. Raises ValueError for what is no certificate."""
    from cryptography.x509 import load_pem_x509_certificate

    found = load_pem_x509_certificate(pem.encode())
    try:
        return found.not_valid_before_utc.timestamp(), found.not_valid_after_utc.timestamp()
    except AttributeError:  # cryptography before 42, as Debian 12's, which gives UTC without saying so
        since, until = found.not_valid_before, found.not_valid_after
        return since.replace(tzinfo=UTC).timestamp(), until.replace(tzinfo=UTC).timestamp()


def _key(certificate: Path, key: Path) -> str:
    """Why the two cannot be shown to a collector; empty if they can."""
    for path in (certificate, key):
        try:
            read_plain(path, MAX_FILE, cure="")
        except EdgeError as error:
            return error.why if path == key else ""  # the other is told at its own place
    try:
        ssl.create_default_context().load_cert_chain(certificate, key, password=_none)
    except (ssl.SSLError, ValueError, OSError) as error:
        reason = str(getattr(error, "reason", None) or error).lower().replace("_", " ")
        return f"{key} is not the key of {certificate}, or no key in PEM without a pass phrase ({reason})"
    return ""


def _none() -> str:
    """Instead of asking a person at the terminal."""
    raise ValueError("it has a pass phrase")
