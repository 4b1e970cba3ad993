"""What is probed is blocked, and our own refusal is told from everybody else's."""

from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from enforcer.audit.probing import FREE, MOST, Answer, is_free, question, read_answer, targets
from enforcer.decode.dns import decode_question
from enforcer.decode.dns_answer import blocked_answer
from enforcer.edge.files import read_policies, shipped_policies
from enforcer.model.instants import parse_instant
from enforcer.model.names import HostName
from enforcer.model.observation import Client
from enforcer.policy.load import load

SITE = '[site]\nbans = ["us-commerce-kaspersky-2024"]\n'
POLICY = load(read_policies(shipped_policies()), SITE)
US = Client(address=ip_address("10.1.0.1"))
FULL = parse_instant("2024-09-29T04:00:00Z")
NAME = HostName("update.acme.example")
QUERY = question(NAME, 0x1234)


def test_a_name_for_each_service_that_is_blocked_then_and_none_before() -> None:
    found = list(targets(POLICY, US, FULL))
    assert {one.service for one in found} == {"update", "reputation", "telemetry", "download", "activation", "store"}
    assert {one.vendor for one in found} == {"kaspersky"}
    assert len(found) <= MOST
    assert list(targets(POLICY, US, parse_instant("2024-01-01"))) == []
    assert is_free(POLICY, FREE, US, FULL)
    assert not is_free(POLICY, found[0].name, US, FULL)


def test_the_question_is_one() -> None:
    asked = decode_question(QUERY)
    assert asked is not None
    assert (asked.id, asked.name) == (0x1234, NAME)


def test_our_refusal_is_known_by_its_text() -> None:
    for rcode in (3, 5):
        for code in (15, 17):
            refusal = blocked_answer(QUERY, rcode=rcode, ede_code=code, ede_text="Acme: full")
            assert read_answer(QUERY, refusal) == Answer(rcode, 0, "Acme: full")


def test_our_sinkhole_is_known_by_its_text() -> None:
    address = bytes((192, 0, 2, 7))
    for sinkhole, records in (((address,), 1), ((bytes(16),), 0)):
        told = blocked_answer(QUERY, rcode=3, ede_code=15, ede_text="Acme: full", sinkhole=sinkhole)
        assert read_answer(QUERY, told) == Answer(0, records, "Acme: full")
    kept = blocked_answer(QUERY, rcode=3, ede_code=15, ede_text="Acme: full", sinkhole=(address,))
    other = kept.replace(b"\xc0\x0c\0\1\0\1\0\0\0\1", b"\xc0\x0c\0\1\0\1\0\0\1\x2c")
    assert read_answer(QUERY, other) == Answer(0, 1, "")


def test_others_words_are_not_ours() -> None:
    plain = QUERY[:2] + b"\x81\x83\0\1\0\0\0\0\0\0" + QUERY[12:-11]
    assert read_answer(QUERY, plain) == Answer(3, 0, "")
    stale = blocked_answer(QUERY, rcode=3, ede_code=3, ede_text="stale")
    assert read_answer(QUERY, stale) == Answer(3, 0, "")
    answered = QUERY[:2] + b"\x81\x80\0\1\0\2\0\0\0\1" + QUERY[12:-11] + b"whatever"
    assert read_answer(QUERY, answered) == Answer(0, 2, "")


def test_what_answers_something_else_is_none() -> None:
    refusal = blocked_answer(QUERY, rcode=3, ede_code=15, ede_text="x")
    other = question(HostName("other.acme.example"), 0x1234)
    assert read_answer(other, refusal) is None
    assert read_answer(question(NAME, 0x1235), refusal) is None
    assert read_answer(QUERY, QUERY) is None
    assert read_answer(QUERY, b"") is None


@given(st.binary(max_size=120), st.integers(0, 60))
def test_whatever_comes_is_read_without_a_fault(junk: bytes, keep: int) -> None:
    read_answer(QUERY, QUERY[:keep] + junk)
    refusal = blocked_answer(QUERY, rcode=3, ede_code=15, ede_text="x")
    read_answer(QUERY, refusal[: len(refusal) - keep] + junk)
