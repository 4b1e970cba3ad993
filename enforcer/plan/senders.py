"""Senders that cannot be: what comes in at a clients' interface, from an address that is not reached by it.

A client may say what its server would say, or have a neighbour on its network say it: conntrack believes that, and what
is made of what a server says (decisions 0690, 0700, 0710) is built on sand. So it is dropped before conntrack. The
kernel's rp_filter drops it behind conntrack only, which is too late, and IPv6 has none.

It is what RFC 3704 calls strict reverse path forwarding, at those interfaces that the site names, and nowhere else:
where several ways lead out, answers come by any of them. What is nobody's connection is left alone: of hosts without
an address yet, of the link itself, and to all.
"""

from __future__ import annotations

from collections.abc import Iterable

from enforcer.model.settings import INLINE, Settings
from enforcer.plan.chains import base_chain, chain

DROPPED = "forged_dropped"
_LEFT_ALONE = (
    *("ip saddr 0.0.0.0", "ip saddr 169.254.0.0/16", "ip6 saddr ::", "ip6 saddr fe80::/10"),
    *("ip daddr 224.0.0.0/4", "ip6 daddr ff00::/8", "fib daddr type broadcast"),
    # As rp_filter does: what was decrypted came in where its envelope did.
    "meta secpath exists",
)


def sender_counters(settings: Settings) -> list[str]:
    """The names of the counters that sender_chains() wants."""
    return [DROPPED] if _checked(settings) else []


def sender_chains(settings: Settings) -> Iterable[str]:
    """Without a set of interfaces: while rules are replaced, a miss would pass what is forged (decision 0255)."""
    if not (names := _checked(settings)):
        return
    rules = [f'iifname "{name}" fib saddr . iif oif missing jump forged' for name in names]
    yield base_chain("check_senders", "prerouting", "raw", rules)
    yield chain("forged", [*(f"{one} return" for one in _LEFT_ALONE), f"counter name {DROPPED} drop"])


def _checked(settings: Settings) -> tuple[str, ...]:
    return settings.check_senders if settings.mode == INLINE else ()
