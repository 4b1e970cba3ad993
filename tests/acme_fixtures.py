"""The texts of made-up policy files, put together: Acme, a vendor, and bans on it or another. Keys stand one a line."""

from __future__ import annotations

from collections.abc import Iterable


def head(vendor: str, title: str) -> str:
    """How a vendor's file begins."""
    return f"""
vendor = "{vendor}"
title = "{title}"
verified_on = 2026-06-30
[sources]
book = "the book of hosts"
"""


HEAD = head("acme", "Acme")


def table(array: str, **keys: str) -> str:
    """`[[array]]` with these keys in this order; the values are TOML."""
    return "".join((f"[[{array}]]\n", *(f"{key} = {value}\n" for key, value in keys.items())))


def listed(words: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{word}"' for word in words) + "]"


def hosts(
    service: str,
    names: Iterable[str] = (),
    domains: Iterable[str] = (),
    confidence: str = "high",
    *,
    evidence: str = "",
    ports: Iterable[str] = (),
    more: str = "",
) -> str:
    """`more` are whole lines at the end."""
    keys = {"service": f'"{service}"'}
    keys |= {key: listed(words) for key, words in (("names", names), ("domains", domains), ("ports", ports)) if words}
    keys |= {"evidence": f'"{evidence}"'} if evidence else {}
    return table("hosts", **keys, confidence=f'"{confidence}"', sources='["book"]') + more


def trap(kind: str, names: Iterable[str] = (), domains: Iterable[str] = (), reason: str = "not theirs") -> str:
    patterns = {key: listed(words) for key, words in (("names", names), ("domains", domains)) if words}
    return table("trap", kind=f'"{kind}"', **patterns, reason=f'"{reason}"', confidence='"high"', sources='["book"]')


def network(service: str, *prefixes: str, exclusive: bool = True, confidence: str = "high", asn: str = "") -> str:
    keys = {"prefixes": listed(prefixes)} | ({"asn": f'"{asn}"'} if asn else {})
    keys |= {"exclusive": "true"} if exclusive else {}
    return table("network", **keys, service=f'"{service}"', confidence=f'"{confidence}"', sources='["book"]')


def ban(
    id_: str,
    *rows: str,
    title: str,
    vendor: str = "acme",
    effect: str = "vendor-prohibited",
    subjects: str = "us-person",
    wording: str = "aligned with",
    citations: Iterable[str] = ("1 XX 1",),
) -> str:
    return f"""
ban = "{id_}"
title = "{title}"
vendors = ["{vendor}"]
effect = "{effect}"
status = "in-force"
subjects = ["{subjects}"]
wording = "{wording}"
citations = {listed(citations)}
verified_on = 2026-06-30
verified_through = 2026-06-30
[sources]
law = "the law"
{"".join(rows)}"""


def phase(
    id_: str,
    starts: str,
    statutory: str,
    protective: str = "",
    *,
    summary: str,
    ends: str = "",
    clock: str = "stated",
) -> str:
    """The profiles are what stands between the braces; the second is the first where it is left out."""
    lasts = {"starts": starts} | ({"ends": ends} if ends else {})
    said = table("phase", phase=f'"{id_}"', **lasts, clock=f'"{clock}"', confidence='"high"', summary=f'"{summary}"')
    protective = protective or statutory
    return f'{said}sources = ["law"]\nstatutory = {{ {statutory} }}\nprotective = {{ {protective} }}\n'


def acme_2024(*phases: str) -> str:
    """The ban `acme-2024`, which exempts nothing: what its phases say is all."""
    return ban("acme-2024", *phases, title="Acme", citations=["89 FR 1"])


EXEMPTION = table("exemption", services='["threat-intel"]', text='"intelligence"', sources='["law"]')
WATCHED = 'otherwise = "observe", undecodable = "observe"'


def waiver(id_: str = "W-1", scope: str = "", ends: str = "2021-03-01T00:00:00Z") -> str:
    """`scope` are whole lines."""
    return f"""
[[waiver]]
id = "{id_}"
reason = "migration"
ticket = "CHG-1"
approver = "CISO"
starts = 2021-02-01T00:00:00Z
ends = {ends}
softens_to = "flag"
{scope}"""


def agency(ends: str, statutory: str) -> str:
    """For agencies only, everything, and no exemption. Binds the user."""
    blocked = 'otherwise = "block", undecodable = "observe"'
    use = phase("use", "2020-10-01T00:00:00-04:00", statutory + blocked, blocked, summary="no use", ends=ends)
    return ban(
        "xx-agency",
        use,
        title="The agency ban",
        effect="use-prohibited",
        subjects="agency",
        wording="required by",
        citations=["2 XX 2"],
    )
