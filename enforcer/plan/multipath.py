"""Multipath TCP (RFC 8684) is turned to plain TCP: what goes over several paths cannot be read by who stands at one.

Its option is taken out of a client's SYN, before that is queued or let pass. The server then speaks plain TCP, and so
does the client when its SYN is answered without the option (section 3.7): neither end loses a packet or a moment by it.
A path that is to join a connection which began elsewhere is refused by its ends, since its SYN joins nothing any more.

What ends on the gateway itself keeps it: nobody judges that.
"""

from __future__ import annotations

from enforcer.model.settings import Settings

STRIPPED = "multipath_stripped"
_SYN = "tcp flags & syn == syn"


def multipath_counters(settings: Settings) -> list[str]:
    """The names of the counters that the rules want."""
    return [STRIPPED] if settings.mptcp == "strip" else []


def bare_syn_rules(settings: Settings) -> list[str]:
    """For the chain that SYNs without data come to, and nothing else."""
    if settings.mptcp != "strip":
        return []
    return [f"tcp option mptcp exists fib daddr type != local counter name {STRIPPED} reset tcp option mptcp"]


def payload_rules(settings: Settings) -> list[str]:
    """For what has data, a SYN too (RFC 7413), and for what has IP options."""
    return [f"{_SYN} {rule}" for rule in bare_syn_rules(settings)]
