"""The classifier's look at DNS as the real kernel runs it, against the decoders.

What it lets pass, Python would have accepted unrecorded: a message that can be read and names nothing of the policy.
"""

from collections.abc import Iterator

import pytest
from classifier_fixtures import RULES, classifying
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scapy.layers.dns import DNS, DNSQR, DNSRROPT
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt

from enforcer.decode.dns import decode_links, decode_question
from enforcer.edge.classifier import Classifier
from enforcer.model.errors import DecodeError
from enforcer.model.names import parents
from enforcer.plan.classifier_dns import MAX_LABELS, MAX_NAME, MAX_RECORDS
from enforcer.plan.endings import SLOTS

pytestmark = pytest.mark.kernel

OTHERS = ["example.org", "www.notkaspersky.com", "kaspersky.com.evil.net", "com", "org.", "x.kaspersky.org"]
C00C = b"\xc0\x0c"


@pytest.fixture(scope="module")
def classifier() -> Iterator[Classifier]:
    with classifying() as loaded:
        yield loaded


def wire(name: str) -> bytes:
    labels = [label for label in name.split(".") if label]
    return b"".join(bytes((len(label),)) + label.encode("latin-1") for label in labels) + b"\0"


def query(name: bytes, *, flags: int = 0x0100, tail: bytes = b"", counts: tuple[int, ...] = (1, 0, 0, 0)) -> bytes:
    return b"\x12\x34" + flags.to_bytes(2, "big") + b"".join(n.to_bytes(2, "big") for n in counts) + name + tail


def record(kind: int, data: bytes = b"\xc0\0\2\1", owner: bytes = C00C) -> bytes:
    return owner + kind.to_bytes(2, "big") + b"\0\1\0\0\0\x3c" + len(data).to_bytes(2, "big") + data


def answer(name: str, *records: bytes, extra: bytes = b"", counts: tuple[int, int] = (0, 0)) -> bytes:
    return query(
        wire(name), flags=0x8180, tail=b"\0\1\0\1" + b"".join(records) + extra, counts=(1, len(records), *counts)
    )


def asked(message: bytes) -> bytes:
    """Over IPv4 to port 53. Scapy's headers are dear in a property test; the classifier reads no checksum."""
    length = len(message) + 28
    ip = b"\x45\0" + length.to_bytes(2, "big") + bytes.fromhex("0000000040110000c0000201c0000202")
    return ip + bytes.fromhex("0fa00035") + (length - 20).to_bytes(2, "big") + b"\0\0" + message


def answered(message: bytes) -> bytes:
    """Over IPv6 from port 53."""
    length = (len(message) + 8).to_bytes(2, "big")
    return b"\x60\0\0\0" + length + b"\x11\x40" + bytes(32) + bytes.fromhex("00350fa0") + length + b"\0\0" + message


QUESTION = b"\0\1\0\1"
OPT = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"


@pytest.mark.parametrize("name", RULES)
def test_names_of_the_policy_and_below_are_judged_in_any_case(classifier: Classifier, name: str) -> None:
    for spelled in (name, f"a.b.{name}", name.upper(), f"WwW.{name.title()}"):
        assert classifier.judges(asked(query(wire(spelled), tail=QUESTION)))[0], spelled
        assert classifier.judges(answered(answer(spelled, record(1))))[0], spelled


@pytest.mark.parametrize("name", [*OTHERS, ""])
def test_other_names_pass_with_and_without_edns_over_both_versions(classifier: Classifier, name: str) -> None:
    plain = query(wire(name), tail=QUESTION)
    edns = query(wire(name), tail=QUESTION + OPT, counts=(1, 0, 0, 1))
    for message in (plain, edns):
        for ip in (IP(dst="192.0.2.1"), IPv6(dst="2001:db8::1"), IP(dst="192.0.2.1", options=b"\1\1\1\1")):
            assert not classifier.judges(bytes(ip / UDP(sport=4000, dport=53) / message))[0]


def test_plain_answers_about_other_names_pass(classifier: Classifier) -> None:
    for message in (
        answer("example.org"),
        answer("example.org", record(1)),
        answer("example.org", *[record(28, bytes(16))] * MAX_RECORDS),
        answer("example.org", record(1), record(16, b"\4text")),
        answer("example.org", record(1), extra=OPT, counts=(0, 1)),
        answer("example.org", record(1), extra=OPT[:-1] + b"\4abcd", counts=(0, 1)),
    ):
        assert not classifier.judges(answered(message))[0]


@pytest.mark.parametrize("kind", [5, 39, 64, 65])
def test_a_link_is_judged_wherever_it_leads(classifier: Classifier, kind: int) -> None:
    assert classifier.judges(answered(answer("example.org", record(1), record(kind, wire("example.net")))))[0]
    extra = record(kind, wire("example.net"))
    assert classifier.judges(answered(answer("example.org", record(1), extra=extra, counts=(0, 1))))[0]


@pytest.mark.parametrize(
    "odd",
    {
        "another owner": answer("example.org", record(1, owner=wire("example.net"))),
        "too many records": answer("example.org", *[record(1)] * (MAX_RECORDS + 1)),
        "two extras": answer("example.org", record(1), extra=OPT + OPT, counts=(0, 2)),
        "authority and extra": answer("example.org", record(1), extra=record(2) + OPT, counts=(1, 1)),
        "an extra that is no OPT": answer("example.org", extra=record(1, owner=b"\0"), counts=(0, 1)),
        "cut in a record": answer("example.org", record(1))[:-1],
        "cut in an extra": answer("example.org", extra=OPT[:-1], counts=(0, 1)),
        "two questions": query(
            wire("example.org") + QUESTION + wire("example.net"), tail=QUESTION, counts=(2, 0, 0, 0)
        ),
        "no question": query(b"", counts=(0, 0, 0, 0)),
        "an update": query(wire("example.org"), flags=0x2800, tail=QUESTION),
        "a pointer": query(C00C, tail=QUESTION),
        "a reserved label": query(b"\x40abc\0", tail=QUESTION),
        "cut in the question": query(wire("example.org"), tail=QUESTION[:-1]),
        "cut in the name": query(b"\7exam"),
        "cut in the header": query(b"")[:11],
        "many labels": query(wire("a." * MAX_LABELS + "org"), tail=QUESTION),
        "a long name": query(wire(".".join(["a" * 63] * 4)), tail=QUESTION),
        "a long last label": query(wire("a." + "b" * 25), tail=QUESTION),
        "a long label before it": query(wire("a" * 41 + ".b"), tail=QUESTION),
    }.items(),
    ids=lambda odd: odd[0],
)
def test_what_is_odd_is_judged(classifier: Classifier, odd: tuple[str, bytes]) -> None:
    assert classifier.judges(asked(odd[1]))[0]
    assert classifier.judges(answered(odd[1]))[0]


def test_what_is_no_plain_dns_is_judged(classifier: Classifier) -> None:
    message = query(wire("example.org"), tail=QUESTION)
    for packet in (
        IP() / TCP(dport=53) / message,
        IP() / UDP(sport=4000, dport=443) / message,
        IP(proto=17) / b"\0",
        IPv6() / IPv6ExtHdrDestOpt() / UDP(dport=53) / message,
        IPv6() / TCP(dport=53) / message,
        IP(version=5) / UDP(dport=53) / message,
    ):
        assert classifier.judges(bytes(packet))[0]


def test_scapys_question_passes_and_takes_about_a_microsecond(classifier: Classifier) -> None:
    packet = bytes(IP() / UDP(sport=4000, dport=53) / DNS(rd=1, qd=DNSQR(qname="www.example.org"), ar=DNSRROPT()))
    judged, nanoseconds = classifier.judges(packet, repeat=10_000)
    assert not judged
    assert nanoseconds < 20_000  # 500 when the machine is quiet


def test_an_empty_policy_lets_all_plain_dns_pass() -> None:
    with classifying([]) as empty:
        assert not empty.judges(asked(query(wire("kaspersky.com"), tail=QUESTION)))[0]


def concerns(message: bytes) -> bool:
    """Python's word: it cannot be read, or one of its names is the policy's."""
    try:
        question = decode_question(message)
        answers = question is not None and question.is_response
        names = decode_links(message) if answers else (question.name,) if question else ()
    except DecodeError:
        return True
    return any(parent in RULES for name in names for parent in parents(name))


LABELS = st.sampled_from(
    ["a", "WWW", "kaspersky", "KASPERSKY", "com", "co", "uk", "example", "org", "x" * 63, "\xe9\0 "]
)
NAMES = st.one_of(
    st.lists(LABELS, max_size=6).map(".".join), st.sampled_from([*RULES, *OTHERS, "s01.upd.kaspersky-labs.com"])
)
RECORDS = st.builds(
    record,
    st.sampled_from([1, 2, 5, 6, 16, 28, 39, 41, 46, 64, 65, 256]),
    st.one_of(st.binary(max_size=20), NAMES.map(wire)),
    st.sampled_from([C00C, C00C, C00C, b"\xc0\x10", b"\0", wire("example.org")]),
)
TAILS = st.tuples(st.lists(RECORDS, max_size=18), st.lists(st.one_of(RECORDS, st.just(OPT)), max_size=2))


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """Questions and answers, mostly well-formed, sometimes with counts that lie and bytes that were turned over."""
    answers, extras = draw(TAILS)
    flags = draw(st.sampled_from([0x0100, 0x8180, 0x8400, 0x2800]))
    counts = (1, len(answers), draw(st.sampled_from([0, 0, 1])), len(extras))
    if draw(st.integers(0, 9)) == 0:
        counts = tuple(draw(st.integers(0, 3)) for _ in counts)  # type: ignore[assignment]  # of the same length
    name = wire(draw(NAMES))
    message = bytearray(query(name, flags=flags, tail=QUESTION + b"".join([*answers, *extras]), counts=counts))
    if draw(st.integers(0, 3)) == 0:
        for at in draw(st.lists(st.integers(0, len(message) - 1), max_size=3)):
            message[at] = draw(st.integers(0, 255))
        del message[draw(st.integers(0, len(message))) :]
    return bytes(message)


@settings(max_examples=300, deadline=None)
@example(message=query(wire("x.kaspersky.com"), tail=QUESTION))
@given(message=messages())
def test_what_passes_concerns_nobody(classifier: Classifier, message: bytes) -> None:
    """The one direction in which the classifier must not err."""
    for packet in (asked(message), answered(message)):
        if not classifier.judges(packet)[0]:
            assert not concerns(message)


@given(name=NAMES, kind=st.sampled_from([1, 28, 16]))
def test_what_is_plain_and_nobodys_passes(classifier: Classifier, name: str, kind: int) -> None:
    """The other direction, which makes it useful. Names with the same last two labels as the policy's may be judged.

    What is longer than a name can be is none, and judged.
    """
    labels = [label for label in name.lower().split(".") if label][-2:]
    endings = [rule.split(".")[-2:] for rule in RULES]
    long = any(len(label) > size for label, size in zip(reversed(labels), reversed(SLOTS), strict=False))
    if labels in endings or long or len(wire(name)) > MAX_NAME:
        return
    for message in (query(wire(name), tail=QUESTION), answer(name, record(kind))):
        assert not classifier.judges(answered(message))[0]
