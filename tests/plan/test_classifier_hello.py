"""The classifier's look at TLS as the real kernel runs it, against the inspector.

What it lets pass, Python would have marked PASS without a word.
"""

import ssl
import struct
from collections.abc import Iterator

import pytest
from browser_hellos import BROWSERS, browser_hello
from classifier_fixtures import AT, Connection, classifying, extension, hello, inspector, remembering, server_name
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enforcer.edge.classifier import Classifier
from enforcer.model.command import Fate
from enforcer.model.marks import PASS
from enforcer.pipeline.first import MORE, PASSED
from enforcer.plan.classifier_hello import MAX_EXTENSIONS, MAX_NAME

pytestmark = pytest.mark.kernel

FREE = "www.free.test"
DATA = b"\x17\x03\x03\0\1x"
OURS = ["kaspersky.com", "S01.UPD.kaspersky-labs.COM", "a_b.x9.test"]
OTHERS = [FREE, "a.bc", "x.kaspersky.org", "kaspersky.com.evil.net", "192.0.2.1", "x" * 18 + "." + "y" * 40 + ".com"]


@pytest.fixture(scope="module")
def classifier() -> Iterator[Classifier]:
    with remembering() as openings, classifying(openings=openings) as loaded:
        yield loaded


def passes(classifier: Classifier, data: bytes, version: int = 4) -> bool:
    """As the first data of a connection whose SYN the classifier has seen, and behind it no second hello."""
    connection = Connection(version)
    assert not classifier.judges(connection.syn(7))[0]
    if classifier.judges(connection.segment(8, data))[0]:
        return False
    assert not classifier.judges(connection.segment(8 + len(data), DATA, ack=2))[0]
    return True


def is_nobodys(data: bytes) -> bool:
    """Python's word on the same."""
    connection, judge = Connection(), inspector()
    judge.packet(connection.syn(7), AT)
    if judge.packet(connection.segment(8, data), AT) != MORE:
        return False
    return judge.packet(connection.segment(8 + len(data), DATA, ack=2), AT) is PASSED


def openssl_hello(name: str) -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    secure = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        secure.do_handshake()
    return outgoing.read()


def made(name: bytes, *more: bytes) -> bytes:
    return hello(server_name(name), *more)


ALPN = extension(16, b"\0\x0c\2h2\x08http/1.1")


def test_the_outcome_that_the_kernel_stands_for_has_no_commands() -> None:
    assert (PASSED.fate, PASSED.mark, PASSED.commands, PASSED.payload) == (Fate.ACCEPT, PASS, (), None)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("browser", BROWSERS)
def test_browsers_hellos_pass_unless_they_are_for_a_name_of_the_policy(
    classifier: Classifier, browser: str, version: int
) -> None:
    assert passes(classifier, browser_hello(browser, FREE), version)
    assert not passes(classifier, browser_hello(browser), version)


@pytest.mark.parametrize("name", OTHERS)
def test_other_names_pass(classifier: Classifier, name: str) -> None:
    assert passes(classifier, made(name.upper().encode(), ALPN))
    if not name[0].isdigit():
        assert passes(classifier, openssl_hello(name))


@pytest.mark.parametrize("name", OURS)
def test_names_of_the_policy_and_below_are_judged(classifier: Classifier, name: str) -> None:
    for spelled in (name, f"www.{name}", name.title()):
        assert not passes(classifier, made(spelled.encode()))


def test_what_follows_the_record_is_judged_and_so_is_an_offer_of_early_data(classifier: Classifier) -> None:
    """RFC 8446 section 4.2.10: a second hello may stand behind such data."""
    assert not passes(classifier, made(FREE.encode()) + DATA)
    assert not passes(classifier, made(FREE.encode(), extension(42, b"")))
    assert passes(classifier, made(FREE.encode(), extension(41, b"")))


def test_every_cut_of_a_hello_is_judged(classifier: Classifier) -> None:
    data = made(FREE.encode(), ALPN)
    assert [size for size in range(1, len(data) + 1) if passes(classifier, data[:size])] == [len(data)]


HEAD = struct.Struct("!BHH")
WHOLE = made(FREE.encode(), ALPN)
ODD = {
    "two names": hello(
        extension(0, struct.pack("!H", 32) + (b"\0" + struct.pack("!H", len(FREE)) + FREE.encode()) * 2)
    ),
    "the extension twice": made(FREE.encode(), server_name(b"kaspersky.com")),
    "the extension twice, the other way round": hello(server_name(b"kaspersky.com"), server_name(FREE.encode())),
    "another extension twice": made(FREE.encode(), extension(10, b""), extension(10, b"")),
    "a high extension twice": made(FREE.encode(), extension(0xFF01, b"\0"), extension(0xFF01, b"\0")),
    "a name of another type": hello(server_name(FREE.encode(), kind=1)),
    "no name": hello(ALPN),
    "no extensions": hello(),
    "an empty name": made(b""),
    "a single label": made(b"localhost"),
    "a dot in front": made(b".free.test"),
    "a dot behind": made(b"www.free.test."),
    "two dots": made(b"www..test"),
    "a NUL": made(b"www.free.test\0"),
    "a byte that is no letter": made(b"www.fr\xe9e.test"),
    "a space": made(b"www.free.test "),
    "a long name": made(b"a" * (MAX_NAME - 4) + b".test"),
    "a long last label": made(b"a." + b"b" * 25),
    "a long label before it": made(b"a" * 41 + b".com"),
    "many extensions": made(FREE.encode(), *(extension(kind, b"") for kind in range(20, 20 + MAX_EXTENSIONS))),
    "DNS over TLS": made(FREE.encode(), extension(16, b"\0\4\3dot")),
    "an odd ALPN": made(FREE.encode(), extension(16, b"\0\x0d\2h2\x08http/1.1")),
    "another record": b"\x17" + WHOLE[1:],
    "another version": b"\x16\2" + WHOLE[2:],
    "another message": WHOLE[:5] + b"\2" + WHOLE[6:],
    "a record that is longer": HEAD.pack(22, 0x0301, len(WHOLE) - 4) + WHOLE[5:] + b"\0",
    "two records": HEAD.pack(22, 0x0301, 50) + WHOLE[5:55] + HEAD.pack(22, 0x0301, len(WHOLE) - 55) + WHOLE[55:],
    "an empty record in front": HEAD.pack(22, 0x0301, 0) + WHOLE,
    "HTTP": b"GET / HTTP/1.1\r\nHost: www.free.test\r\n\r\n",
    "a protocol of another kind": b"SSH-2.0-x\r\n",
}


@pytest.mark.parametrize("odd", ODD.items(), ids=lambda odd: odd[0])
def test_what_is_odd_is_judged(classifier: Classifier, odd: tuple[str, bytes]) -> None:
    assert passes(classifier, WHOLE)
    assert not passes(classifier, odd[1])


def test_a_hello_takes_about_a_microsecond(classifier: Classifier) -> None:
    data = browser_hello("chrome", FREE)
    times = []
    for _ in range(20):
        connection = Connection()
        classifier.judges(connection.syn(1))
        judged, nanoseconds = classifier.judges(connection.segment(2, data))
        assert not judged
        times.append(nanoseconds)
    assert min(times) < 50_000  # 1,000 to 5,000, for a run with everything cold


NAMES = st.one_of(
    st.sampled_from([*OTHERS, *OURS, "www.kaspersky.com", "free.test.", "", "a..b"]).map(str.encode),
    st.lists(st.sampled_from([b"a", b"WWW", b"kaspersky", b"com", b"x9", b"a_b", b"\xff", b"x" * 63]), max_size=5).map(
        b".".join
    ),
)
EXTENSIONS = st.one_of(
    st.builds(server_name, NAMES),
    st.builds(
        extension, st.sampled_from([5, 10, 13, 16, 43, 51, 0x4469, 0xFE0D, 0x1A1A, 0xFF01]), st.binary(max_size=9)
    ),
    st.just(ALPN),
)


@st.composite
def hellos(draw: st.DrawFn) -> bytes:
    """Hellos, mostly well-formed, sometimes with bytes turned over, cut, or with more behind."""
    first = [server_name(draw(NAMES))] if draw(st.integers(0, 4)) else []
    more = draw(st.lists(EXTENSIONS, max_size=5))
    session = draw(st.sampled_from([b"", bytes(32)]))
    data = bytearray(hello(*first, *more, session=session, ciphers=draw(st.sampled_from([b"", b"\x13\1", bytes(40)]))))
    if draw(st.integers(0, 2)) == 0:
        for at in draw(st.lists(st.integers(0, len(data) - 1), max_size=2)):
            data[at] = draw(st.integers(0, 255))
        del data[draw(st.integers(1, len(data))) :]
        data += draw(st.binary(max_size=4))
    return bytes(data)


@settings(max_examples=500, deadline=None)
@given(data=hellos())
def test_what_passes_is_nobodys(classifier: Classifier, data: bytes) -> None:
    """The one direction in which the classifier must not err."""
    if passes(classifier, data):
        assert is_nobodys(data)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    browser=st.sampled_from(BROWSERS),
    name=st.sampled_from([FREE, "dnl-03.geo.kaspersky.com"]),
    turned=st.lists(st.tuples(st.integers(0, 1800), st.integers(0, 255)), max_size=3),
    lengths=st.booleans(),
)
def test_what_passes_of_browsers_hellos_with_bytes_turned_over_is_nobodys(
    classifier: Classifier, browser: str, name: str, turned: list[tuple[int, int]], lengths: bool
) -> None:
    data = bytearray(browser_hello(browser, name))
    places = [at for at in range(40, len(data)) if data[at] == 0] if lengths else range(len(data))
    for at, value in turned:
        data[places[at % len(places)]] = value
    if passes(classifier, bytes(data)):
        assert is_nobodys(bytes(data))
