"""A small world for policy tests: one vendor, two bans, and how to ask about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address

from enforcer.model.decision import Decision
from enforcer.model.errors import PolicyError
from enforcer.model.names import host_name
from enforcer.model.observation import NOBODY, Client, How, Observation
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide
from enforcer.policy.load import load

ACME = """
vendor = "acme"
title = "Acme"
verified_on = 2026-06-30
[sources]
book = "the book of hosts"
[[hosts]]
service = "other"
domains = ["acme.example"]
confidence = "high"
sources = ["book"]
[[hosts]]
service = "update"
names = ["s1.upd.acme.example", "geo.acme.example"]
domains = ["upd.acme.example"]
ports = ["tcp/443"]
evidence = "strong"
confidence = "high"
sources = ["book"]
[[hosts]]
service = "store"
names = ["store.acme.example"]
confidence = "medium"
sources = ["book"]
note = "seen once"
verified_on = 2026-01-31
[[hosts]]
service = "threat-intel"
names = ["intel.acme.example"]
confidence = "high"
sources = ["book"]
[[hosts]]
service = "update"
names = ["maybe.acme.example"]
confidence = "low"
sources = ["book"]
[[trap]]
kind = "not-evidence"
domains = ["scr.upd.acme.example"]
reason = "in saved web pages"
confidence = "high"
sources = ["book"]
[[trap]]
kind = "look-alike"
names = ["acme-update.example"]
reason = "malware host"
confidence = "high"
sources = ["book"]
[[network]]
prefixes = ["192.0.2.0/24", "2001:db8::/32"]
asn = "AS64500"
service = "other"
confidence = "high"
sources = ["book"]
[[network]]
prefixes = ["192.0.2.128/25"]
exclusive = true
service = "update"
confidence = "high"
sources = ["book"]
[[network]]
prefixes = ["198.51.100.0/24"]
exclusive = true
service = "update"
confidence = "low"
sources = ["book"]
[[payload]]
service = "update"
paths = ["/index/u####g.xml", "*/bases/*.kdc"]
confidence = "medium"
sources = ["book"]
note = "at relays"
"""

# Announced 2020, the store first, then updates too; threat intelligence is left alone. Binds nobody but the vendor.
STEPS = """
ban = "xx-steps"
title = "The ban in steps"
vendors = ["acme"]
effect = "vendor-prohibited"
status = "in-force"
subjects = ["us-person"]
wording = "aligned with"
citations = ["1 XX 1", "Doc 1"]
verified_on = 2026-06-30
verified_through = 2026-06-30
[sources]
law = "the law"
[[exemption]]
services = ["threat-intel"]
text = "intelligence"
sources = ["law"]
[[phase]]
phase = "announced"
starts = 2020-01-01T00:00:00-05:00
clock = "assumed"
confidence = "high"
summary = "nothing yet"
sources = ["law"]
statutory = { otherwise = "observe", undecodable = "allow" }
protective = { otherwise = "observe", undecodable = "allow" }
[[phase]]
phase = "sales"
starts = 2020-07-01T00:00:00-04:00
clock = "stated"
confidence = "high"
summary = "no sales"
sources = ["law"]
statutory = { flag = ["store"], otherwise = "observe", undecodable = "observe" }
protective = { block = ["store"], otherwise = "observe", undecodable = "flag" }
[[phase]]
phase = "full"
starts = 2021-01-01T00:00:00-05:00
clock = "stated"
confidence = "high"
summary = "no updates"
sources = ["law"]
statutory = { block = ["update", "store"], otherwise = "observe", undecodable = "observe" }
protective = { block = ["update", "store"], flag = ["other"], otherwise = "observe", undecodable = "block" }
"""

# For agencies only, everything, for a year, and no exemption. Binds the user.
AGENCY = """
ban = "xx-agency"
title = "The agency ban"
vendors = ["acme"]
effect = "use-prohibited"
status = "in-force"
subjects = ["agency"]
wording = "required by"
citations = ["2 XX 2"]
verified_on = 2026-06-30
verified_through = 2026-06-30
[sources]
law = "the law"
[[phase]]
phase = "use"
starts = 2020-10-01T00:00:00-04:00
ends = 2021-10-01T00:00:00-04:00
clock = "stated"
confidence = "high"
summary = "no use"
sources = ["law"]
statutory = { flag = ["other"], otherwise = "block", undecodable = "observe" }
protective = { otherwise = "block", undecodable = "observe" }
"""

FILES = {"vendors/acme.toml": ACME, "xx/steps.toml": STEPS, "xx/agency.toml": AGENCY}

WAIVER = """
[[waiver]]
id = "W-1"
reason = "migration"
ticket = "CHG-1"
approver = "CISO"
starts = 2021-02-01T00:00:00Z
ends = 2021-03-01T00:00:00Z
softens_to = "flag"
"""

# Instants of the small world, at which something begins.
ANNOUNCED = datetime.fromisoformat("2020-01-01T05:00:00Z").timestamp()
SALES = datetime.fromisoformat("2020-07-01T04:00:00Z").timestamp()
USE = datetime.fromisoformat("2020-10-01T04:00:00Z").timestamp()
FULL = datetime.fromisoformat("2021-01-01T05:00:00Z").timestamp()
WAIVED = datetime.fromisoformat("2021-02-01T00:00:00Z").timestamp()
WAIVED_UNTIL = datetime.fromisoformat("2021-03-01T00:00:00Z").timestamp()
USE_ENDS = datetime.fromisoformat("2021-10-01T04:00:00Z").timestamp()


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def small(site: str = "", **changes: tuple[str, str]) -> Policy:
    """The small world, with a replacement (old, new) in a file: `steps=("high", "low")`."""
    return load(changed(**changes), site)


def changed(**changes: tuple[str, str]) -> dict[str, str]:
    files = dict(FILES)
    for stem, (old, new) in changes.items():
        name = next(name for name in files if name.endswith(f"/{stem}.toml"))
        assert old in files[name], f"{old!r} is not in {name}"
        files[name] = files[name].replace(old, new, 1)
    return files


def faults(site: str = "", **changes: tuple[str, str]) -> list[str]:
    """What loading says of the small world so changed: `file: path: why` for each fault."""
    return faults_of(changed(**changes), site)


def faults_of(files: dict[str, str], site: str = "") -> list[str]:
    try:
        load(files, site)
    except PolicyError as error:
        return [str(fault) for fault in error.faults]
    return []


def seen(*names: str, address: str | None = None, undecodable: str | None = None) -> Observation:
    return Observation(
        how=How.DNS,
        names=tuple(host_name(name) for name in names),
        address=ip_address(address) if address else None,
        undecodable=undecodable,
    )


def ask(policy: Policy, names: str | Sequence[str], when: float, client: Client = NOBODY) -> Decision:
    return decide(policy, seen(*([names] if isinstance(names, str) else names)), client, when)


def at_address(text: str) -> Client:
    return Client(address=ip_address(text))
