"""The `nft` program: puts our table into the kernel, reads it back, takes it out."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from typing import Any

from enforcer.edge import tables
from enforcer.model.errors import EdgeError
from enforcer.plan.nf_tables import INET
from enforcer.plan.ruleset import GENERATION, TABLE

NEEDS_PERMISSION, UNFIT_HOST = 4, 5
_PATIENCE = 30  # seconds; 1000 lanes take well under one
_ABSENT = "No such file or directory"


def apply(text: str) -> None:
    """Loads nft text in one transaction. Raises EdgeError, and then nothing has changed."""
    _run("-f", "-", stdin=text)


def check(text: str) -> None:
    """Asks nft and the kernel whether they would take the text. Raises EdgeError; changes nothing either way."""
    _run("--check", "-f", "-", stdin=text)


def remove() -> bool:
    """Removes our table, without the nft program; False if there was none."""
    return bool(tables.remove([(INET, TABLE)]))


def installed() -> str | None:
    """The generation of the table in force, as plan.ruleset.chain_word spells it; None if there is no whole table."""
    names = [item["chain"]["name"] for item in _listing() or [] if "chain" in item]
    return next((name.removeprefix(GENERATION) for name in names if name.startswith(GENERATION)), None)


def fingerprint() -> str | None:
    """A hash over what stands in our table, without counters and handles: it changes when somebody else changes it."""
    listing = _listing()
    if listing is None:
        return None
    return hashlib.sha256(json.dumps(_without_state(listing), sort_keys=True).encode()).hexdigest()


def counters() -> dict[str, int]:
    """Packets by named counter: queued_dns, queued_quic, queued_tcp, rejected, lane_0...; empty without a table."""
    return {item["counter"]["name"]: item["counter"]["packets"] for item in _listing() or [] if "counter" in item}


def version() -> tuple[int, ...]:
    """Of the nft program. Raises EdgeError if there is none."""
    told = _run("--version")
    found = re.search(r"v(\d+(?:\.\d+)*)", told)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def listing() -> dict[str, Any]:
    """All rules of this network namespace as nft's JSON, other programs' too. Raises EdgeError."""
    try:
        told = json.loads(_run("--json", "list", "ruleset"))
    except ValueError as fault:
        raise EdgeError(f"nft's listing is no JSON: {fault}", cure="look at it: nft list ruleset") from fault
    return told if isinstance(told, dict) else {}


def _listing() -> list[dict[str, Any]] | None:
    """The table as nft's JSON, without the header; None if there is no such table."""
    try:
        told = _run("--json", "list", "table", "inet", TABLE)
    except EdgeError as error:
        if _ABSENT in error.why:
            return None
        raise
    items: list[dict[str, Any]] = json.loads(told)["nftables"]
    return [item for item in items if "metainfo" not in item]


def _without_state(value: Any) -> Any:  # noqa: ANN401 (JSON)
    if isinstance(value, dict):
        return {key: _without_state(item) for key, item in value.items() if key not in ("handle", "packets", "bytes")}
    return [_without_state(item) for item in value] if isinstance(value, list) else value


def _run(*arguments: str, stdin: str = "") -> str:
    try:
        done = subprocess.run(
            ["nft", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=False,
            # nft prints times in the local zone; a fingerprint must not depend on it.
            env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
        )
    except FileNotFoundError as fault:
        raise EdgeError(
            "there is no nft program",
            cure="apt-get install nftables, and have its directory (/usr/sbin) in PATH",
            code=UNFIT_HOST,
        ) from fault
    except subprocess.TimeoutExpired as fault:  # says nothing about the host: the next try may be in time
        raise EdgeError(
            f"nft did not end within {_PATIENCE} s",
            cure="try again; a busy machine takes long to load the kernel's modules for the first time (lsmod)",
        ) from fault
    except OSError as fault:
        raise EdgeError(f"nft did not run: {fault}", cure="see docs/kernel.md", code=UNFIT_HOST) from fault
    if done.returncode:
        raise _refusal(done.stderr)
    return done.stdout


def _refusal(stderr: str) -> EdgeError:
    first = next((line.strip() for line in stderr.splitlines() if "rror" in line), stderr.strip()) or "no reason given"
    if "Operation not permitted" in stderr:
        return EdgeError(
            f"nft may not change the rules: {first}",
            cure="run as root, or with CAP_NET_ADMIN (systemd: AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW)",
            code=NEEDS_PERMISSION,
        )
    return EdgeError(
        f"nft refuses the rules: {first}",
        cure="see docs/kernel.md, what the kernel and nft must have",
        code=UNFIT_HOST,
    )
