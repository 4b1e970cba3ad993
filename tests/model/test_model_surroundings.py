from enforcer.model.surroundings import LOOPBACK, Link, Surroundings


def test_clients_may_be_where_no_default_route_leaves() -> None:
    wan = Link(name="wan", addresses=("192.0.2.2/24",), uplink=True)
    lan = Link(name="lan", addresses=("10.1.0.1/24",))
    down = Link(name="down", addresses=("10.2.0.1/24",), up=False)
    port = Link(name="port", master="br0")
    loop = Link(name="lo", kind=LOOPBACK, addresses=("127.0.0.1/8",))
    found = Surroundings(links=(loop, wan, lan, down, port))
    assert found.uplinks == (wan,)
    assert found.inner == (lan,)
