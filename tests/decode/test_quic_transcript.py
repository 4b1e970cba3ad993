"""One CRYPTO stream: its hellos, each told once, from any copy of it."""

from decode_fixtures import hello_for, refusal

from enforcer.decode.quic_initial import Crypto
from enforcer.decode.quic_transcript import MAX_HELLOS, Transcript
from enforcer.decode.stream import LIMIT

ONE, TWO = hello_for("www.free.test"), hello_for("upd.acme.test")
BOTH = ONE + TWO


def names(transcript: Transcript) -> list[str]:
    return [str(hello.server_name) for hello in transcript.read()]


def test_hellos_are_told_once_as_they_become_whole() -> None:
    said = Transcript()
    said.add([Crypto(40, BOTH[40 : len(ONE) + 9])])
    assert (names(said), said.is_pending, said.has_news([])) == ([], True, True)
    said.add([Crypto(0, BOTH[:40])])
    assert (names(said), said.is_pending, said.has_news([])) == (["www.free.test"], True, False)
    said.add([Crypto(len(ONE), TWO)])
    assert (names(said), names(said), said.is_pending) == (["upd.acme.test"], [], False)
    assert [str(hello.server_name) for hello in said.hellos] == ["www.free.test", "upd.acme.test"]


def test_a_copy_goes_its_own_way() -> None:
    said = Transcript()
    said.add([Crypto(0, ONE + TWO[:30])])
    assert names(said) == ["www.free.test"]
    copy = said.copy()
    copy.add([Crypto(len(ONE) + 30, TWO[30:])])
    assert (names(copy), names(said), said.size) == (["upd.acme.test"], [], len(ONE) + 30)
    assert copy.hellos[:1] == said.hellos
    assert refusal(copy.add, [Crypto(0, TWO)]) == "ambiguous: segments overlap with different bytes"
    said.slim()
    late = said.copy()
    late.add([Crypto(0, b"forgotten"), Crypto(len(ONE) + 30, TWO[30:])])
    assert names(late) == ["upd.acme.test"]


def test_bounds() -> None:
    said = Transcript()
    assert refusal(said.add, [Crypto(LIMIT, b"x")]) == f"handshake data beyond {LIMIT} bytes"
    said = Transcript()
    said.add([Crypto(0, BOTH + ONE)])
    assert refusal(lambda: list(said.read())) == f"more than {MAX_HELLOS} ClientHellos"
    assert len(said.hellos) == MAX_HELLOS


def test_of_another_version_s_frames_what_lies_behind() -> None:
    said = Transcript()
    said.add([Crypto(0, ONE)])
    assert names(said) == ["www.free.test"]
    said.add_behind([Crypto(0, bytes(len(ONE)) + TWO[:9]), Crypto(len(ONE) + 9, TWO[9:])])
    assert names(said) == ["upd.acme.test"]
