"""Values that plan/place_rules.py keeps chains by."""

from ipaddress import ip_network

from enforcer.model.places import NO_PLACES, Clients, Place


def test_the_same_networks_of_the_same_service_are_one_place() -> None:
    def place(*, acts: bool) -> Place:
        return Place(service="acme/update", networks=(ip_network("192.0.2.0/24"),), acts=acts)

    assert len({place(acts=True), place(acts=True), place(acts=False)}) == 2
    assert len({Clients(name="a"), Clients(name="a", macs=("02:00:00:00:00:01",))}) == 2


def test_no_places_says_nothing_of_anybody() -> None:
    assert (NO_PLACES.places, NO_PLACES.clients) == ((), ())
