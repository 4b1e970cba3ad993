"""What this kernel can do, and our rules in it as a whole: all in place or all gone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from enforcer.edge import nft, tables, xtables
from enforcer.edge.nft import NEEDS_PERMISSION, UNFIT_HOST
from enforcer.model.errors import EdgeError
from enforcer.model.settings import Settings
from enforcer.plan import ruleset
from enforcer.plan.nf_tables import FAMILIES, INET
from enforcer.plan.queue_tables import FAMILIES as QUEUE_FAMILIES
from enforcer.plan.queue_tables import TABLE as QUEUE_TABLE
from enforcer.plan.queue_tables import queue_target

STATUS = Path("/proc/self/status")
OURS = ((INET, ruleset.TABLE), *((family, QUEUE_TABLE) for family in QUEUE_FAMILIES))
_CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_NET_RAW": 13}  # linux/capability.h


class Feature(NamedTuple):
    """Something that plan/ruleset.py uses: a chain that shows it, and what brings it."""

    name: str
    chain: str
    brings: str


_IN, _OUT = "type filter hook forward priority 0;", "type filter hook output priority 0;"
FEATURES = (
    Feature("tables of the inet family", _OUT, "CONFIG_NF_TABLES_INET, Linux 3.14"),
    Feature("conntrack marks", f"{_OUT} ct mark & 0x1 == 0x1 ct mark set ct mark & 0xfe | 0x1", "CONFIG_NFT_CT"),
    Feature("verdict maps", f"{_OUT} meta l4proto vmap {{ tcp : accept, udp : accept }}", "Linux 3.18"),
    Feature("the time of day", f"{_OUT} meta time >= 1727582400 accept", "Linux 5.4 and nft 0.9.3"),
    Feature("reject", f"{_IN} meta l4proto tcp reject with tcp reset", "CONFIG_NFT_REJECT_INET"),
    Feature("local addresses", f"{_OUT} fib daddr type local accept", "CONFIG_NFT_FIB_INET"),
    Feature("untracked packets", f"{_OUT} notrack", "CONFIG_NFT_CT"),
    Feature("the log of packets (NFLOG)", f'{_IN} log prefix "x" group 1 snaplen 128', "CONFIG_NETFILTER_NETLINK_LOG"),
    Feature("changed packets", f"{_IN} tcp flags set rst | ack", "Linux 4.10 and nft 0.9.4"),
)
QUEUE = Feature("nft queue", f"{_OUT} queue num 65535 bypass", "CONFIG_NFT_QUEUE")


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
    if not _takes(*FEATURES):
        raise _lacking([feature for feature in FEATURES if not _takes(feature)])
    native = _takes(QUEUE)
    if not native:
        xtables.check(queue_target(Settings()))
    return Kernel(native_queue=native, nft_version=version)


def require_capabilities(*names: str) -> None:
    """Raises EdgeError if this process lacks one of these, by default all that the daemon needs."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("CapEff:"))
    effective = int(line.split()[1], 16)
    lacking = [name for name in names or _CAPABILITIES if not effective >> _CAPABILITIES[name] & 1]
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
    """Removes all that is ours in one transaction, whatever state it is in; names the tables that were there."""
    return tuple(f"table {FAMILIES[family]} {name}" for family, name in tables.remove(OURS))


def _takes(*features: Feature) -> bool:
    """Whether nft and the kernel would accept a table with these; none is made."""
    chains = "".join(f"\tchain probe_{n} {{\n\t\t{one.chain}\n\t}}\n" for n, one in enumerate(features))
    try:
        nft.check(f"table inet enforcer_probe {{\n{chains}}}\n")
    except EdgeError as error:
        if error.code == NEEDS_PERMISSION:
            raise
        return False
    return True


def _lacking(missing: list[Feature]) -> EdgeError:
    what = ", ".join(f"{feature.name} ({feature.brings})" for feature in missing) or "all of them at once"
    return EdgeError(
        f"this kernel or its nft lacks {what}",
        cure="use Linux 5.10 or later with these options, and nftables 0.9.8 or later",
        code=UNFIT_HOST,
    )
