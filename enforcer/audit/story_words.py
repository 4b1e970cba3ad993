"""What the words of a record mean, in a sentence each: for whoever reads one record and nothing else."""

from __future__ import annotations

from enforcer.audit.visible import visible
from enforcer.model.event import CROWD, Event

KIND = {
    "decision": "a contact was judged",
    "finding": "a way around the gateway's DNS was met, or what looks like a vendor's product",
    "start": "the service began to judge",
    "stop": "the service ended as it was told",
    "reload": "another policy came into force",
    "mode": "the service judges in another mode than the run before it",
    "phase": "a phase or a waiver began or ended",
    "pause": "somebody paused for a while what the policy blocks",
    "resume": "a pause is over",
    "off": "a person took the rules out of the kernel: nothing is judged until the next reload or start",
    "inspector": "a judging process hung or died, and was started again",
    CROWD: "one alert for many records alike, each of which stands in the record too",
    "loss": "something was lost: traffic that nobody judged, or records that did not reach an output",
    "repair": "something was not as it should be, and is again",
    "clock": "the machine's clock was set",
    "rotation": "the record's file was closed, and another begun",
    "retention": "old records were deleted, as the site file asks for",
    "head": "the record was signed as far as it had come",
    "error": "something failed",
}
DONE = {
    "passed": "it was let through",
    "answered": "the gateway refused the question in the server's place; it never left",
    "rewritten": "the server's answer was replaced by a refusal",
    "reset": "the connection was reset on both sides before the name reached the server",
    "rejected": "the connection was rejected, so that the client turns to TCP",
    "dropped": "it was dropped without an answer",
    "cut": "the kernel ended a live connection at its date",
    "redirected": "it was sent to the site's own resolver",
    "seen": "it was seen and passed: a mirror stops nothing (mode tap)",
}
"""What each action means."""
SEEN = {
    "dns": "in a question to a resolver, or its answer",
    "tls": "as the server name of a TLS connection",
    "quic": "as the server name of a QUIC connection",
    "http": "as the host of an HTTP request",
    "socks": "as the host asked of a SOCKS proxy",
    "address": "by its address alone",
}
ALERT = {
    CROWD: "none by itself: very many clients did the like within a minute, and one record of kind crowd, soon after"
    " this one, tells of them together",
}
_FATE = {"open": ("passes unjudged", "passed unjudged"), "closed": ("is dropped", "was dropped")}
_COUNTED = {"loss": "lost", "retention": "records"}
"""What `count` counts, where that is not how often it happened."""


def fate(event: Event) -> str:
    """What befalls, or befell, traffic that needed a judge and had none."""
    if event.fail not in _FATE:
        return f"fail {visible(event.fail)}"
    to_come, was = _FATE[event.fail]
    if event.kind in ("start", "reload", "rotation"):
        return f"when the service fails, what needs judgement {to_come} (fail {event.fail})"
    if event.kind == "stop":
        return f"from here on what needs judgement {to_come} (fail {event.fail})"
    return f"what needed judgement meanwhile {was} (fail {event.fail})"


def amount(event: Event) -> str:
    """How many the record stands for; empty for one."""
    if event.count == 1:
        return ""
    return f"{event.count:,} {_COUNTED.get(event.kind, 'times')}"
