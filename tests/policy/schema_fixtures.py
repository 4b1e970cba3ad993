"""Files with every key, what their readers say of them, and what the readers ask for."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache
from typing import Any

from jsonschema import Draft7Validator
from policy_fixtures import ACME, FILES, STEPS

from enforcer.model.errors import PolicyError
from enforcer.policy.case_file import read_cases
from enforcer.policy.load import load
from enforcer.policy.schemas import schema
from enforcer.policy.subject_list import read_subjects

SITE = """
[site]
name = "gw"
subjects = ["us-person", "agency"]
profile = "statutory"
bans = ["xx-steps"]
[[group]]
name = "lab"
subnets = ["10.9.0.0/16", "fd00:1::/48"]
macs = ["02:00:5e:10:00:01"]
interfaces = ["eth0.7"]
subjects = ["us-person"]
profile = "protective"
bans = ["xx-steps"]
[[waiver]]
id = "W-1"
reason = "migration"
ticket = "CHG-1"
approver = "CISO"
starts = 2021-02-01T00:00:00Z
ends = 2021-03-01T00:00:00+01:00
softens_to = "flag"
clients = ["10.9.7.0/24"]
vendors = ["acme"]
services = ["update"]
bans = ["xx-steps"]
names = ["upd.acme.example"]
"""
OPERATION = """
[policy]
bundle = "/etc/enforcer/policies.bundle"
keys = ["/etc/enforcer/lawyer.pub"]
require_signature = true
state = "/var/lib/enforcer/bundles.json"
[datapath]
mode = "inline"
interfaces = ["lan0"]
flowtable = ["lan0", "wan0"]
check_senders = ["lan0"]
fail = "open"
queue = 4010
inspectors = 1
client_share = 20
hold_ms = 250
mark_mask = 0xfff00000
blocked_dns = "sinkhole"
sinkhole = ["192.0.2.7", "2001:db8::7"]
http = "every"
quic = "judge"
mptcp = "strip"
[output]
store = "/var/lib/enforcer/events.sqlite"
syslog = "/dev/log"
facility = "local4"
rotate_size = "1 GiB"
rotate_age = "30d"
keep = "400d"
keep_size = "20 GiB"
collapse = 3600
crowd = 60
client_names = ["/etc/hosts"]
[[collector]]
name = "siem"
address = "tls://siem.example:6514"
format = "rfc5424"
up_to = "notice"
facility = "local4"
max_bytes = 8192
spool = 0
ca = "/etc/enforcer/ca.pem"
certificate = "/etc/enforcer/gateway.pem"
key = "/etc/enforcer/gateway.key"
server_name = "siem.example"
[bypass]
canary = "block"
private_relay = "block"
designated_resolvers = "block"
doh = "flag"
dot = "block"
doq = "block"
httpdns = "allow"
resolvers = "flag"
walk = "flag"
redirect_to = ["192.0.2.53", "fd00::53"]
except = ["9.9.9.9"]
exempt_clients = ["10.9.8.0/24"]
any_resolver = true
gateway = false
"""
CASES = """
[[case]]
at = 2021-01-15T00:00:00Z
name = "a.upd.acme.example"
names = ["S1.upd.acme.example."]
address = "192.0.2.1"
addresses = ["2001:db8::1"]
client = "10.9.7.1"
verdict = "block"
ban = "xx-steps"
phase = "full"
service = "update"
reason = "no updates"
would_block_from = 2021-01-15T00:00:00Z
"""
WHOSE = """
[defaults]
at = 2021-01-15T00:00:00Z
name = "a.upd.acme.example"
subjects = ["us-person"]
profile = "statutory"
bans = ["xx-steps"]
verdict = "block"
[[case]]
ban = "xx-steps"
"""
BYPASS = """
bypass = "around"
title = "Around"
verified_on = 2026-06-30
[sources]
book = "the book of resolvers"
[[host]]
kind = "resolver"
names = ["dns.doh.example"]
domains = ["more.doh.example"]
answer = "nodata"
ports = ["tcp/853"]
confidence = "high"
sources = ["book"]
[[address]]
operator = "Example"
addresses = ["8.8.8.8"]
ports = ["udp/53"]
confidence = "high"
sources = ["book"]
[[walk]]
vendor = "acme"
trigger = "upd.acme.example"
addresses = ["8.8.8.8", "1.1.1.1", "9.9.9.9"]
confidence = "high"
sources = ["book"]
"""
SUBJECTS = '[subject.us-person]\ntitle = "private person"\nnote = "the default"\n'

EXAMPLES = {
    "vendor": ACME,
    "ban": STEPS.replace("clock =", "ends = 2020-02-01T00:00:00Z\nclock =", 1),
    "site": SITE + OPERATION,
    "cases": CASES + SITE,
    "cases with defaults": WHOSE,
    "subjects": SUBJECTS,
    "bypass": BYPASS,
}
"""Each loads, and together they have every key but those that name list files."""

READERS: dict[str, Callable[[str], object]] = {
    "vendor": lambda text: load({"vendors/acme.toml": text}),
    "ban": lambda text: load({"vendors/acme.toml": ACME, "xx/steps.toml": text}),
    "site": lambda text: load(FILES, text),
    "cases": lambda text: read_cases({"tests/xx.toml": text}),
    "subjects": read_subjects,
    "bypass": lambda text: load(FILES, bypass={"bypass/around.toml": text}),
}


def noun(example: str) -> str:
    return example.split()[0]


def read_refuses(kind: str, values: dict[str, Any]) -> bool:
    try:
        READERS[kind](toml(values))
    except PolicyError:
        return True
    return False


@cache
def validator(kind: str) -> Draft7Validator:
    return Draft7Validator(schema(kind), format_checker=Draft7Validator.FORMAT_CHECKER)


def schema_refuses(kind: str, values: dict[str, Any]) -> bool:
    return not validator(kind).is_valid(as_json(values))


def parsed(example: str) -> dict[str, Any]:
    return tomllib.loads(EXAMPLES[example])


def as_json(value: Any) -> Any:
    """As editors hand TOML to a schema: dates are strings."""
    if isinstance(value, dict):
        return {key: as_json(member) for key, member in value.items()}
    if isinstance(value, list):
        return [as_json(member) for member in value]
    return value.isoformat() if isinstance(value, date) else value


def toml(values: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(key)} = {_inline(value)}\n" for key, value in values.items())


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_inline(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return value.isoformat() if isinstance(value, date | datetime) else json.dumps(value)


Place = tuple[str | int, ...]


def places(value: Any, here: Place = ()) -> Iterator[Place]:
    """Every value within."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in pairs:
        yield (*here, key)
        yield from places(member, (*here, key))


def at_place(values: Any, place: Place) -> Any:
    for step in place:
        values = values[step]
    return values


def told(place: Place) -> str:
    return ".".join(str(step) for step in place if isinstance(step, str))


def node(kind: str, path: str) -> dict[str, Any]:
    """The schema of the table at a path like `phase[0].statutory`."""
    found = schema(kind)
    for step in path.split(".") if path else ():
        key = re.sub(r"\[\d+\]$", "", step)
        found = found["properties"][key] if key in found.get("properties", ()) else found["additionalProperties"]
        found = found.get("items", found)
    return found
