"""A table changed in place is the table made anew, but for what cannot be changed."""

import subprocess
from dataclasses import replace
from ipaddress import ip_address
from itertools import permutations

import pytest
from namespace_fixtures import apart, nft

from enforcer.model.calendar import Interval, Lane
from enforcer.model.settings import Settings
from enforcer.model.ways import NO_DOORS, Doors, Treatment, Ways
from enforcer.plan.in_place import in_place
from enforcer.plan.ruleset import ruleset

NOW = (Lane(key="a/update@", blocked=(Interval(1.0, None),)),)
LATER = (*NOW, Lane(key="b/store@", blocked=(Interval(5.0, 9.0), Interval(20.0, None))))
SET = """table inet enforcer
delete table inet enforcer
table inet enforcer {
	set listed {
		type ipv4_addr
		elements = { ADDRESSES }
	}

	chain one {
		ip saddr @listed accept
	}
}
"""


def text(lanes: tuple[Lane, ...], generation: str, settings: Settings | None = None) -> str:
    return ruleset(lanes, settings or Settings(), shift=0.0, native_queue=False, generation=generation)


TEXTS = {
    "none": text((), "g0"),
    "one": text(NOW, "g1"),
    "two": text(LATER, "g2"),
    "interfaces": text(NOW, "g3", Settings(interfaces=("lan",), check_senders=("lan",))),
    "set": SET.replace("ADDRESSES", "192.0.2.1, 192.0.2.2"),
    "other set": SET.replace("ADDRESSES", "192.0.2.2, 192.0.2.3"),
}


def stands_after(*texts: str) -> str:
    """What the kernel lists when these were applied one after the other, in an order of its own."""

    def work() -> str:
        for one in texts:
            subprocess.run(["nft", "-f", "-"], input=one, text=True, check=True)
        return nft("-s", "list", "ruleset")

    return "\n".join(sorted(apart(work).split("\n\n")))


@pytest.mark.kernel
@pytest.mark.parametrize(("before", "after"), [*permutations(TEXTS, 2), ("one", "one")])
def test_the_change_leads_to_what_would_be_made_anew(before: str, after: str) -> None:
    change = in_place(TEXTS[before], TEXTS[after])
    assert "delete table" not in change
    assert stands_after(TEXTS[before], change) == stands_after(TEXTS[after])


def test_a_chain_at_another_place_is_made_anew() -> None:
    moved = TEXTS["one"].replace("prerouting priority mangle", "prerouting priority dstnat", 1)
    assert moved != TEXTS["one"]
    assert in_place(TEXTS["one"], moved) == moved


def test_a_set_of_another_kind_is_made_anew() -> None:
    other = TEXTS["set"].replace("ipv4_addr", "ipv4_addr\n\t\tflags interval")
    assert in_place(TEXTS["set"], other) == other


@pytest.mark.parametrize("stands", ["", "table inet other {\n}\n"])
def test_what_is_not_known_to_stand_is_made_anew(stands: str) -> None:
    assert in_place(stands, TEXTS["one"]) == TEXTS["one"]


def offloading(*over: str, doors: Doors = NO_DOORS) -> str:
    return ruleset(
        NOW, Settings(), shift=0.0, native_queue=False, generation="f", doors=doors, flowtable=over or ("lan", "wan")
    )


def resolvers(address: str, way: Treatment = Treatment.FLAG) -> Doors:
    return Doors(ways=Ways(doh=way), resolvers=(ip_address(address),))


def test_what_is_offloaded_stays_so_while_the_same_stays_in_sight() -> None:
    """Nor does a packet miss, meanwhile, the set by which it stays."""
    before, after = offloading(doors=resolvers("8.8.8.8")), offloading(doors=resolvers("8.8.8.8", Treatment.BLOCK))
    change = in_place(before, after)
    assert change != after
    assert "delete" not in change
    assert "flush set inet enforcer bypass_resolvers4" not in change
    assert "flush set inet enforcer bypass_resolvers4" in in_place(*map(without_offload, (before, after)))


def without_offload(text: str) -> str:
    return text.replace("\tflowtable", "\tsomething")


@pytest.mark.parametrize(
    "doors",
    [
        NO_DOORS,
        resolvers("9.9.9.9"),
        resolvers("8.8.8.8", Treatment.ALLOW),
        replace(resolvers("8.8.8.8"), resolvers=()),
    ],
)
def test_where_something_else_stays_in_sight_all_that_was_offloaded_comes_back(doors: Doors) -> None:
    wanted = offloading(doors=doors)
    assert in_place(offloading(doors=resolvers("8.8.8.8")), wanted) == wanted


def test_a_flowtable_is_laid_over_another_interface_in_place_and_taken_from_none() -> None:
    one, two = offloading("lan"), offloading("lan", "wan")
    assert in_place(one, two) != two
    assert "delete" not in in_place(one, two)
    assert in_place(two, one) == one


def test_a_flowtable_comes_and_goes_in_place() -> None:
    plain = text(NOW, "f")
    assert "delete" not in in_place(plain, offloading())
    gone = in_place(offloading(), plain)
    first, then = "delete chain inet enforcer to_flowtable\n", "delete flowtable inet enforcer passed\n"
    assert gone != plain
    assert gone.index(first) < gone.index(then)


def test_what_comes_before_the_table_is_kept() -> None:
    before = "table inet enforcer_other {\n}\n"
    assert in_place(TEXTS["one"], before + TEXTS["two"]) == before + in_place(TEXTS["one"], TEXTS["two"])
