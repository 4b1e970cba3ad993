"""What each member of a record means, and the JSON Schema of the canonical form. docs/ holds both as printed."""

from __future__ import annotations

from typing import Any

from enforcer.model.event import CROWD, INSTANTS, KINDS, LISTS, MOST_NAMES, NAMES, VERSION
from enforcer.model.observation import How
from enforcer.model.verdict import SERVICES, Verdict
from enforcer.model.ways import UPDATE_PAYLOAD, Way

ACTIONS = ("passed", "answered", "rewritten", "reset", "rejected", "dropped", "cut", "redirected", "seen")
"""What can be done about what was seen; only the first and the last let it through to where it wanted."""
PASSED, SEEN = ACTIONS[0], ACTIONS[-1]

MEANING = {
    "version": f"the version of this form, {VERSION}",
    "at": "when it happened, by the packet's own time; the first time if `count` is above 1",
    "kind": "`decision`, `finding`, or what the service itself did: see below",
    "gateway": "the name of the gateway that recorded it",
    "mode": "`inline`: a gateway's traffic, and what is blocked is stopped; `host`: one machine's own; `tap`: that"
    " of a mirror, and nothing is stopped (modes.md)",
    "simulated": "true if the clock was set by `--at`: a trial, never a fact",
    "verdict": "what the policy says: allow, observe, flag or block",
    "action": "what was done: passed; answered (a refusal from us instead of the server's answer); rewritten (the"
    " server's answer replaced by a refusal); reset (a TCP reset to both ends); rejected (a QUIC connection answered"
    " with an ICMP error, on which clients turn to TCP); dropped; cut (a live connection that the kernel ended at its"
    " date); redirected (to the site's own resolver); seen (it passed: a mirror only shows it, mode tap)",
    "how": "by which reading it was seen: the question or answer of a DNS look-up, the server name of TLS or QUIC,"
    " the Host of HTTP, the host asked of a SOCKS proxy, or the address alone",
    "name": "the name asked for",
    "chain": "all names of the answer, the one asked for first, if there is more than one (CNAME, DNAME, SVCB); of QUIC"
    " the names of two ClientHellos that came at once",
    "matched": "the name that decided: the one asked for or a later one of the chain",
    "client": "the client's address",
    "client_port": "and port",
    "client_name": "what leases or hosts files call the client, where the site file names them (`client_names`); in a"
    " lease that is the client's own word",
    "mac": "the client's hardware address, where it was seen",
    "group": "the client group of the site file",
    "server": "the address the client spoke to; for DNS that is the resolver",
    "server_port": "and port",
    "protocol": "udp or tcp",
    "vendor": "the restricted vendor, by the id of its file",
    "service": "which of the vendor's services it is",
    "pattern": "the rule that matched, as its file spells it",
    "ban": "the ban that decided, by the id of its file",
    "phase": "the phase of that ban that was in force",
    "citations": "the instruments of that ban",
    "waiver": "the waiver that softened the verdict",
    "reason": "one plain sentence: why this verdict, or what the service did",
    "revision": "the revision of the policy that judged: a hash over its content",
    "configuration": "of a start or reload: the SHA-256, in hexadecimal, of site file and policy files as they were"
    " loaded; the revision is its beginning",
    "fail": "what befalls traffic that needs a judge and has none: `open`, it passes unjudged; `closed`, it is dropped."
    " Of a start, reload or rotation, what is to come of it when the service fails; of a stop, what holds from there"
    " on; of `inspector`, `repair`, `loss` and an `error` about our rules, what happened meanwhile. Not there where no"
    " traffic was concerned, or all of it only seen",
    "ceiling": "of a start, reload or rotation: how far the site goes at most, whatever a ban asks for, where that is"
    " not to block",
    "until": "of a pause: when it is over at the latest",
    "alert": "`crowd` for what is no alert by itself: very many clients did the like within a minute, and one record of"
    " kind `crowd` tells of them together",
    "would_block_from": "the next instant at which the same would be blocked, if it is not now and will be",
    "undecodable": "why no name could be read although there should be one; over QUIC there may be the name of a"
    " hello before it",
    "way": "of a finding: the way around the gateway's DNS, by its key in the site file; or `update-payload`: plain"
    " HTTP with a host of nobody's, of which the path or the body looks like a vendor's updates (wire.md)",
    "count": "how many occurrences the record stands for",
    "last": "when the last of them happened, if there is more than one; of a loss or a lost judge, the end of the gap",
    "names": f"the names asked for by these, if there is more than one: the first {MOST_NAMES}, in their order",
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "kind": KINDS,
    "verdict": tuple(verdict.word for verdict in Verdict),
    "action": ACTIONS,
    "how": tuple(how.value for how in How),
    "protocol": ("udp", "tcp"),
    "fail": ("open", "closed"),
    "alert": (CROWD,),
    "service": SERVICES,
    "way": (*(way.value for way in Way), UPDATE_PAYLOAD),
}
_PORT = {"type": "integer", "minimum": 0, "maximum": 65535}
_INSTANT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$"
_TYPES: dict[str, dict[str, Any]] = {
    **{name: {"type": "string", "minLength": 1} for name in NAMES},
    **{name: {"type": "string", "format": "date-time", "pattern": _INSTANT} for name in INSTANTS},
    **{name: {"type": "array", "items": {"type": "string"}, "minItems": 1} for name in LISTS},
    **{name: {"type": "string", "enum": list(words)} for name, words in _CHOICES.items()},
    "version": {"const": VERSION},
    "simulated": {"type": "boolean"},
    "client_port": _PORT,
    "server_port": _PORT,
    "count": {"type": "integer", "minimum": 1},
}


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) that every record of this version meets."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Event of the egress enforcer, version {VERSION}",
        "type": "object",
        "properties": {name: {**_TYPES[name], "description": MEANING[name]} for name in ("version", *NAMES)},
        "required": ["version", "at", "kind", "simulated", "count"],
        "additionalProperties": False,
        "if": {"properties": {"kind": {"const": "decision"}}},
        "then": {"required": ["verdict", "action", "how", "reason"]},
        "else": {"required": ["reason"]},
    }


def fields_table() -> str:
    """The members as a Markdown table."""
    rows = [f"| `{name}` | {_type_name(name)} | {MEANING[name]} |" for name in ("version", *NAMES)]
    return "\n".join(["| member | is | meaning |", "|---|---|---|", *rows])


def _type_name(name: str) -> str:
    if name in INSTANTS:
        return "instant"
    if name in LISTS:
        return "list of texts"
    kind = str(_TYPES[name].get("type", "number"))
    return {"string": "text", "integer": "number", "boolean": "true or false"}.get(kind, kind)
