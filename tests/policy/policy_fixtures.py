"""A small world for policy tests: one vendor, two bans, and how to ask about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address

from acme_fixtures import EXEMPTION, HEAD, WATCHED, agency, ban, hosts, network, phase, table, trap, waiver

from enforcer.model.decision import Decision
from enforcer.model.errors import PolicyError
from enforcer.model.names import host_name
from enforcer.model.observation import NOBODY, Client, How, Observation
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide
from enforcer.policy.load import load

ACME = "".join(
    (
        HEAD,
        hosts("other", domains=["acme.example"]),
        hosts(
            "update",
            ["s1.upd.acme.example", "geo.acme.example"],
            ["upd.acme.example"],
            ports=["tcp/443"],
            evidence="strong",
        ),
        hosts(
            "store", ["store.acme.example"], confidence="medium", more='note = "seen once"\nverified_on = 2026-01-31\n'
        ),
        hosts("threat-intel", ["intel.acme.example"]),
        hosts("update", ["maybe.acme.example"], confidence="low"),
        trap("not-evidence", domains=["scr.upd.acme.example"], reason="in saved web pages"),
        trap("look-alike", ["acme-update.example"], reason="malware host"),
        network("other", "192.0.2.0/24", "2001:db8::/32", asn="AS64500", exclusive=False),
        network("update", "192.0.2.128/25"),
        network("update", "198.51.100.0/24", confidence="low"),
        table(
            "payload",
            service='"update"',
            paths='["/index/u####g.xml", "*/bases/*.kdc"]',
            confidence='"medium"',
            sources='["book"]',
            note='"at relays"',
        ),
    )
)

# Announced 2020, the store first, then updates too; threat intelligence is left alone. Binds nobody but the vendor.
STEPS = ban(
    "xx-steps",
    EXEMPTION,
    phase(
        "announced",
        "2020-01-01T00:00:00-05:00",
        'otherwise = "observe", undecodable = "allow"',
        summary="nothing yet",
        clock="assumed",
    ),
    phase(
        "sales",
        "2020-07-01T00:00:00-04:00",
        f'flag = ["store"], {WATCHED}',
        'block = ["store"], otherwise = "observe", undecodable = "flag"',
        summary="no sales",
    ),
    phase(
        "full",
        "2021-01-01T00:00:00-05:00",
        f'block = ["update", "store"], {WATCHED}',
        'block = ["update", "store"], flag = ["other"], otherwise = "observe", undecodable = "block"',
        summary="no updates",
    ),
    title="The ban in steps",
    citations=["1 XX 1", "Doc 1"],
)

# For a year.
AGENCY = agency("2021-10-01T00:00:00-04:00", 'flag = ["other"], ')

FILES = {"vendors/acme.toml": ACME, "xx/steps.toml": STEPS, "xx/agency.toml": AGENCY}

WAIVER = waiver()

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
