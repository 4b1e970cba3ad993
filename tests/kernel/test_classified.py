"""With the classifier in front of the queue: DNS that no rule can concern stays in the kernel."""

from collections.abc import Iterator

import pytest
from kernel_fixtures import Bench, Judged, running

pytestmark = pytest.mark.kernel

BOTH = pytest.mark.parametrize("to", ["10.77.2.2", "fd77:2::2"])
NAMES = ["blocked.example", "rewrite.test"]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with running() as bench:
        yield bench


def require_classifier(judged: Judged) -> None:
    if not judged.lines()[0]["classifier"]:
        pytest.skip("the classifier needs CAP_BPF over the machine, which a user namespace does not give")


@BOTH
@pytest.mark.parametrize("who", ["client", "gateway"])
def test_only_names_of_the_policy_reach_the_judge(bench: Bench, to: str, who: str) -> None:
    host = getattr(bench, who)
    with bench.judging(names=NAMES) as judged:
        require_classifier(judged)
        assert bench.dig(host, "fine.elsewhere.test", server=to) == "NOERROR"
        assert judged.seen() == []
        assert bench.dig(host, "www.blocked.EXAMPLE", server=to) == "NXDOMAIN"
        assert len(judged.seen()) == 1
        assert bench.dig(host, "rewrite.test", server=to) == "NXDOMAIN"
        assert len(judged.seen()) == 3


def test_what_the_classifier_does_not_know_is_queued_as_ever(bench: Bench) -> None:
    with bench.judging(names=NAMES) as judged:
        require_classifier(judged)
        assert bench.talk(bench.client, ["send", "PASS"], ["receive", 4])["data"] == "PASS"
        assert [packet["protocol"] for packet in judged.seen()] == [6, 6]
        bench.talk(bench.client, ["send", "no dns at all"], ["receive", 5], port=53, udp=True)
        assert [packet["protocol"] for packet in judged.seen()] == [6, 6, 17, 17]


def test_fail_closed_drops_questions_about_names_of_the_policy_only(bench: Bench) -> None:
    with bench.judging(names=NAMES, listen=False, settings={"fail": "closed"}) as judged:
        require_classifier(judged)
        assert bench.dig(bench.client, "fine.elsewhere.test") == "NOERROR"
        assert bench.dig(bench.client, "blocked.example") == ""


def test_new_names_take_the_place_of_the_old(bench: Bench) -> None:
    with bench.judging(names=["blocked.example"], keep=True) as first:
        require_classifier(first)
        first.stop()
        with bench.judging(names=["other.test"]) as judged:
            bench.dig(bench.client, "blocked.example")
            assert judged.seen() == []
            bench.dig(bench.client, "other.test")
            assert judged.seen() != []
