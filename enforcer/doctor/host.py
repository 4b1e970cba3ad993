"""The machine itself: rights, kernel, nft, clock, and what happens at boot."""

from __future__ import annotations

from collections.abc import Iterator

from enforcer.doctor.check import Told, doubtful, fine, unseen, wrong
from enforcer.doctor.facts import AS_ROOT, Facts, seen
from enforcer.doctor.finding import do, run
from enforcer.model.settings import TAP

OLDEST_NFT = (0, 9, 8)
WORST_ERROR = 1.0
"""Seconds: a phase begins and ends by this clock."""
AMBIENT = "AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW"
DROP_IN = "/etc/systemd/system/enforcer.service.d"


def capabilities(facts: Facts) -> Iterator[Told]:
    rights = seen(facts.rights)
    if rights.service:
        lacking = " and ".join(rights.service)
        text = f"[Service]\\n{AMBIENT}\\nCapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW\\n"
        yield wrong(
            f"the running service lacks {lacking}: it cannot change rules, or answer",
            run(f"mkdir -p {DROP_IN} && printf '{text}' > {DROP_IN}/rights.conf"),
            run("systemctl daemon-reload && systemctl restart enforcer"),
        )
    if rights.own:
        lacking = " and ".join(rights.own)
        yield unseen(f"this process lacks {lacking}: what needs them is not looked at", run(AS_ROOT))
    elif not rights.service:
        whose = "this process" if rights.service is None else "this process and the service"
        yield fine(f"{whose} may change rules and send packets (CAP_NET_ADMIN, CAP_NET_RAW)")


def nft(facts: Facts) -> Iterator[Told]:
    version = seen(facts.nft)
    spelt = ".".join(map(str, version))
    if not version:
        yield wrong("there is no nft program that runs", run("apt-get install nftables"))
    elif version < OLDEST_NFT:
        wanted = ".".join(map(str, OLDEST_NFT))
        yield wrong(f"nft {spelt} is older than {wanted}", run("apt-get install nftables"))
    else:
        yield fine(f"nft {spelt}")


def kernel(facts: Facts) -> Iterator[Told]:
    features = seen(facts.features)
    if features.lacking:
        yield wrong(features.lacking, do(features.cure))
    elif not features.multipath and facts.settings.mptcp == "strip" and facts.settings.mode != TAP:
        told = "this kernel or its nft cannot turn Multipath TCP to plain TCP: a name on two paths is not read"
        yield doubtful(told, do('Linux from 5.18 on with nft from 1.0.2 on; or say that it may: `mptcp = "pass"`'))
    else:
        more = f"; {features.burden}" if features.burden else ""
        yield fine(f"the kernel has all that the rules need{more}")


def clock(facts: Facts) -> Iterator[Told]:
    found = seen(facts.clock)
    cure = run(found.keeper or "apt-get install chrony")
    if not found.synchronised:
        yield doubtful("the clock is not synchronised: phases begin and end by it", cure)
    elif found.error > WORST_ERROR:
        yield doubtful(f"the clock may be wrong by {found.error:.0f} s: phases begin and end by it", cure)
    else:
        yield fine(f"synchronised, to {found.error:.3f} s at worst; the time zone does not matter")


def boot(facts: Facts) -> Iterator[Told]:
    unit = seen(facts.unit)
    if not unit.path:
        copy = run("cp systemd/enforcer.service /etc/systemd/system/enforcer.service")
        yield doubtful(
            "there is no unit enforcer.service: nothing starts it at boot", copy, run("systemctl enable enforcer")
        )
    elif unit.masked:
        yield wrong("enforcer.service is masked: nothing can start it", run("systemctl unmask enforcer"))
    elif not unit.enabled:
        yield doubtful(
            "enforcer.service is not enabled: after a boot nothing is judged", run("systemctl enable enforcer")
        )
    elif not unit.before_network:
        order = "[Unit]\\nWants=network-pre.target\\nBefore=network-pre.target\\n"
        yield doubtful(
            "enforcer.service does not start before the network: what passes until then is not judged",
            run(f"mkdir -p {DROP_IN} && printf '{order}' > {DROP_IN}/order.conf"),
            run("systemctl daemon-reload"),
        )
    else:
        yield fine("enabled at boot, before the network")
