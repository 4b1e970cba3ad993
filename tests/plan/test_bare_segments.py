"""Segments without payload: what the rules say; tests/kernel shows which packets they match."""

from enforcer.plan.bare_segments import bare4, bare6


def test_one_rule_for_each_length_of_the_tcp_header() -> None:
    assert bare4((5, 8), "return") == [
        "ip hdrlength 5 ip length 40 tcp doff 5 return",
        "ip hdrlength 5 ip length 52 tcp doff 8 return",
    ]
    assert bare6((5, 8), "goto tcp_bare") == [
        "ip6 nexthdr tcp ip6 length 20 tcp doff 5 goto tcp_bare",
        "ip6 nexthdr tcp ip6 length 32 tcp doff 8 goto tcp_bare",
    ]
