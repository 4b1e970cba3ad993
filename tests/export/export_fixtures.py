"""A world in which every nesting of blocked and free names occurs, and a thousand names to ask about it.

The truth is decide() asked directly, never the exporter's own reading of the policy.
"""

from __future__ import annotations

import random
import string
from datetime import datetime
from functools import cache
from ipaddress import ip_address
from typing import Any

import acme_fixtures
from acme_fixtures import EXEMPTION, HEAD, WATCHED, ban, hosts, network, phase, trap

from enforcer.edge.files import read_policies, shipped_policies
from enforcer.export.edition import Edition, Wishes, edition
from enforcer.model.names import MAX_NAME, HostName, host_name
from enforcer.model.observation import NOBODY, Address, Client, How, Observation
from enforcer.model.verdict import Verdict
from enforcer.policy.compiled import Policy
from enforcer.policy.judge import decide
from enforcer.policy.load import load
from enforcer.policy.vendor import Hosts, Trap

LONG = ".".join(["l" * 63, "o" * 63, "n" * 63, "g" * 30]) + ".acme.example"
"""235 characters: with a zone's name behind it and `*.` in front, too long for an owner name."""
# `update` and `store` are blocked from the start of 2021, `account` is flagged, `website` observed, `support` allowed,
# `threat-intel` exempt.
ACME = "".join(
    (
        HEAD,
        hosts("update", domains=["acme.example"]),
        hosts("website", domains=["free.acme.example"]),
        hosts("store", domains=["q.free.acme.example"]),
        hosts("account", names=["a.q.free.acme.example"]),
        hosts("support", names=["help.acme.example"], domains=["d.e.e.p.acme.example"]),
        hosts("update", names=["only.d.e.e.p.acme.example"]),
        hosts("threat-intel", names=["intel.acme.example"]),
        hosts("store", names=["shop.example", "s_1.store.example", "x.shop2.example"]),
        hosts("account", domains=["login.example"]),
        hosts("store", names=["login.example"]),
        hosts("update", domains=["both.example"]),
        hosts("website", names=["both.example"]),
        hosts("update", domains=["doubt.example"], confidence="low"),
        hosts("update", domains=["wide.acme.org"]),
        hosts("support", names=[LONG]),
        trap("not-evidence", domains=["scr.acme.example"]),
        trap("look-alike", names=["acme-update.example"], domains=["poser.acme.example"]),
        trap("shared", domains=["acme.org"]),
        network("update", "198.51.0.0/16", "2001:db8::/32"),
        network("support", "198.51.100.0/24", "198.51.7.128/25", "2001:db8:5::/48"),
        network("update", "198.51.100.64/26"),
        network("update", "203.0.113.0/24", exclusive=False),
        network("update", "192.0.2.0/24", confidence="low"),
    )
)
BLOCKED = f'block = ["update", "store"], flag = ["account"], allow = ["support"], {WATCHED}'
BAN = ban(
    "xx-acme",
    EXEMPTION,
    phase("announced", "2020-01-01T00:00:00Z", WATCHED, summary="nothing yet"),
    phase("full", "2021-01-01T00:00:00Z", BLOCKED, summary="no updates"),
    title="The ban on Acme",
)
FILES = {"vendors/acme.toml": ACME, "xx/acme.toml": BAN}
FULL = datetime.fromisoformat("2021-01-01T00:00:00Z").timestamp()
LATER = datetime.fromisoformat("2021-06-01T00:00:00Z").timestamp()


def waiver(id_: str, scope: str) -> str:
    return acme_fixtures.waiver(id_, f"{scope}\n", ends="2022-03-01T00:00:00Z")


@cache
def acme(site: str = "") -> Policy:
    return load(FILES, site)


@cache
def world() -> Policy:
    """Acme beside the shipped policies, as a federal agency has them, with a waiver on a name."""
    subjects = 'subjects = ["us-person", "us-federal-civilian"]'
    site = f"[site]\n{subjects}\n" + waiver("W-1", 'names = ["ok.acme.example", "v.wide.acme.org"]')
    return load({**read_policies(shipped_policies()), **FILES}, site)


def made(policy: Policy, at: float = LATER, **wishes: Any) -> Edition:
    return edition(policy, at, Wishes(**wishes))


def blocks(policy: Policy, name: str, at: float = LATER, client: Client = NOBODY) -> bool:
    """What decide() says of a question for the name."""
    observation = Observation(how=How.DNS, names=(host_name(name),))
    return decide(policy, observation, client, at).verdict is Verdict.BLOCK


def blocks_address(policy: Policy, address: Address, at: float = LATER) -> bool:
    return decide(policy, Observation(how=How.ADDRESS, address=address), NOBODY, at).verdict is Verdict.BLOCK


def spelled(policy: Policy) -> list[HostName]:
    """Every name that some vendor file or waiver spells."""
    names: set[HostName] = set()
    for vendor in policy.vendors:
        rows: list[Hosts | Trap] = [*vendor.hosts, *vendor.traps]
        names.update(*(row.names + row.domains for row in rows))
    return sorted(names.union(*(waiver.names for waiver in policy.site.waivers)))


def asked(policy: Policy, number: int = 1000, seed: int = 7) -> list[str]:
    """Names in and around the policy: each spelled one, below, above and beside it, look-alikes, in mixed case."""
    dice = random.Random(seed)
    near = [name for name in spelled(policy) if "acme" in name or "kaspersky" in name]
    far = [name for name in spelled(policy) if name not in near]
    names: list[str] = [*near, *(dice.sample(far, min(150, len(far))))]
    names += [f"{'x' * length}.{LONG}" for length in range(1, MAX_NAME - len(LONG))]
    while len(names) < number:
        names.append(_variant(dice, dice.choice(near if dice.random() < 0.8 else far or near)))
    return names


def _variant(dice: random.Random, name: str) -> str:
    label = "".join(dice.choices(string.ascii_lowercase + string.digits, k=dice.randint(1, 12)))
    made = dice.choice(
        (
            f"{label}.{name}",
            f"{label}.{label}.{name}",
            f"{'.'.join(label)}.{name}",
            f"{label}{name}",
            f"{label}-{name}",
            f"{name}.{label}.com",
            f"{name}{label}",
            name.partition(".")[2] or name,
            f"{label}.{name.partition('.')[2] or name}",
            f"{label}.com",
            "".join(dice.choice((sign, sign.upper())) for sign in f"{label}.{name}"),
            name.upper(),
        )
    )
    return made if len(made) <= MAX_NAME and all(len(part) < 64 for part in made.split(".")) else name


def addresses(number: int = 1000, seed: int = 7) -> list[Address]:
    """Addresses in and around Acme's networks, their first and last ones among them."""
    dice = random.Random(seed)
    edges = ["198.51.0.0", "198.51.255.255", "198.50.255.255", "198.52.0.0", "198.51.100.0", "198.51.100.63"]
    edges += ["198.51.100.64", "198.51.100.127", "198.51.100.128", "198.51.101.0", "203.0.113.9", "192.0.2.9"]
    found = [ip_address(text) for text in (*edges, "2001:db8::1", "2001:db8:5::1", "2001:db8:6::", "2001:db9::1")]
    while len(found) < number:
        found.append(ip_address(dice.choice((0xC6330000, 0xC6336400, 0xC6330700)) + dice.randrange(-300, 700)))
        found.append(ip_address((0x20010DB8 << 96) + (dice.randrange(7) << 80) + dice.randrange(2**64)))
    return found[:number]
