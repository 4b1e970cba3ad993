from policy_fixtures import small


def test_the_services_are_those_of_hosts_and_networks_each_once() -> None:
    (vendor,) = small(acme=('service = "other"\nconfidence', 'service = "vpn"\nconfidence')).vendors
    assert vendor.services == ("other", "store", "threat-intel", "update", "vpn")
