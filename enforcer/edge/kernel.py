"""What this kernel can do, and our rules in it as a whole: all in place or all gone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from enforcer.edge import nft, xtables
from enforcer.edge.nft import NEEDS_PERMISSION, UNFIT_HOST
from enforcer.model.errors import EdgeError
from enforcer.model.settings import Settings
from enforcer.plan.xtables import queue_target

STATUS = Path("/proc/self/status")
_CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_NET_RAW": 13}  # linux/capability.h

# One rule for each expression that plan/ruleset.py uses, and what brings it.
_HOOK = "type filter hook {hook} priority 0;"
_FEATURES = (
    ("tables of the inet family", "output", "", "CONFIG_NF_TABLES_INET, Linux 3.14"),
    ("conntrack marks", "output", "ct mark & 0x1 == 0x1 ct mark set ct mark & 0xfe | 0x1", "CONFIG_NFT_CT"),
    ("verdict maps", "output", "meta l4proto vmap { tcp : accept, udp : accept }", "CONFIG_NF_TABLES, Linux 3.18"),
    ("the time of day", "output", "meta time >= 1727582400 accept", "Linux 5.4 and nft 0.9.3"),
    ("reject", "forward", "meta l4proto tcp reject with tcp reset", "CONFIG_NFT_REJECT_INET"),
    ("local addresses (fib)", "output", "fib daddr type local accept", "CONFIG_NFT_FIB_INET"),
    ("notrack", "output", "notrack", "CONFIG_NFT_CT"),
    ("changing packets", "forward", "tcp flags set rst | ack", "CONFIG_NF_TABLES, Linux 4.10 and nft 0.9.4"),
)
_ROUTE_CHAIN = "type route hook output priority mangle;"
_QUEUE = "queue num 65535 bypass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """What was found."""

    native_queue: bool
    """nft's own `queue`; otherwise the xtables target stands in for it."""
    nft_version: tuple[int, ...]


def probe() -> Kernel:
    """Looks whether this host can do what we need; changes nothing.

    Raises EdgeError with all that is missing: capabilities first, since nothing else can be known without them.
    """
    require_capabilities()
    version = nft.version()
    missing = [
        f"{what} ({brings})" for what, hook, rule, brings in _FEATURES if not _takes(_HOOK.format(hook=hook), rule)
    ]
    if not _takes(_ROUTE_CHAIN, ""):
        missing.append("route chains (CONFIG_NF_TABLES_INET, Linux 5.2)")
    if missing:
        raise EdgeError(
            f"this kernel or its nft lacks {', '.join(missing)}",
            cure="use a kernel of Linux 5.10 or later with these options, and nftables 0.9.8 or later",
            code=UNFIT_HOST,
        )
    native = _takes(_HOOK.format(hook="output"), _QUEUE)
    if not native:
        xtables.check(queue_target(Settings()))
    return Kernel(native_queue=native, nft_version=version)


def require_capabilities() -> None:
    """Raises EdgeError if we may not change the rules or send raw packets."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("CapEff:"))
    effective = int(line.split()[1], 16)
    lacking = [name for name, bit in _CAPABILITIES.items() if not effective >> bit & 1]
    if lacking:
        raise EdgeError(
            f"missing {' and '.join(lacking)}",
            cure="run as root, or with AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW in the systemd unit",
            code=NEEDS_PERMISSION,
        )


def install(kernel: Kernel, text: str, settings: Settings) -> None:
    """Puts the ruleset `text` in force, replacing an older one. Raises EdgeError, and then nothing has changed."""
    nft.check(text)
    if kernel.native_queue:
        nft.apply(text)
        return
    before, wanted = xtables.installed(), queue_target(settings)
    if before != wanted:
        xtables.apply(wanted)
    try:
        nft.apply(text)
    except EdgeError:
        if before is None:
            xtables.remove()
        elif before != wanted:
            xtables.apply(before)
        raise


def uninstall() -> tuple[str, ...]:
    """Removes all that is ours, whatever state it is in; says what was there."""
    removed = []
    if nft.remove():
        removed.append("table inet enforcer")
    if xtables.remove():
        removed.append("tables ip and ip6 enforcer_queue")
    return tuple(removed)


def _takes(chain: str, rule: str) -> bool:
    try:
        nft.check(f"table inet enforcer_probe {{\n\tchain probe {{\n\t\t{chain}\n\t\t{rule}\n\t}}\n}}\n")
    except EdgeError as error:
        if error.code == NEEDS_PERMISSION:
            raise
        return False
    return True
