"""The lab's internet: which names it has, and at which addresses.

Update, reputation and sales hosts of the vendor, names that only look like it, and one that has nothing to do with
it. All stand on the internet host, at addresses of the documentation networks.
"""

from __future__ import annotations

UPDATE = "s07.upd.kaspersky.com"
DOWNLOAD = "dnl-03.geo.kaspersky.com"
REPUTATION = "dc1.ksn.kaspersky-labs.com"
STORE = "store.kaspersky.com"
RESEARCH = "opentip.kaspersky.com"
LOOK_ALIKE = "kasperskyupdate.com"
UNRELATED_LIKE = "notkaspersky.com"
OTHER = "www.example.org"
ALIAS = "cdn.example-free.test"
"""A name of nobody's that leads, over one more alias, to an update host."""

LAST_OCTET = {
    DOWNLOAD: 3,
    UPDATE: 7,
    STORE: 20,
    REPUTATION: 30,
    RESEARCH: 40,
    LOOK_ALIKE: 50,
    UNRELATED_LIKE: 51,
    OTHER: 80,
}
ALIASES = {ALIAS: "edge.example-free.test", "edge.example-free.test": UPDATE}


def address(name: str, family: int = 4) -> str:
    """Where `name` stands: `address("www.example.org", 6)`."""
    host = LAST_OCTET[ALIASES.get(ALIASES.get(name, name), name)]
    return f"198.51.100.{host}" if family == 4 else f"2001:db8:100::{host:x}"


def text() -> str:
    """A root zone that has these names, any name under bench.test, and no others."""
    head = ". 3600 IN SOA ns.lab. nobody.lab. 1 3600 600 86400 60\n. 3600 IN NS ns.lab.\n"
    addresses = (f"{name}. 300 IN A {address(name)}\n{name}. 300 IN AAAA {address(name, 6)}\n" for name in LAST_OCTET)
    aliases = (f"{name}. 300 IN CNAME {target}.\n" for name, target in ALIASES.items())
    return head + "".join([*addresses, *aliases, "*.bench.test. 300 IN A 198.51.100.90\n"])
