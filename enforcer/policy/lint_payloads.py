"""Findings about payloads: shapes and bodies that everybody has, or within others; services that no ban speaks of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from enforcer.policy.ban import Ban
from enforcer.policy.lint_rules import Finding
from enforcer.policy.lint_vendors import named_services
from enforcer.policy.shapes import within
from enforcer.policy.vendor import Payload, Vendor

EVERYDAY = (
    *("/index.html", "/favicon.ico", "/robots.txt", "/sitemap.xml", "/generate_204", "/connecttest.txt"),
    *("/api/v1/items/12345", "/login.php", "/assets/index-4f2c9a81.js", "/static/js/main.8d1f02ab.chunk.js"),
    *("/css/style.min.css", "/images/logo.png", "/fonts/roboto-regular.woff2", "/feed/rss.xml"),
    *("/wp-content/uploads/2024/09/photo-1024x768.jpg", "/wp-content/plugins/update/index.xml", "/downloads/setup.exe"),
    *("/debian/dists/bookworm/InRelease", "/debian/pool/main/b/bash/bash_5.2.15-2_amd64.deb", "/updates/update.xml"),
    *("/rocky/9/BaseOS/x86_64/os/repodata/repomd.xml", "/msdownload/update/software/secu/2024/09/windows10.0.cab"),
    *("/firefox/releases/130.0/update/win64/en-US/firefox-130.0.complete.mar", "/data/db/backup.zip"),
)
"""Paths by which nobody is known: of web sites, of their tools, and of the updates of systems and browsers."""


EVERYDAY_BODIES = (
    *("<!DOCTYPE html>", "<!doctype html>", "<html>", "<HTML>", "<?xml version", "#!/bin/sh", "#!/bin/bash", "%PDF-1."),
    *(
        "GIF87a",
        "GIF89a",
        "RIFF",
        "OggS",
        "fLaC",
        "wOFF",
        "wOF2",
        "OTTO",
        "ID3",
        "MSCF",
        "Rar!",
        "!<arch>",
        "SQLite format",
    ),
    *("-----BEGIN CERTI", "-----BEGIN PGP SI", "Origin:", "Package:", '{"version":', "[Unit]"),
)
"""How files begin that anybody hands out: pages, documents, pictures, fonts, archives, keys, indexes of packages."""


class _Placed(NamedTuple):
    vendor: Vendor
    row: Payload
    shape: str
    """Or body."""
    path: str

    @property
    def marks(self) -> tuple[str, str, str]:
        return self.vendor.id, self.row.service, self.row.confidence

    def finding(self, rule: str, why: str) -> Finding:
        return Finding(rule=rule, file=self.vendor.file, path=self.path, why=f"{self.shape}: {why}")


def lint_payloads(vendors: Sequence[Vendor], bans: Sequence[Ban]) -> Iterator[Finding]:
    """`vendors` in the order in which their shapes and bodies are asked."""
    yield from _asked(_placed(vendors, "paths"), "path", _usual_path, within)
    yield from _asked(_placed(vendors, "bodies"), "body", _usual_body, str.startswith)
    for vendor in vendors:
        yield from _unnamed(vendor, bans)


def _asked(
    all_placed: Iterable[_Placed], what: str, usual: Callable[[str], str], holds: Callable[[str, str], bool]
) -> Iterator[Finding]:
    """In their order. `usual` says why one is everybody's; `holds(inner, outer)`: whether the one has the other."""
    before: list[_Placed] = []
    for placed in all_placed:
        if why := usual(placed.shape):
            yield placed.finding(f"everyday-{what}", why)
        if taken := next((one for one in before if holds(placed.shape, one.shape)), None):
            yield _taken(placed, taken, what)
        before.append(placed)


def _usual_path(shape: str) -> str:
    usual = next((path for path in EVERYDAY if within(path, shape)), None)
    return f"such as {usual}, which any web site may have" if usual else ""


def _usual_body(body: str) -> str:
    usual = next((one for one in EVERYDAY_BODIES if one.startswith(body)), None)
    return f"files that begin like {usual} are everybody's" if usual else ""


def _placed(vendors: Sequence[Vendor], key: Literal["paths", "bodies"]) -> Iterator[_Placed]:
    for vendor in vendors:
        for number, row in enumerate(vendor.payloads):
            for index, shape in enumerate(row.paths if key == "paths" else row.bodies):
                yield _Placed(vendor, row, shape, f"payload[{number}].{key}[{index}]")


def _taken(placed: _Placed, by: _Placed, what: str) -> Finding:
    """They are asked in their order; the first that a path or body has says whose it is."""
    where = f"{by.shape} of {by.vendor.id}, {by.row.service}"
    if placed.marks == by.marks:
        return placed.finding(f"redundant-{what}", f"{where}, holds it already")
    return placed.finding(f"shadowed-{what}", f"{where} ({by.row.confidence}), takes each such {what} before it")


def _unnamed(vendor: Vendor, bans: Sequence[Ban]) -> Iterator[Finding]:
    """Services that only payloads have; those of hosts and networks are told with these."""
    naming = [ban for ban in bans if vendor.id in ban.vendors]
    if not naming:
        return
    known = {*named_services(naming), *vendor.services}
    for number, row in enumerate(vendor.payloads):
        if row.service not in known:
            why = f"no ban lists {row.service} of {vendor.id}: only `otherwise` speaks of it"
            yield Finding(rule="unnamed-service", file=vendor.file, path=f"payload[{number}].service", why=why)
