"""Verdicts over time, and where two courses of them differ."""

from hypothesis import given
from hypothesis import strategies as st
from policy_fixtures import FULL, WAIVED, WAIVED_UNTIL, WAIVER, small

from enforcer.model.calendar import Interval
from enforcer.model.verdict import Verdict
from enforcer.policy.course import Course, Stretch, constant, course, differing, topic_of
from enforcer.policy.site import Group
from enforcer.policy.topic import Topic
from enforcer.policy.track import FOREVER_AGO

ALLOW, OBSERVE, FLAG, BLOCK = Verdict
courses = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(Verdict)), max_size=5, unique_by=lambda one: one[0]
).map(lambda later: (*constant(OBSERVE), *sorted((float(at), verdict) for at, verdict in later)))


def verdict(of: Course, at: float) -> Verdict:
    return [one for starts, one in of if starts <= at][-1]


@given(courses, courses)
def test_they_differ_exactly_in_the_stretches(old: Course, new: Course) -> None:
    found = differing(old, new)
    for half in range(-2, 22):
        at = half / 2
        inside = [one for one in found if at in one.interval]
        pair = verdict(old, at), verdict(new, at)
        assert [(one.old, one.new) for one in inside] == ([pair] if pair[0] is not pair[1] else [])


def test_neighbours_with_the_same_difference_are_joined() -> None:
    old: Course = (*constant(OBSERVE), (1.0, OBSERVE), (2.0, FLAG))
    assert differing(old, constant(BLOCK)) == (
        Stretch(Interval(FOREVER_AGO, 2.0), OBSERVE, BLOCK),
        Stretch(Interval(2.0, None), FLAG, BLOCK),
    )


def test_the_course_of_a_service_is_under_the_waivers_of_the_site() -> None:
    policy = small(WAIVER + 'services = ["update"]\n')
    topic = topic_of(policy, "name", "geo.acme.example")
    assert isinstance(topic, Topic)
    assert [(at, one) for at, one in course(policy, policy.site.groups[0], topic) if at >= FULL] == [
        (FULL, BLOCK),
        (WAIVED, FLAG),
        (WAIVED_UNTIL, BLOCK),
    ]
    somebody = Group(name="somebody")
    assert course(policy, somebody, topic)[-1] == (FULL, BLOCK)


def test_what_a_pattern_falls_under() -> None:
    policy = small()

    def service(kind: str, pattern: str) -> str | Verdict:
        found = topic_of(policy, kind, pattern)
        return found.service if isinstance(found, Topic) else found

    assert service("domain", "upd.acme.example") == "update"
    assert service("domain", "scr.upd.acme.example") is ALLOW
    assert service("network", "192.0.2.128/25") == "update"
    assert service("network", "203.0.113.0/24") is ALLOW
    assert service("name", "nobody.example") is ALLOW
    assert service("name", "x.scr.upd.acme.example") is ALLOW
    assert service("name", "acme-update.example") is OBSERVE


def test_a_domain_is_what_lies_below_it_and_not_a_name_of_its_spelling() -> None:
    policy = small(acme=('"geo.acme.example"]', '"geo.acme.example", "acme.example"]'))
    name, domain = (topic_of(policy, kind, "acme.example") for kind in ("name", "domain"))
    assert isinstance(name, Topic)
    assert isinstance(domain, Topic)
    assert (name.service, domain.service) == ("update", "other")
