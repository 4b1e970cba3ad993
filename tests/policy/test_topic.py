from datetime import date

from enforcer.model.verdict import Verdict
from enforcer.policy.topic import Standing, Topics
from enforcer.policy.vendor import Hosts, Network, Vendor

ACME = Vendor(id="acme", title="Acme", verified_on=date(2026, 1, 1), sources={})


def test_one_topic_for_each_vendor_service_and_standing() -> None:
    topics = Topics()
    sure = topics.of_hosts(ACME, Hosts(service="update", confidence="high"))
    assert topics.of_hosts(ACME, Hosts(service="update", confidence="medium")) is sure
    assert topics.of_hosts(ACME, Hosts(service="store", confidence="high")) is not sure
    assert topics.of_hosts(ACME, Hosts(service="update", confidence="low")) is not sure


def test_only_what_is_sure_and_the_vendors_own_may_be_blocked() -> None:
    topics = Topics()
    ceilings = {
        "host": topics.of_hosts(ACME, Hosts(service="update")).ceiling[0],
        "doubtful host": topics.of_hosts(ACME, Hosts(service="update", confidence="low")).ceiling[0],
        "shared network": topics.of_network(ACME, network(exclusive=False, confidence="high")).ceiling[0],
        "network": topics.of_network(ACME, network(exclusive=True, confidence="medium")).ceiling[0],
        "doubtful network": topics.of_network(ACME, network(exclusive=True, confidence="low")).ceiling[0],
    }
    assert ceilings == {
        "host": Verdict.BLOCK,
        "doubtful host": Verdict.FLAG,
        "shared network": Verdict.OBSERVE,
        "network": Verdict.BLOCK,
        "doubtful network": Verdict.FLAG,
    }


def network(*, exclusive: bool, confidence: str) -> Network:
    return Network(service="update", prefixes=(), exclusive=exclusive, confidence=confidence)


def test_all_topics_are_told_with_the_unreadable_last() -> None:
    topics = Topics()
    one = topics.of(ACME, "update", Standing.HOST)
    assert list(topics) == [one, topics.unreadable]
    assert topics.unreadable.vendor == ""
