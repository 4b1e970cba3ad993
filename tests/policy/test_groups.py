"""MAC before subnet before interface; the longest prefix; whoever nobody claims is the site's."""

from ipaddress import ip_address

import pytest
from policy_fixtures import small

from enforcer.model.observation import NOBODY, Client

SITE = """
[[group]]
name = "wide"
subnets = ["10.1.0.0/16", "fd00::/8"]
[[group]]
name = "narrow"
subnets = ["10.1.2.0/24"]
[[group]]
name = "printer"
macs = ["02:00:5e:10:00:01"]
[[group]]
name = "guests"
interfaces = ["wlan0"]
"""


def client(address: str | None = None, mac: str | None = None, interface: str | None = None) -> Client:
    return Client(address=ip_address(address) if address else None, mac=mac, interface=interface)


CLIENTS = {
    "nobody": (NOBODY, ""),
    "elsewhere": (client("10.2.0.1"), ""),
    "wide": (client("10.1.3.1"), "wide"),
    "IPv6": (client("fd00::1"), "wide"),
    "mapped": (client("::ffff:10.1.3.1"), "wide"),
    "the longest prefix": (client("10.1.2.255"), "narrow"),
    "just outside it": (client("10.1.3.0"), "wide"),
    "MAC before subnet": (client("10.1.2.3", mac="02:00:5e:10:00:01"), "printer"),
    "MAC in upper case": (client(mac="02:00:5E:10:00:01"), "printer"),
    "unknown MAC": (client("10.1.2.3", mac="02:00:5e:10:00:02"), "narrow"),
    "interface": (client(interface="wlan0"), "guests"),
    "subnet before interface": (client("10.1.2.3", interface="wlan0"), "narrow"),
    "interface where no subnet holds": (client("10.9.9.9", interface="wlan0"), "guests"),
    "unknown interface": (client(interface="wlan00"), ""),
    "nonsense": (client(mac="", interface=""), ""),
}


@pytest.mark.parametrize(("who", "group"), CLIENTS.values(), ids=CLIENTS.keys())
def test_the_group_of_a_client(who: Client, group: str) -> None:
    assert small(SITE).group(who).name == group
