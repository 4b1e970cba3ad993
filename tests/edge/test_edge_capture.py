"""The capture on a real link: what comes by is copied, with its time; what was lost is counted; failures are named."""

import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mirror_fixtures import framed, tcp, udp
from namespace_fixtures import apart
from scapy.layers.inet import IP

from enforcer.edge import capture
from enforcer.edge.capture import Capture, Captured
from enforcer.model.errors import EdgeError

pytestmark = pytest.mark.kernel

GROUP = 7
QUESTION = framed(udp(4, 40000, 53, b"question"))
TAGGED = framed(udp(6, 40000, 53, b"question"), "tagged twice")
HELLO = framed(tcp(4, 40000, 443, b"x" * 900))
BULK = framed(tcp(4, 443, 40000, b"x" * 900))


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def link(name: str = "mirror") -> socket.socket:
    """A cable; what is sent to the socket comes out at `name`."""
    Path("/proc/sys/net/ipv6/conf/default/disable_ipv6").write_text("1")  # or the kernel would say things of its own
    ip("link", "add", name, "type", "veth", "peer", "name", "far")
    for end in (name, "far"):
        ip("link", "set", end, "up")
    sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sender.bind(("far", 0))
    return sender


PATIENCE = 20.0


def received(taking: Capture, count: int, patience: float = PATIENCE) -> list[Captured]:
    frames: list[Captured] = []

    def all_came() -> bool:
        frames.extend(taking.receive())
        return len(frames) >= count

    until(all_came, patience)
    return frames


def until(true: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Whether it came or not is for the test to say."""
    end = time.monotonic() + patience
    while not true() and time.monotonic() < end:
        time.sleep(0.005)


def copied_with_its_time() -> tuple[list[bytes], list[float], float, float]:
    sender, taking = link(), Capture("mirror", GROUP)
    before = time.time()  # noqa: TID251 (the kernel's clock)
    for frame in (QUESTION, BULK, HELLO, TAGGED):
        sender.send(frame)
    frames = received(taking, 3)
    return [one.frame for one in frames], [one.at for one in frames], before, time.time()  # noqa: TID251


def test_only_what_can_carry_a_name_is_copied_with_its_time() -> None:
    frames, times, before, after = apart(copied_with_its_time)
    # The kernel takes the outermost tag off; the rest of the frame is as it was.
    assert frames == [QUESTION, HELLO, TAGGED[:12] + TAGGED[16:]]
    assert before - 0.01 <= times[0] <= times[1] <= times[2] <= after + 0.01


def shared_by_two() -> tuple[int, int, int]:
    sender, one, two = link(), Capture("mirror", GROUP), Capture("mirror", GROUP)
    for port in range(40000, 40064):
        sender.send(framed(udp(4, port, 53, b"question")))
    first, second = list[Captured](), list[Captured]()

    def all_came() -> bool:
        first.extend(one.receive())
        second.extend(two.receive())
        return len(first) + len(second) >= 64

    until(all_came)
    pairs = len({one.frame for one in first} & {two.frame for two in second})
    return len(first), len(second), pairs


def test_two_captures_of_a_group_share_the_frames() -> None:
    first, second, in_both = apart(shared_by_two)
    assert first + second == 64
    assert min(first, second) > 5
    assert in_both == 0


def overrun() -> tuple[int, int, int, int]:
    sender, taking = link(), Capture("mirror", GROUP)
    for _ in range(400):
        sender.send(HELLO)
    frames: list[Captured] = []

    def all_told() -> bool:
        """A busy kernel hands the last ones on after we are back."""
        frames.extend(taking.receive())
        return len(frames) + taking.lost() >= 400

    until(all_told)
    lost = taking.lost()
    return len(frames), lost, taking.lost(), len(received(taking, 1, 0.1))


def test_what_the_ring_could_not_hold_is_counted_and_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "BLOCKS", 1)
    monkeypatch.setattr(capture, "BLOCK", 1 << 16)
    seen, lost, still, more = apart(overrun)
    assert 0 < seen < 400
    assert seen + lost == 400
    assert (still, more) == (lost, 0)


def many_rounds() -> int:
    sender, taking = link(), Capture("mirror", GROUP)
    count = 0
    for _ in range(60):
        for _ in range(50):
            sender.send(HELLO)
        count += len(received(taking, 50))
    return count


def test_the_ring_goes_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "BLOCKS", 4)
    monkeypatch.setattr(capture, "BLOCK", 1 << 17)
    assert apart(many_rounds) == 3000


def fragments_joined() -> list[bytes]:
    sender, taking = link(), Capture("mirror", GROUP)
    whole = udp(4, 53, 40000, b"an answer, " * 200, back=True)
    pieces = IP(bytes(whole)).fragment(800)  # type: ignore[no-untyped-call]
    for piece in pieces:
        sender.send(framed(piece))
    return [one.frame for one in received(taking, 1)]


def test_the_kernel_joins_fragments_of_ipv4() -> None:
    [frame] = apart(fragments_joined)
    assert frame.endswith(b"an answer, " * 200)
    assert len(frame) == 14 + 20 + 8 + 2200


def faults() -> tuple[str, str, str, str]:
    sender, taking = link(), Capture("mirror", GROUP)
    well = taking.fault()
    ip("link", "set", "mirror", "down")
    down = taking.fault()
    ip("link", "del", "mirror")
    gone = taking.fault()
    taking.close()
    sender.close()
    link()
    again = Capture("mirror", GROUP)
    return well, down, gone, again.fault()


def test_an_interface_that_goes_down_or_away_is_told() -> None:
    assert apart(faults) == ("", "ENETDOWN", "it is gone", "")


def refusal(prepare: Callable[[], Any], name: str) -> tuple[str, int]:
    prepare()
    try:
        Capture(name, GROUP)
    except EdgeError as error:
        return f"{error.why}; {error.cure}", error.code
    return "", 0


def down() -> None:
    ip("link", "add", "mirror", "type", "veth", "peer", "name", "far")


def tunnel() -> None:
    ip("tuntap", "add", "mode", "tun", "name", "mirror")
    ip("link", "set", "mirror", "up")


@pytest.mark.parametrize(
    ("prepare", "says", "code"),
    [
        (down, "mirror is down; ip link set mirror up", 1),
        (tunnel, "mirror is no Ethernet interface: its frames have another shape", 5),
        (list, "there is no interface mirror", 1),
    ],
)
def test_what_cannot_be_captured_is_refused_with_the_cure(prepare: Callable[[], Any], says: str, code: int) -> None:
    told, exit_code = apart(lambda: refusal(prepare, "mirror"))
    assert told.startswith(says)
    assert exit_code == code
