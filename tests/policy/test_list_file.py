"""A list is read at speed by one pattern and slowly by the rule; both must say the same, however the bytes are cut."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from list_fixtures import in_chunks

from enforcer.policy import list_file
from enforcer.policy.faults import MAX_FAULTS, Faults
from enforcer.policy.list_file import MAX_LINE, ListFile, line_fault, read_list
from enforcer.policy.pattern_list import PatternList
from enforcer.policy.spelling import pattern_fault


def read(data: bytes, size: int = 65_536) -> tuple[list[str], list[str]]:
    faults = Faults()
    patterns = read_list("lists/a.txt", in_chunks(data, size), bytearray, faults)
    assert len(patterns) == len([*patterns])
    return [*patterns], faults_of(faults)


def faults_of(faults: Faults) -> list[str]:
    return [f"{fault.path}: {fault.why}" for fault in faults._found]


FULL = b"""# Acme's hosts, fetched 2026-06-30
a.example
b.example   # seen once

\t
xn--bcher-kva.example\t#
_dns.c.example"""


@pytest.mark.parametrize("size", [1, 2, 7, 65_536])
def test_comments_and_blank_lines_are_left_out_however_it_is_cut(size: int) -> None:
    assert read(FULL, size) == (["a.example", "b.example", "xn--bcher-kva.example", "_dns.c.example"], [])


def test_the_digest_is_of_the_bytes_of_the_file() -> None:
    for size in (1, 100):
        patterns = read_list("lists/a.txt", in_chunks(FULL, size), bytearray, Faults())
        assert (patterns.file, patterns.digest) == ("lists/a.txt", hashlib.sha256(FULL).digest())


@pytest.mark.parametrize("data", [b"", b"\n", b"# nothing\n\n", b"#"])
def test_nothing_is_no_fault_here(data: bytes) -> None:
    assert read(data) == ([], [])


ODD = {
    ".a.example": "'.a.example' is not how a list is written; write 'a.example', in a list under `domains_list`",
    "*.a.example": "'*.a.example' is not how a list is written; write 'a.example', in a list under `domains_list`",
    "||a.example^": "'||a.example^' is not how a list is written; write 'a.example', in a list under `domains_list`",
    "0.0.0.0 a.example": "'0.0.0.0 a.example' is not how a list is written; write 'a.example'",
    ":: a.example": "':: a.example' is not how a list is written; write 'a.example'",
    "  a.example": "'  a.example' is not how a list is written; write 'a.example'",
    "a.example\r": "'a.example\\r' is not how a list is written; write 'a.example'",
    "A.Example": "'A.Example' is not the normal form; write 'a.example'",
    "a.example.": "'a.example.' is not the normal form; write 'a.example'",
    "bücher.example": "'bücher.example' is not the normal form; write 'xn--bcher-kva.example'",
    "com": "'com' is a single label: it would match a whole top-level domain",
    "192.0.2.1": "'192.0.2.1' looks like an address; addresses stand under `[[network]]`",
    "a b": "'a b' has the character ' '; an international name is written in its xn-- form",
    "x" * 64 + ".example": f"'{'x' * 64}.example' has a label of 64 characters, 63 are allowed",
    "\r": "ends in CR LF; the lines of a list end in LF alone",
    "\ufeffa.example": "begins with a byte order mark; save the list as UTF-8 without one",
    "ü" * 4000: "has 4000 characters, 253 are allowed",
}


@pytest.mark.parametrize(("line", "why"), ODD.items(), ids=[ascii(line)[:30] for line in ODD])
def test_an_odd_spelling_is_refused_with_the_right_one(line: str, why: str) -> None:
    assert line_fault(line.encode()) == why
    assert read(f"b.example\n# c\n{line}\nd.example\n".encode()) == (["b.example", "d.example"], [f"line 3: {why}"])


def test_bytes_that_are_no_text() -> None:
    assert read(b"a.b\n\xff.b\n") == (["a.b"], ["line 2: is not UTF-8 text"])


def test_very_many_blanks_together_are_soon_answered() -> None:
    """A pattern that begins anew at each of them takes the square of their number: here hours."""
    blanks = b" \t" * 500_000
    assert read(b"a.b\n" + blanks + b"# c\n" + blanks + b"\nc.d\n", 4_000_000) == (["a.b", "c.d"], [])
    patterns, faults = read(b"a.b\n" + blanks + b"x\nc.d\n", 4_000_000)
    assert (patterns, faults) == (["a.b", "c.d"], ["line 2: has 1000001 characters, 253 are allowed"])


def test_a_line_without_end_is_not_waited_for() -> None:
    patterns, faults = read(b"a.b\n" + b"x" * 10_000_000)
    assert faults == [f"line 2: has more than {MAX_LINE} characters"]
    assert patterns == ["a.b"]


def test_the_first_faults_are_told_and_the_rest_not_read() -> None:
    def chunks() -> object:
        yield b"X.b\n" * 1000
        raise AssertionError("nobody reads on after this")

    faults = Faults()
    read_list("lists/a.txt", ListFile(4000, chunks()), bytearray, faults)  # type: ignore[arg-type]
    assert len(faults_of(faults)) == MAX_FAULTS


def test_a_file_that_grows_meanwhile_is_refused() -> None:
    faults = Faults()
    read_list("lists/a.txt", ListFile(4, [b"a.b\n", b"c.d\n"]), bytearray, faults)
    assert faults_of(faults) == [": grew while it was read; write a new one beside it and rename it into place"]


LINE = st.text(alphabet="ab1-_.*A ü\r^", max_size=9) | st.sampled_from(
    ["a.b", "a" * 64 + ".b", "a." * 126 + "b", "1.2"]
)


@given(lines=st.lists(LINE, max_size=5), size=st.integers(1, 40))
def test_the_quick_way_takes_what_the_rule_takes(lines: list[str], size: int) -> None:
    bare = [line.rstrip(" \t") for line in lines]
    good = [line for line in bare if line and not pattern_fault(line)]
    patterns, faults = read("\n".join(lines).encode(), size)
    assert patterns == good
    assert len(faults) == len([line for line in bare if line]) - len(good)


def test_a_list_of_patterns_is_read_without_looking_at_each_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A million lines take a second so, and many by the rule."""
    monkeypatch.setattr(list_file, "line_fault", None)
    text = b"# head\n" + b"".join(b"h%d.example # x\n" % number for number in range(20_000))
    patterns, _ = read(text)
    assert len(patterns) == 20_000


def test_the_text_stands_in_the_memory_that_is_given() -> None:
    asked: list[int] = []

    def allocate(size: int) -> bytearray:
        asked.append(size)
        return bytearray(size)

    patterns: PatternList = read_list("lists/a.txt", in_chunks(b"a.b\nc.d"), allocate, Faults())
    assert ([*patterns], asked) == (["a.b", "c.d"], [8])
