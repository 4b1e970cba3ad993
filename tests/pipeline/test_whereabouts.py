"""Where a client is: the kernel's word first, then that of the client's own packets."""

from ipaddress import ip_address

import pytest
from test_inspector import AFTER, CLIENT, CLIENT6, SERVER, SERVER6, answer, policy, question

from enforcer.model.command import Record
from enforcer.pipeline.inspector import Inspector
from enforcer.pipeline.stamp import LOCAL, Arrival, Stamp
from enforcer.pipeline.whereabouts import KEPT, MOST, NOTED, Ask, Whereabouts

MAC = "02:00:00:00:00:07"
HERE, THERE = Arrival(MAC, "lan"), Arrival("02:00:00:00:00:08", "lan")
PACKED = ip_address(CLIENT).packed
BY_MAC = f"""
[site]
subjects = ["bystander"]
[[group]]
name = "bound"
macs = ["{MAC}"]
subjects = ["us-person"]
"""
BY_INTERFACE = BY_MAC.replace(f'macs = ["{MAC}"]', 'interfaces = ["lan"]')
UPDATE = "s07.upd.acme.test"


def whereabouts(ask: Ask | None = None, site: str = BY_MAC) -> Whereabouts:
    found = Whereabouts(ask)
    found.replace_policy(policy(site))
    return found


def inspector(site: str, ask: Ask | None = None) -> Inspector:
    compiled = policy(site)
    numbers = {lane.key: number for number, lane in enumerate(compiled.lanes)}
    return Inspector(compiled, Stamp(gateway="gw", mode="inline", simulated=False), numbers, ask=ask)


def test_the_kernel_is_asked_once_in_a_while() -> None:
    asked: list[bytes] = []

    def ask(address: bytes) -> Arrival:
        asked.append(address)
        return HERE

    found = whereabouts(ask)
    assert [found.of(PACKED, at) for at in (0.0, KEPT - 0.1, KEPT, 0.0)] == [HERE] * 4
    assert asked == [PACKED] * 3  # the last time the clock was set back


def test_what_the_kernel_does_not_know_the_clients_packets_tell() -> None:
    found = whereabouts(lambda _: None)
    assert found.of(PACKED, 0.0) == LOCAL
    found.note(PACKED, HERE, 1.0)
    assert (found.of(PACKED, 2.0), found.of(PACKED, NOTED + 1)) == (HERE, LOCAL)


def test_the_kernels_word_counts_and_a_packet_can_only_add_to_it() -> None:
    """Anybody on the link can send with another's address; the answer goes to whom the kernel knows there."""
    assert [
        _after(told, noted)
        for told, noted in [
            (HERE, THERE),
            (Arrival(None, "lan"), HERE),
            (Arrival(None, "wlan"), HERE),
            (LOCAL, HERE),
        ]
    ] == [HERE, HERE, Arrival(None, "wlan"), LOCAL]


def _after(told: Arrival, noted: Arrival) -> Arrival:
    found = whereabouts(lambda _: told)
    found.note(PACKED, noted, 0.0)
    return found.of(PACKED, 1.0)


def test_nothing_is_asked_or_kept_where_no_group_depends_on_it() -> None:
    def ask(address: bytes) -> Arrival:
        raise AssertionError(address)

    found = whereabouts(ask, site="")
    found.note(PACKED, HERE, 0.0)
    assert found.of(PACKED, 0.0) == LOCAL
    assert not found._noted


def test_both_tables_are_bounded() -> None:
    found = whereabouts(lambda _: HERE)
    for number in range(MOST + 10):
        found.note(number.to_bytes(4, "big"), HERE, 0.0)
        found.of(number.to_bytes(4, "big"), 0.0)
    assert (len(found._noted), len(found._asked)) == (MOST, MOST)


@pytest.mark.parametrize("site", [BY_MAC, BY_INTERFACE])
@pytest.mark.parametrize(("client", "server"), [(CLIENT, SERVER), (CLIENT6, SERVER6)])
def test_an_answer_is_judged_by_the_group_of_who_gets_it(site: str, client: str, server: str) -> None:
    chain = ("www.free.test. 60 IN CNAME s07.upd.acme.test.",)
    came = answer("www.free.test", *chain, client=client, server=server)
    assert inspector(site).packet(came, AFTER).payload is None
    assert inspector(site, lambda _: HERE).packet(came, AFTER).payload is not None
    remembers = inspector(site)
    remembers.packet(question("www.free.test", client, server), AFTER, HERE)
    outcome = remembers.packet(came, AFTER)
    assert outcome.payload is not None
    assert [one.event.verdict for one in outcome.commands if isinstance(one, Record)] == ["block"]
