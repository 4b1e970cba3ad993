"""The `[policy]` table of the site file: whose policies are loaded, and whether their lists may shrink.

It is read before any policy is, since it says which ones to read.
"""

from __future__ import annotations

from dataclasses import dataclass

from enforcer.policy.table import Table
from enforcer.policy.toml_text import toml_values

MAX_KEYS = 16
STATE = "/var/lib/enforcer/bundles.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    bundle: str = ""
    """The path of the policy bundle; empty for the policies of a folder."""
    keys: tuple[str, ...] = ()
    """Paths of public keys. A bundle is used if one of them signed it."""
    require_signature: bool = False
    """The daemon refuses a folder, even one given on its command line."""
    state: str = STATE
    """Where the serials of accepted bundles are remembered."""
    allow_shrink: bool = False
    """A list may be empty, or have lost half of what it had."""


def read_trust(table: Table) -> Trust:
    """The `[policy]` table of a site file, or its defaults."""
    policy = table.table("policy", required=False) or table.empty("policy")
    trust = Trust(
        bundle=_path(policy, "bundle", ""),
        keys=policy.texts("keys", ()),
        require_signature=policy.flag("require_signature", False),
        state=_path(policy, "state", STATE) or STATE,
        allow_shrink=policy.flag("allow_shrink", False),
    )
    _agreement(policy, trust)
    policy.done()
    return trust


def names_policies(site: str) -> bool:
    """Whether a site file has a `[policy]` table, however faulty. False for what is no TOML: load() tells why."""
    try:
        return "policy" in toml_values(site)
    except (ValueError, RecursionError):
        return False


def _path(table: Table, key: str, default: str) -> str:
    text = table.text(key, default)
    if text and not text.startswith("/"):
        table.fault(key, f"{text[:100]!r} is no absolute path: the daemon runs in a folder of its own")
    return text


def _agreement(table: Table, trust: Trust) -> None:
    for index, key in enumerate(trust.keys):
        if not key.startswith("/"):
            table.fault(f"keys[{index}]", f"{key[:100]!r} is no absolute path: the daemon runs in a folder of its own")
    if len(trust.keys) > MAX_KEYS:
        table.fault("keys", f"has {len(trust.keys)} members, {MAX_KEYS} are allowed")
    if trust.bundle and not trust.keys:
        table.fault("keys", "is missing: a bundle is used only if one of these keys signed it")
    if not trust.bundle and (trust.keys or trust.require_signature):
        table.fault("bundle", "is missing: only a bundle is signed, a folder of policies is not")
