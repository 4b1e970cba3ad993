"""What this kernel can do, and our rules in it as a whole: all in place or all gone."""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from enforcer.edge import nft, tables, xtables
from enforcer.edge.classifier import Classifier
from enforcer.edge.nft import NEEDS_PERMISSION, UNFIT_HOST
from enforcer.edge.openings import Openings
from enforcer.model.errors import EdgeError
from enforcer.model.settings import Settings
from enforcer.plan import learned_table, ruleset
from enforcer.plan.endings import ending_pages
from enforcer.plan.in_place import in_place
from enforcer.plan.nf_tables import FAMILIES, INET, batch, new_table
from enforcer.plan.queue_tables import FAMILIES as QUEUE_FAMILIES
from enforcer.plan.queue_tables import TABLE as QUEUE_TABLE
from enforcer.plan.queue_tables import QueueTarget, queue_target

STATUS = Path("/proc/self/status")
OURS = ((INET, ruleset.TABLE), (INET, learned_table.TABLE), *((family, QUEUE_TABLE) for family in QUEUE_FAMILIES))
OFF = "enforcer_off"
"""An empty table of this name (inet) says to a running daemon that a person took its rules out on purpose."""
_OURS, _NOT_OURS = "update.ours.test", "www.other.test"
_BODY = b"BODY"
CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_NET_RAW": 13}  # linux/capability.h
_BPF_CAPABILITIES = 1 << 39 | 1 << 21  # CAP_BPF, CAP_SYS_ADMIN: either will do


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
MULTIPATH = Feature("options taken out", f"{_IN} reset tcp option mptcp", "Linux 5.18 and nft 1.0.2")
QUEUE = Feature("nft queue", f"{_OUT} queue num 65535 bypass", "CONFIG_NFT_QUEUE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """What was found."""

    native_queue: bool
    """The ruleset queues by itself. Otherwise the queue tables do, because nft has no `queue` or for the classifier."""
    nft_version: tuple[int, ...]
    queue_expression: bool = False
    """nft's own `queue` is there; otherwise the xtables target stands in for it."""
    classifier: bool = False
    """DNS that no rule can concern can be told apart in the kernel (plan/classifier.py)."""
    openings: Openings | None = None
    """Connections too, with this memory of where they begin."""
    bodies: bool = False
    """What servers send over plain HTTP can be looked at (plan/classifier_body.py)."""
    multipath: bool = True
    """Multipath TCP can be turned to plain TCP (plan/multipath.py)."""

    @property
    def burden(self) -> str:
        """What it must hand to the inspectors that others keep to themselves, and what it cannot look at, for a person;
        empty if there is nothing of either."""
        if not self.classifier:
            queued = "the kernel takes no classifier: all DNS and all new connections go to the inspectors"
        elif self.openings is None:
            queued = "the kernel takes the classifier of DNS only: all new connections go to the inspectors"
        else:
            queued = ""
        unseen = "" if self.bodies else "what servers send is not looked at: update payloads show by their paths only"
        return "; ".join(filter(None, (queued, unseen)))


def probe() -> Kernel:
    """Looks whether this host can do what we need; changes nothing.

    Raises EdgeError with all that is missing: capabilities first, since nothing else can be known without them. What
    came of a busy machine has the code of none of these, so that a service is started again.
    """
    require_capabilities()
    version = nft.version()
    if not _takes(*FEATURES):
        raise _lacking([feature for feature in FEATURES if not _takes(feature)])
    expression = _takes(QUEUE)
    target = queue_target(Settings(), expression=expression)
    if not expression:
        xtables.check(target)
    # Not even tried without the right to: a service with two capabilities asks for no third.
    permitted = bool(_effective() & _BPF_CAPABILITIES)
    bodies = permitted and _classifies(target, _BODY)
    classifier = bodies or (permitted and _classifies(target))
    return Kernel(
        native_queue=expression and not classifier,
        nft_version=version,
        queue_expression=expression,
        classifier=classifier,
        bodies=bodies,
        multipath=_takes(MULTIPATH),
    )


def with_openings(kernel: Kernel, now: Callable[[], float]) -> Kernel:
    """The same with a memory of where connections begin, if it takes the program that uses one.

    `now` is monotonic. Who calls closes `openings` in the end.
    """
    if not kernel.classifier:
        return kernel
    with ExitStack() as unwind:
        try:
            openings = Openings(now)
            unwind.callback(openings.close)
            with Classifier(ending_pages([_OURS]) or array("Q"), openings):
                unwind.pop_all()
        except OSError:  # its verifier thinks otherwise than ours
            return kernel
    return replace(kernel, openings=openings)


def require_capabilities(*names: str) -> None:
    """Raises EdgeError if this process lacks one of these, by default all that the daemon needs."""
    effective = _effective()
    lacking = [name for name in names or CAPABILITIES if not effective >> CAPABILITIES[name] & 1]
    if lacking:
        raise EdgeError(
            f"missing {' and '.join(lacking)}",
            cure="run as root, or with AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW in the systemd unit",
            code=NEEDS_PERMISSION,
        )


def _effective() -> int:
    """The capabilities of this process, a bit each."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("CapEff:"))
    return int(line.split()[1], 16)


def install(
    kernel: Kernel,
    text: str,
    settings: Settings,
    names: Iterable[str] | None = None,
    *,
    bodies: Sequence[bytes] = (),
    stands: str = "",
    until: int | None = None,
) -> int:
    """Puts the ruleset `text` in force, replacing an older one; returns in how many transactions.

    `stands` is the text that was put in force last, with the same queue, if it stands unchanged: then what waits in the
    queue is not lost.

    Raises EdgeError, and then nothing has changed, save that an older classifier may be gone: then more is queued.
    `names` are all names and domains of the policy: DNS about others is not queued where the kernel has a classifier,
    and with `kernel.openings` TLS connections to others are not. None: all are queued. `bodies` are what `text` was
    made to look for.
    `until` is what `text` was made with.
    """
    text = _checked(text, stands)
    if kernel.native_queue:
        nft.apply(text)
        return 1
    before = xtables.installed()
    target = queue_target(settings, expression=kernel.queue_expression)
    stand = bool(stands) and before == target
    _queue_tables(kernel, target, names, bodies, stand=stand, until=until)
    try:
        nft.apply(text)
    except EdgeError:
        if before is None:
            xtables.remove()
        else:
            xtables.apply(before, stand=stand)  # without the classifier of before: more than was is queued, never less
        raise
    return 2


def _checked(text: str, stands: str) -> str:
    """What nft will take: the change in place, and else the whole. Raises EdgeError."""
    with contextlib.suppress(EdgeError):
        if stands:
            changed = in_place(stands, text)
            nft.check(changed)
            return changed
    nft.check(text)
    return text


def _queue_tables(
    kernel: Kernel,
    target: QueueTarget,
    names: Iterable[str] | None,
    bodies: Sequence[bytes],
    *,
    stand: bool,
    until: int | None,
) -> None:
    """Puts the queue tables in place, with the classifier if there can be one."""
    endings = ending_pages(names) if names is not None and kernel.classifier else None
    if endings is None:
        xtables.apply(target, stand=stand, until=until)
        return
    try:
        classifier = Classifier(endings, kernel.openings, bodies)
    except OSError:  # it was possible at the start; what is left is to queue everything
        xtables.apply(target, stand=stand, until=until)
        return
    with classifier:
        xtables.apply(target, classifier.programs, stand=stand, until=until)


def uninstall(*, stay_off: bool = False) -> tuple[str, ...]:
    """Removes all that is ours in one transaction, whatever state it is in; names the tables that were there.

    With `stay_off` a daemon that runs will leave it so until it is told to reload.
    """
    if stay_off:
        forbid()
    gone = tables.remove(OURS if stay_off else (*OURS, (INET, OFF)))
    return tuple(f"table {FAMILIES[family]} {name}" for family, name in gone)


def is_off() -> bool:
    """Whether a person took the rules out while the daemon ran. Raises EdgeError."""
    return tables.comment(INET, OFF) is not None


def forbid() -> None:
    """A daemon that runs puts no rules in place until it is told to reload, or started again. Raises EdgeError."""
    tables.tell(batch([new_table(INET, OFF)]))


def allow() -> None:
    """It may again. Raises EdgeError."""
    tables.remove([(INET, OFF)])


def standing() -> tuple[str, ...]:
    """The tables of ours that are there. Raises EdgeError."""
    there = [table for table in OURS if tables.comment(*table) is not None]
    return tuple(f"table {FAMILIES[family]} {name}" for family, name in there)


def _takes(*features: Feature) -> bool:
    """Whether nft and the kernel would accept a table with these; none is made.

    It would be dormant: where a hook goes, also one that was only looked at, the kernel drops all that waits in queues.
    """
    chains = "".join(f"\tchain probe_{n} {{\n\t\t{one.chain}\n\t}}\n" for n, one in enumerate(features))
    try:
        nft.check(f"table inet enforcer_probe {{\n\tflags dormant\n{chains}}}\n")
    except EdgeError as error:
        if error.code != UNFIT_HOST:
            raise
        return False
    return True


def _classifies(target: QueueTarget, *bodies: bytes) -> bool:
    """Whether the classifier can be loaded, tells a name of ours from another, and is taken as a match; with its
    program for `bodies`, if there are any."""
    try:
        with Classifier(ending_pages([_OURS]) or array("Q"), bodies=bodies) as classifier:
            xtables.check(target, classifier.programs)
            return classifier.judges(_question(_OURS))[0] and not classifier.judges(_question(_NOT_OURS))[0]
    except (OSError, EdgeError):
        return False


def _question(name: str) -> bytes:
    """An IPv4 packet that asks for the name; checksums are left out, nobody receives it."""
    labels = b"".join(bytes((len(label),)) + label.encode() for label in name.split("."))
    dns = bytes.fromhex("000001000001000000000000") + labels + bytes.fromhex("0000010001")
    udp = bytes.fromhex("d4310035") + (8 + len(dns)).to_bytes(2, "big") + b"\0\0" + dns
    return b"\x45\0" + (20 + len(udp)).to_bytes(2, "big") + bytes.fromhex("0000000040110000c0000201c0000202") + udp


def _lacking(missing: list[Feature]) -> EdgeError:
    what = ", ".join(f"{feature.name} ({feature.brings})" for feature in missing) or "all of them at once"
    return EdgeError(
        f"this kernel or its nft lacks {what}",
        cure="use Linux 5.10 or later with these options, and nftables 0.9.8 or later",
        code=UNFIT_HOST,
    )
