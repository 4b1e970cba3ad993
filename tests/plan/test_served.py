"""The rules for what servers send, as nft lists them. What they do: tests/kernel/test_served_bodies.py."""

import json
from collections import Counter
from typing import Any

import pytest
from classifier_fixtures import pages_of, permitted, remembering
from namespace_fixtures import apart, nft

from enforcer.decode.http_body import ENOUGH
from enforcer.edge import nft as our_nft
from enforcer.edge import tables
from enforcer.edge.classifier import Classifier
from enforcer.model.marks import Marks
from enforcer.model.settings import Settings
from enforcer.plan.begun_anew import NO_SYN
from enforcer.plan.masked import Masked
from enforcer.plan.queue_tables import SERVING, installation, queue_target
from enforcer.plan.ruleset import ruleset
from enforcer.plan.served import PREFIX, TOLD_BYTES, answers_passed_by

BULK = f"ct mark & 0xfff00000 == 0x00100000 {NO_SYN} accept"
NO_DNS = f"tcp sport != 53 {NO_SYN} accept"


def test_bulk_leaves_at_the_rule_at_which_it_left_without() -> None:
    m = Masked(Marks())
    assert answers_passed_by(m, 9, bodies=False, noted=False) == [NO_DNS, "udp sport != 53 accept"]
    for bodies, noted, lanes in ((True, False, 9), (False, True, 0), (True, True, 0)):
        rules = answers_passed_by(m, lanes, bodies=bodies, noted=noted)
        assert rules[:2] == [BULK, "udp sport != 53 accept"]
        assert (rules[3], len(rules)) == (NO_DNS, 4)
    rules = answers_passed_by(m, 2, bodies=False, noted=True)
    assert rules[3].startswith("ct mark & 0xfff00000 >= 0xffe00000 tcp sport != 53 ")
    assert (rules[4], len(rules)) == (NO_DNS, 5)


def test_the_log_has_room_for_all_that_was_looked_at() -> None:
    assert TOLD_BYTES >= ENOUGH + 60 + 60


@pytest.mark.kernel
@pytest.mark.parametrize("mode", ["inline", "host"])
def test_the_kernel_takes_the_rules_and_holds_them_where_answers_pass(mode: str) -> None:
    settings = Settings(mode=mode, queue=77)

    def made() -> list[dict[str, Any]]:
        text = ruleset([], settings, shift=0.0, native_queue=False, generation="g", bodies=True)
        our_nft.apply(text)
        with Classifier(pages_of(["a.test"]), bodies=[b"KLZF"]) as classifier:
            tables.tell(installation(queue_target(settings), classifier.programs))
            tables.tell(installation(queue_target(settings), classifier.programs, stand=True))
        return list(json.loads(nft("-j", "list", "ruleset"))["nftables"])

    with permitted():
        items = apart(made)
    rules = [item["rule"] for item in items if "rule" in item]
    logs = [rule for rule in rules if any("log" in part for part in rule["expr"])]
    assert sorted((rule["family"], rule["chain"]) for rule in logs) == sorted(
        (family, chain) for family in ("ip", "ip6") for chain in SERVING
    )
    for rule in logs:
        [log] = [part["log"] for part in rule["expr"] if "log" in part]
        assert log == {"prefix": PREFIX, "group": 77, "snaplen": TOLD_BYTES}
        [limit] = [part["limit"] for part in rule["expr"] if "limit" in part]
        assert (limit["rate"], limit["per"], limit["burst"]) == (100, "second", 200)


@pytest.mark.kernel
@pytest.mark.parametrize("bodies", [(), (b"KLZF",)])
def test_the_kernel_takes_the_rules_by_which_what_servers_say_is_noted(bodies: tuple[bytes, ...]) -> None:
    def made() -> list[dict[str, Any]]:
        text = ruleset([], Settings(), shift=0.0, native_queue=False, generation="g", bodies=bool(bodies), noted=True)
        our_nft.apply(text)
        with remembering() as openings, Classifier(pages_of(["a.test"]), openings, bodies) as classifier:
            tables.tell(installation(queue_target(Settings()), classifier.programs))
        return list(json.loads(nft("-j", "list", "ruleset"))["nftables"])

    with permitted():
        rules = [item["rule"] for item in apart(made) if "rule" in item]
    served = [rule for rule in rules if rule["chain"] in SERVING and "11534336" in json.dumps(rule["expr"])]
    # The program that notes, the one that looks for bodies, and the mark is taken off.
    assert Counter((rule["family"], rule["chain"]) for rule in served) == {
        (family, chain): 3 if bodies else 2 for family in ("ip", "ip6") for chain in SERVING
    }


def test_without_bodies_nothing_is_marked() -> None:
    texts = [ruleset([], Settings(), shift=0.0, native_queue=False, generation="g", bodies=b) for b in (False, True)]
    assert [text.count("0x00b00000") for text in texts] == [0, 2]
    assert [text.count(f"\t\t{BULK}\n") for text in texts] == [0, 2]
