"""Whose policies to load, by the text of a site file: asked before there are any policies to load it with."""

from __future__ import annotations

from enforcer.policy.faults import Faults
from enforcer.policy.load import read_file
from enforcer.policy.site_file import read_site
from enforcer.policy.trust import Trust, names_policies, read_trust


def trust_of(site: str, site_name: str = "enforcer.toml") -> Trust:
    """Raises PolicyError with every fault of the site file, if it has a `[policy]` table.

    Without one its faults wait for load(), which tells them together with those of the policies.
    """
    if not names_policies(site):
        return Trust()
    faults = Faults()
    read_file(site_name, site, read_site, faults)
    faults.refuse()
    return read_file(site_name, site, read_trust, faults) or Trust()
