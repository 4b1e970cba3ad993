"""Readers of the exported files, written from the programs' documentation and not from ours.

Each takes a file's text and gives a function from a name to whether it is blocked. They stand in for the programs
where thousands of small policies are tried; test_resolvers.py holds the same files against the programs themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Reader = Callable[[str], bool]


def _rpz_rules(text: str) -> dict[str, str]:
    rules = {}
    for line in text.splitlines():
        words = line.partition(";")[0].split()
        if len(words) == 3 and words[1] == "CNAME":
            assert words[0] not in rules, f"{words[0]} stands there twice"
            rules[words[0]] = words[2]
    return rules


def rpz_as_dns(text: str) -> Reader:
    """RFC 4592: only the `*` below the closest name that exists counts, and names exist by having names below."""
    rules = _rpz_rules(text)
    existing = {name.split(".", cut)[cut] for name in rules for cut in range(name.count(".") + 1)}

    def blocked(name: str) -> bool:
        if name in existing:
            return rules.get(name) == "."
        labels = name.split(".")
        closest = next((c for i in range(1, len(labels)) if (c := ".".join(labels[i:])) in existing), "")
        return rules.get(f"*.{closest}") == "."

    return blocked


def rpz_as_trie(text: str) -> Reader:
    """Knot Resolver: the longest `*` that there is, whatever else exists."""
    rules = _rpz_rules(text)

    def blocked(name: str) -> bool:
        labels = name.split(".")
        owners = [name, *("*." + ".".join(labels[i:]) for i in range(1, len(labels)))]
        return next((rules[owner] for owner in owners if owner in rules), "") == "."

    return blocked


def rpz_as_nodes(text: str) -> Reader:
    """Unbound 1.17: the `*` below the longest part shared with the nearest rule before it in canonical order."""
    rules = _rpz_rules(text)
    order = sorted(rules, key=_canonical)

    def blocked(name: str) -> bool:
        if name in rules:
            return rules[name] == "."
        before = [rule for rule in order if _canonical(rule) <= _canonical(name)]
        shared = _shared(before[-1], name) if before else ""
        return rules.get(f"*.{shared}") == "."

    return blocked


def _canonical(name: str) -> list[str]:
    return list(reversed(name.split(".")))


def _shared(one: str, other: str) -> str:
    labels = []
    for left, right in zip(_canonical(one), _canonical(other), strict=False):
        if left != right:
            break
        labels.append(left)
    return ".".join(reversed(labels))


def local_zones(text: str) -> Reader:
    """Unbound: the longest zone decides; a transparent one holds only what it has data for."""
    found = re.findall(r'local-zone: "([^"]+)\." (\w+)', text)
    zones: dict[str, str] = dict(found)
    assert len(zones) == len(found)
    data = set(re.findall(r'local-data: "(\S+)\. ', text))

    def blocked(name: str) -> bool:
        labels = name.split(".")
        zone = next((z for i in range(len(labels)) if (z := ".".join(labels[i:])) in zones), None)
        kind = zones[zone] if zone else "none"
        return kind == "always_nxdomain" or (kind == "transparent" and name in data)

    return blocked


def dnsmasq_lines(text: str) -> Reader:
    """dnsmasq: the longest pattern decides; `*.x` is longer than x, and not x itself."""
    found = re.findall(r"^(address|server)=/(\*?)\.?([^/]+)/#?$", text, re.MULTILINE)
    rules: dict[tuple[str, str], bool] = {(star, name): kind == "address" for kind, star, name in found}
    assert len(rules) == len(found)

    def blocked(name: str) -> bool:
        labels = name.split(".")
        for i in range(len(labels)):
            part = ".".join(labels[i:])
            for key in (("*", part), ("", part)) if i else (("", part),):
                if key in rules:
                    return rules[key]
        return False

    return blocked


def access_lists(text: str) -> Reader:
    """Squid: the first `deny` whose lists agree."""
    lists: dict[str, list[str]] = {}
    denies = []
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["acl"]:
            lists.setdefault(words[1], []).append(words[-1])
        elif words[:1] in (["http_access"], ["ssl_bump"]):
            denies.append(words[2:])

    def among(name: str, list_: str) -> bool:
        return any(name == one or (one[0] == "." and f".{name}".endswith(one)) for one in lists[list_])

    def blocked(name: str) -> bool:
        return any(all(among(name, word.lstrip("!")) != word.startswith("!") for word in deny) for deny in denies)

    return blocked


_CONTENT = re.compile(r'content:(!?)"([^"]*)"((?:; (?:nocase|startswith|endswith))*)')


def suricata_rules(text: str, keyword: str) -> Callable[[str], str]:
    """Suricata, for one buffer: the action of the rule that matches, or empty. No two may match."""
    rules = [line for line in text.splitlines() if f"; {keyword}; dotprefix; " in line]

    def action(name: str) -> str:
        found = [rule.partition(" ")[0] for rule in rules if all(_agrees(name, *one) for one in _CONTENT.findall(rule))]
        assert len(found) <= 1, f"{name}: {found}"
        return "".join(found)

    return action


def _agrees(name: str, negated: str, content: str, modifiers: str) -> bool:
    text = f".{name}"
    starts = "startswith" not in modifiers or text.startswith(content)
    return (starts and text.endswith(content) and "endswith" in modifiers) != bool(negated)
