"""Names on the wire: compression as in RFC 1035 section 4.1.4, and every way to abuse it."""

import pytest
from decode_fixtures import dns_name, refusal, work
from hypothesis import given
from hypothesis import strategies as st

from enforcer.decode.dns_name import MAX_STEPS, MAX_WIRE_NAME, Names, plain_name
from enforcer.model.errors import DecodeError

# The example of RFC 1035 section 4.1.4, with its names at the offsets 20, 40, 64 and 92.
RFC_1035 = bytes(20) + b"\1F\3ISI\4ARPA\0" + bytes(8) + b"\3FOO\xc0\x14" + bytes(18) + b"\xc0\x1a" + bytes(26) + b"\0"


@pytest.mark.parametrize(
    ("at", "name", "end"), [(20, "f.isi.arpa", 32), (40, "foo.f.isi.arpa", 46), (64, "arpa", 66), (92, "", 93)]
)
def test_the_example_of_rfc_1035(at: int, name: str, end: int) -> None:
    assert Names(RFC_1035).at(at) == (name, end)
    assert Names(RFC_1035).skip(at) == end


SPELLED = {
    "lower case": (b"\3WwW\7eXample\0", "www.example"),
    "dash and underscore": (b"\4_dns\3a-b\0", "_dns.a-b"),
    "a dot in a label": (b"\3a.b\1c\0", "a\\046b.c"),
    "a backslash": (b"\3a\\b\0", "a\\092b"),
    "space and controls": (b"\3\x20\n\x7f\0", "\\032\\010\\127"),
    "a zero byte": (b"\3a\0b\0", "a\\000b"),
    "Latin-1 stays as it is": (b"\2\xc4\xe4\0", "\\196\\228"),
    "a star": (b"\1*\1a\0", "\\042.a"),
    "the root": (b"\0", ""),
    # Lengths that are characters of names themselves: 45 is a dash, 46 a dot, 48 and 57 are digits.
    **{f"a label of {size}": (bytes([size]) + b"x" * size + b"\0", "x" * size) for size in (45, 46, 48, 57, 63)},
}


@pytest.mark.parametrize(("wire", "name"), SPELLED.values(), ids=SPELLED.keys())
def test_spelling(wire: bytes, name: str) -> None:
    message = bytes(12) + wire
    assert Names(message).at(12) == (name, len(message))
    # The same through a pointer, which takes the other reading.
    assert Names(message + b"\xc0\x0c").at(len(message)) == (name, len(message) + 2)


def test_the_quick_reading_leaves_odd_names_alone() -> None:
    assert plain_name(b"\3WwW\7eXample") == "www.example"
    assert plain_name(b"") == ""
    for run in (b"\3a.b", b"\3a b", b"\4abc", b"\2abc", b"\xc0\x0c", b"\x40" + b"a" * 64, b"\1a" * 128):
        assert plain_name(run) is None


LONGEST = b"\x3f" + b"a" * 63 + b"\x3f" + b"b" * 63 + b"\x3f" + b"c" * 63 + b"\x3d" + b"d" * 61 + b"\0"


def test_the_longest_name() -> None:
    assert len(LONGEST) == MAX_WIRE_NAME
    name, end = Names(bytes(12) + LONGEST).at(12)
    assert (len(name), end) == (253, 12 + 255)
    # 127 labels of one letter.
    assert Names(bytes(12) + b"\1a" * 127 + b"\0").at(12)[0] == ".".join("a" * 127)


REFUSED = {
    "nothing": (b"", "name reaches beyond the message"),
    "no end": (b"\3www", "name reaches beyond the message"),
    "a label beyond the message": (b"\4www", "name reaches beyond the message"),
    "half a pointer": (b"\xc0", "compression pointer cut short"),
    "a pointer to itself": (b"\xc0\x0c", "compression pointer to byte 12 does not lead backwards"),
    "a pointer to its own label": (b"\1a\xc0\x0c", "compression pointer to byte 12 does not lead backwards"),
    "a pointer forward": (b"\xc0\x20\0", "compression pointer to byte 32 does not lead backwards"),
    "a pointer into the header": (b"\xc0\x0b", "compression pointer to byte 11 does not lead backwards"),
    "label type 1": (b"\x41a\0", "label type 1"),
    "label type 2": (b"\x80a\0", "label type 2"),
    "one byte too long": (b"\1a" * 126 + b"\2ab\0", "name of more than 255 bytes"),
    "128 labels": (b"\1a" * 128 + b"\0", "name of more than 255 bytes"),
}


@pytest.mark.parametrize(("wire", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(wire: bytes, why: str) -> None:
    assert refusal(Names(bytes(12) + wire).at, 12) == why


def test_pointers_lead_back_even_behind_a_pointer() -> None:
    # From 14 back to 12, whose pointer leads to 14 again: the second would be a loop.
    message = bytes(12) + b"\xc0\x0e\xc0\x0c"
    assert refusal(Names(message).at, 14) == "compression pointer to byte 14 does not lead backwards"
    # To 12, over a label to 14, and on to 13, which is behind 12 though before 14.
    message = bytes(12) + b"\1\0\xc0\x0d\xc0\x0c"
    assert refusal(Names(message).at, 16) == "compression pointer to byte 13 does not lead backwards"


def test_a_name_made_long_by_pointers_is_refused() -> None:
    message = bytes(12) + LONGEST[:-1] + b"\0"
    message += b"\1x\xc0\x0c"
    assert refusal(Names(message).at, 12 + 255) == "name of more than 255 bytes"


def test_a_pointer_is_followed_once() -> None:
    message = bytes(12) + dns_name("a.b.c.d.e.f") + b"\xc0\x0c" * 1000
    names = Names(message)
    first = work(lambda: names.at(25))
    assert work(lambda: names.at(27)) < first / 2
    assert names.at(1999) == ("a.b.c.d.e.f", 2001)


def winding(pointers: int) -> bytes:
    """A name, then pointers that each lead to the one before."""
    message = bytes(12) + b"\1a\0"
    for _ in range(pointers):
        at = len(message) - 2 if len(message) > 15 else 12
        message += (0xC000 | at).to_bytes(2, "big")
    return message


def test_a_chain_of_pointers_is_followed() -> None:
    assert Names(winding(100)).at(12 + 3 + 2 * 99) == ("a", 12 + 3 + 200)


def test_work_is_bounded_for_the_whole_message() -> None:
    message = winding(8000)
    names = Names(message)

    def read_all() -> None:
        for at in range(len(message) - 2, 12, -2):
            names.at(at)

    assert work(read_all) < 16 * MAX_STEPS
    assert refusal(names.at, 12) == f"more than {MAX_STEPS} labels and pointers"


@given(st.binary(max_size=600), st.integers(0, 600))
def test_raises_only_decode_error_and_never_goes_back(message: bytes, at: int) -> None:
    try:
        name, end = Names(message).at(at)
    except DecodeError:
        return
    assert at < end <= len(message)
    assert Names(message).skip(at) == end
    assert name == "" or all(name.split("."))
