"""What is asked of a site file before there are any policies to load it with, or without them.

That is whose policies to load, and where a running service listens.
"""

from __future__ import annotations

from enforcer.model.settings import Settings
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


def settings_of(site: str) -> Settings:
    """For whoever wants to ask the service, or find its record, however much else in the file is wrong."""
    read = read_file("", site, read_site, Faults())
    return read[1] if read else Settings()


def check_site(site: str, site_name: str) -> None:
    """Raises PolicyError with every fault that the file has by itself."""
    faults = Faults()
    read_file(site_name, site, read_site, faults)
    faults.refuse()
