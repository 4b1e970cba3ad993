"""What several pairs of ports say of one connection: read together and each by itself, within bounds."""

from decode_fixtures import hello_for, refusal
from quic_fixtures import DESTINATION, V1, V2, crypto, seal, whole

from enforcer.decode.named import FirstData
from enforcer.decode.quic_handshake import Handshake
from enforcer.decode.quic_hello import MAX_ATTEMPTS, MAX_ELSEWHERE, Elsewhere, QuicReader
from enforcer.decode.quic_joint import MAX_PORTS, MAX_SPAN, Joint, with_number
from enforcer.decode.quic_transcript import Transcript
from enforcer.model.names import HostName

ONE, TWO = hello_for("www.free.test"), hello_for("upd.acme.test")
AMBIGUOUS = "ambiguous: segments overlap with different bytes at byte"


class Others(Elsewhere):
    def __init__(self, *readers: QuicReader) -> None:
        self._readers, self.asked = readers, 0

    def under(self, _version: int, destination: bytes, /) -> list[Handshake]:
        return next((found for one in self._readers if (found := one.under(destination))), [])

    def between(self) -> list[Handshake]:
        self.asked += 1
        return [found for one in self._readers for found in one.under(DESTINATION)]


def said(data: bytes, start: int = 0, end: int | None = None, number: int = 0, version: int = V1) -> bytes:
    return whole(seal(crypto(start, data[start:end]), number=number, version=version))


def names(first: FirstData | None) -> list[str]:
    return [] if first is None else [str(name) for name in first.names]


def test_the_port_that_completes_a_hello_tells_it_and_then_each_other_once() -> None:
    one, two, three = QuicReader(), QuicReader(), QuicReader()
    assert one.read(said(ONE, 0, 50)) is None
    assert two.read(said(ONE, 50, 70, 1), elsewhere=Others(one)) is None
    assert names(three.read(said(ONE, 70, None, 2), elsewhere=Others(two))) == ["www.free.test"]
    for reader in (one, two):
        assert names(reader.read(said(ONE, 0, 50, 3))) == ["www.free.test"]
        assert reader.read(said(ONE, 0, 50, 4)) is None
        assert (reader.knows, reader.begun) == (True, False)


def test_nobody_is_asked_whose_own_keys_fit() -> None:
    one, others = QuicReader(), Others()
    for number in range(3):
        one.read(said(ONE, 0, 50, number), elsewhere=others)
    assert others.asked == 0


def test_a_fault_between_ports_is_kept_and_each_is_read_on_by_itself() -> None:
    one, two = QuicReader(), QuicReader()
    one.read(said(ONE, 0, 70))
    assert two.read(said(TWO, 0, 60, 1), elsewhere=Others(one)) is None
    assert two.doubt == f"{AMBIGUOUS} 0"
    assert names(two.read(said(TWO, 60, None, 2))) == ["upd.acme.test"]
    assert two.doubt == f"{AMBIGUOUS} 0"
    assert names(one.read(said(ONE, 70, None, 3))) == ["www.free.test"]
    assert one.doubt == f"{AMBIGUOUS} 0"


def test_the_hello_of_another_version_s_keys_is_joined_too() -> None:
    one, two = QuicReader(), QuicReader()
    one.read(said(ONE, version=V1))
    behind = whole(seal(crypto(len(ONE), TWO), destination=b"server's", keys=DESTINATION, number=1, version=V2))
    found = two.read(behind, elsewhere=Others(one))
    assert found is not None
    assert HostName("upd.acme.test") in found.names


def test_of_a_handshake_of_which_no_packet_had_a_number_of_its_own() -> None:
    """The frames of another version's packet are read as those of a handshake in that version too."""
    one, two = QuicReader(), QuicReader()
    one.read(said(ONE, version=V1))
    one.read(said(TWO, 0, 60, 1, version=V2))
    assert names(two.read(said(ONE, number=2), elsewhere=Others(one))) == ["www.free.test"]
    assert names(two.read(said(TWO, 60, None, 3, version=V2))) == ["upd.acme.test"]


def test_it_holds_what_all_have_said_until_one_is_given_up() -> None:
    one, two = QuicReader(), QuicReader()
    one.read(said(ONE, 0, 50))
    two.read(said(ONE, 50, 70, 1), elsewhere=Others(one))
    assert (one.size, two.size) == (50 + 70, 70 + 70)
    one.lose("too slow")
    assert (one.size, two.size) == (50, 70)
    assert two.read(said(ONE, 70, None, 2)) is None
    assert two.doubt == "too slow"


def test_but_what_is_whole_is_not_given_up_with_a_half() -> None:
    one, two = QuicReader(), QuicReader()
    one.read(said(ONE, 0, 50))
    assert names(two.read(said(ONE, 50, None, 1), elsewhere=Others(one))) == ["www.free.test"]
    one.lose("too slow")
    assert two.read(said(ONE, 50, None, 2)) is None
    assert (two.doubt, two.knows) == ("", True)


def test_with_the_keys_of_others_only_so_many_attempts() -> None:
    others = [QuicReader() for _ in range(MAX_ELSEWHERE + 1)]
    for reader in others:
        reader.read(said(ONE))
    packet = seal(b"\1" * 20, destination=b"server's", keys=b"nobody's")
    reader = QuicReader()
    assert reader.read(whole(packet * 3), heard=True, elsewhere=Others(*others)) is None
    assert reader.doubt == f"more than {MAX_ELSEWHERE} connections on other ports"
    assert reader.read(whole(packet * 3), heard=True, elsewhere=Others(*others[1:], QuicReader())) is None
    assert MAX_ELSEWHERE + 8 <= MAX_ATTEMPTS


def test_its_ports_and_numbers_are_bounded() -> None:
    joint = Joint(Transcript(), (3, 5))
    for _ in range(MAX_PORTS - 1):
        joint.enter((4,))
    assert (joint.lost, joint.numbers) == ("", (3, 5))
    joint.enter((6,))
    assert joint.lost == f"a connection on more than {MAX_PORTS} pairs of ports"
    joint = Joint(Transcript(), (3, 5))
    joint.note((3 + MAX_SPAN,))
    assert (joint.lost, joint.numbers) == ("", (3, 3 + MAX_SPAN))
    joint.note((2,))
    assert joint.lost == f"packet numbers more than {MAX_SPAN} apart at byte 0"
    assert refusal(with_number, (3, 5), 4 + MAX_SPAN) == f"packet numbers more than {MAX_SPAN} apart"
