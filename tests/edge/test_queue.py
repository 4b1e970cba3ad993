"""The queue against a kernel of our own (each message seen), and against the real one (in a namespace)."""

import os
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any

import pytest
from namespace_fixtures import apart, nft

from enforcer.edge import queue as queue_module
from enforcer.edge import queue_rows, xtables
from enforcer.edge.meter import BEHIND, SWAMPED
from enforcer.edge.netfilter import netfilter_socket
from enforcer.edge.queue import Losses, Queue, QueuedPacket
from enforcer.model.command import Fate
from enforcer.model.errors import EdgeError
from enforcer.model.marks import PASS, QUEUE, REJECT, SILENT, Marks
from enforcer.model.settings import Settings
from enforcer.plan.netlink import ERROR, attribute, attributes, message, messages
from enforcer.plan.queue_tables import queue_target

MARKS = Marks()
NUMBER = 4010
NOBODY = 65534
LARGE = 20_000
"""Bytes: one segment of the socket, not of the wire."""
VERDICT, BATCH, NEW_FLOW = 3 << 8 | 1, 3 << 8 | 3, 1 << 8


class FakeKernel:
    """The other end of the netlink socket: acknowledges settings, hands over packets, reads verdicts."""

    def __init__(self) -> None:
        self.end, self.ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.ours.settimeout(20)

    def answer(self, errno: int = 0) -> None:
        self.ours.send(message(ERROR, 0, 0)[:16] + struct.pack("=i", -errno))

    def packet(self, id_: int, payload: bytes = b"E...", *, hook: int = 0, mark: int = 0) -> None:
        header = attribute(1, struct.pack(">IHB", id_, 0x0800, hook))
        parts = (header, attribute(3, struct.pack(">I", mark)), attribute(10, payload))
        self.ours.send(message(3 << 8, 0, 0, *parts, resource=NUMBER))

    def told(self) -> list[tuple[int, dict[int, bytes]]]:
        """The messages of the next datagram, without settings."""
        return [(one.kind, attributes(one.payload[4:])) for one in messages(self.ours.recv(1 << 20))]

    def verdicts(self) -> list[tuple[str, int]]:
        """The same as words: ("accept", 7), ("accept up to", 9), ("drop", 3)."""
        out = []
        for kind, parts in self.told():
            fate, id_ = struct.unpack(">II", parts[2])
            out.append((("drop", "accept")[fate] + (" up to" if kind == BATCH else ""), id_))
        return out


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeKernel]:
    fake = FakeKernel()
    monkeypatch.setattr(queue_module, "netfilter_socket", lambda: fake.end)
    monkeypatch.setattr(queue_module, "_NETLINK", socket.SOL_SOCKET)  # a harmless option of a Unix socket
    monkeypatch.setattr(queue_module, "_NO_ENOBUFS", socket.SO_PASSCRED)
    yield fake
    fake.end.close()
    fake.ours.close()


def bound(kernel: FakeKernel) -> Queue:
    kernel.answer()
    kernel.answer()
    queue = Queue(NUMBER, marks=MARKS, fail_open=True)
    kernel.told()
    kernel.told()
    return queue


def take(queue: Queue, kernel: FakeKernel, *ids: int, **more: Any) -> list[QueuedPacket]:
    for id_ in ids:
        kernel.packet(id_, **more)
    packets = queue.receive()
    assert [packet.id for packet in packets] == list(ids)
    return packets


def test_a_run_of_plain_accepts_is_one_message(kernel: FakeKernel) -> None:
    queue = bound(kernel)
    for packet in take(queue, kernel, 1, 2, 3):
        queue.verdict(packet, Fate.ACCEPT)
    queue.flush()
    assert kernel.verdicts() == [("accept up to", 3)]


def test_what_breaks_a_run_goes_alone_and_in_order(kernel: FakeKernel) -> None:
    queue = bound(kernel)
    one, two, three, four = take(queue, kernel, 1, 2, 3, 4)
    queue.verdict(one, Fate.ACCEPT)
    queue.verdict(two, Fate.DROP)
    queue.verdict(three, Fate.ACCEPT)
    queue.verdict(four, Fate.ACCEPT, PASS)
    queue.flush()
    assert kernel.verdicts() == [("accept up to", 1), ("drop", 2), ("accept up to", 3), ("accept", 4)]


def test_a_packet_that_is_held_back_is_never_accepted_by_a_batch(kernel: FakeKernel) -> None:
    queue = bound(kernel)
    held, two, three = take(queue, kernel, 1, 2, 3)
    queue.verdict(two, Fate.ACCEPT)
    queue.verdict(three, Fate.ACCEPT)
    queue.flush()
    assert kernel.verdicts() == [("accept", 2), ("accept", 3)]
    queue.verdict(held, Fate.DROP)
    (four,) = take(queue, kernel, 4)
    queue.verdict(four, Fate.ACCEPT)
    queue.flush()
    assert kernel.verdicts() == [("drop", 1), ("accept up to", 4)]


def test_nothing_is_sent_before_flush_nor_by_an_empty_one(kernel: FakeKernel) -> None:
    queue = bound(kernel)
    (packet,) = take(queue, kernel, 1)
    queue.verdict(packet, Fate.DROP)
    kernel.ours.setblocking(False)
    with pytest.raises(BlockingIOError):
        kernel.told()
    queue.flush()
    queue.flush()
    assert kernel.verdicts() == [("drop", 1)]
    with pytest.raises(BlockingIOError):
        kernel.told()


def test_only_our_bits_of_the_mark_change(kernel: FakeKernel) -> None:
    queue = bound(kernel)
    (packet,) = take(queue, kernel, 1, mark=MARKS.put(0x000ABCDE, QUEUE))
    queue.verdict(packet, Fate.ACCEPT, REJECT, b"E new")
    queue.flush()
    assert kernel.told() == [
        (VERDICT, {2: struct.pack(">II", 1, 1), 3: struct.pack(">I", 0x003ABCDE), 10: b"E new"}),
    ]


def test_a_local_flow_is_marked_in_conntrack_and_its_packet_left_alone(kernel: FakeKernel) -> None:
    tcp = bytes.fromhex("45000029000040004006000001010101020202021000005000000001000000015018ffff00000000") + b"x"
    queue = bound(kernel)
    (packet,) = take(queue, kernel, 1, payload=tcp, hook=3, mark=MARKS.bits(QUEUE))
    queue.verdict(packet, Fate.ACCEPT, PASS)
    queue.flush()
    (flow, verdict) = kernel.told()
    assert (flow[0], flow[1][8], flow[1][21]) == (NEW_FLOW, b"\0\x10\0\0", b"\xff\xf0\0\0")
    assert verdict == (VERDICT, {2: struct.pack(">II", 1, 1)})


def test_a_second_copy_does_not_open_a_local_flow_that_the_first_has_ended(kernel: FakeKernel) -> None:
    tcp = bytes.fromhex("45000029000040004006000001010101020202021000005000000001000000015018ffff00000000") + b"x"
    other = tcp[:22] + b"\0\x51" + tcp[24:]
    queue = bound(kernel)
    for number, (mark, payload) in enumerate([(REJECT, tcp), (PASS, tcp), (PASS, other), (SILENT, tcp)], 1):
        (packet,) = take(queue, kernel, number, payload=payload, hook=3, mark=MARKS.bits(QUEUE))
        queue.verdict(packet, Fate.ACCEPT, mark)
    queue.flush()
    marks = [parts[8].hex() for kind, parts in kernel.told() if kind == NEW_FLOW]
    assert marks == ["00300000", "00100000", "00700000"]


def test_a_local_packet_that_is_no_tcp_is_marked_itself(kernel: FakeKernel) -> None:
    queue = bound(kernel)
    (packet,) = take(queue, kernel, 1, hook=3)
    queue.verdict(packet, Fate.ACCEPT, PASS)
    queue.flush()
    assert kernel.told() == [(VERDICT, {2: struct.pack(">II", 1, 1), 3: struct.pack(">I", 0x00100000)})]


def test_much_is_sent_before_it_outgrows_the_socket(kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = bound(kernel)
    monkeypatch.setattr(queue_module, "FLUSH_AT", 150_000)
    for packet in take(queue, kernel, 1, 2, 3, 4):
        queue.verdict(packet, Fate.ACCEPT, payload=b"E" * 60_000)
    assert len(kernel.told()) == 3
    queue.flush()
    assert len(kernel.told()) == 1


def test_a_gap_in_the_numbers_is_what_we_did_not_see(kernel: FakeKernel) -> None:
    queue = bound(kernel)
    take(queue, kernel, 5, 6, 9)
    assert queue.losses() == Losses(unseen=2, turned_away=0, refused=0, odd=0)


def test_numbers_go_round(kernel: FakeKernel) -> None:
    queue = bound(kernel)
    take(queue, kernel, 0xFFFFFFFE, 0xFFFFFFFF, 1)
    assert queue.losses().unseen == 1  # the kernel counts through 0 too


def test_odd_messages_and_refused_verdicts_are_counted_and_do_not_stop_us(kernel: FakeKernel) -> None:
    queue = bound(kernel)
    kernel.answer(2)
    kernel.ours.send(b"\0")
    kernel.ours.send(bytes(64))
    kernel.ours.send(message(3 << 8, 0, 0, attribute(1, bytes(7))))
    take(queue, kernel, 1)
    assert (queue.losses().refused, queue.losses().odd) == (1, 3)


@pytest.mark.kernel
def test_each_packet_that_had_gone_before_its_verdict_is_counted() -> None:
    """A base chain that anybody takes out takes along what waits (decision 0253); a batch speaks for many packets."""

    def work() -> tuple[int, list[int], int]:
        with_rules()
        nft("-f", "-", text="table inet other {\n\tchain output {\n\t\ttype filter hook output priority 5;\n\t}\n}\n")
        queue, sink = Queue(NUMBER, marks=MARKS, fail_open=True), listener()
        sender = to_nine(10)
        packets = queue.receive(100)
        nft("delete", "table", "inet", "other")
        for packet in packets:
            queue.verdict(packet, Fate.ACCEPT, PASS if packet is packets[3] else None)
        queue.flush()
        queue.receive(100)
        sender.close()
        return len(packets), arrived(sink), queue.losses().refused

    assert apart(work) == (10, [], 10)


def test_a_kernel_with_no_room_gets_the_verdicts_one_by_one(
    kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = bound(kernel)
    for packet in take(queue, kernel, 1, 2):
        queue.verdict(packet, Fate.DROP)
    sent: list[bytes] = []

    class Full:
        def send(self, data: bytes) -> int:
            if len(data) > 40 or len(sent) == 1:
                sent.append(b"")
                raise OSError(105, "No buffer space available")
            sent.append(data)
            return len(data)

    monkeypatch.setattr(queue, "_socket", Full())
    queue.flush()
    assert [bool(data) for data in sent] == [False, False, True]
    assert queue.losses().refused == 1


def test_a_taken_number_names_the_cure(kernel: FakeKernel) -> None:
    kernel.answer(16)
    with pytest.raises(EdgeError, match=r"^queue 4010 is taken by another program$") as caught:
        Queue(NUMBER, marks=MARKS, fail_open=True)
    assert caught.value.code == queue_module.BUSY
    assert "`queue` in [datapath]" in caught.value.cure


@pytest.mark.parametrize(
    ("errno", "why", "code"),
    [(1, "no permission to read packets", 4), (95, "the kernel gives us no queue", 5)],
)
def test_other_refusals(kernel: FakeKernel, errno: int, why: str, code: int) -> None:
    kernel.answer(errno)
    with pytest.raises(EdgeError, match=why) as caught:
        Queue(NUMBER, marks=MARKS, fail_open=True)
    assert caught.value.code == code


@pytest.mark.usefixtures("kernel")
def test_a_number_that_does_not_exist() -> None:
    with pytest.raises(EdgeError, match="there is no queue 65536"):
        Queue(65536, marks=MARKS, fail_open=True)


# The real kernel, from here on. Packets to 127.0.0.1 are queued in output by the rules of plan/queue_tables.py.

RULES = """table inet t {
	chain c {
		type filter hook output priority mangle - 4;
		udp dport 9 meta mark set 0x00200007
	}
	chain d {
		type filter hook output priority mangle - 1;
		meta mark set 0
	}
}
"""


def with_rules(fail: str = "open") -> None:
    nft("-f", "-", text=RULES)
    xtables.apply(queue_target(Settings(fail=fail)))


def widen(link: socket.socket, forced: int, allowed: int) -> None:
    """A buffer for all that a test sends; in a user namespace the host's limit holds."""
    try:
        link.setsockopt(socket.SOL_SOCKET, forced, 64 << 20)
    except PermissionError:
        link.setsockopt(socket.SOL_SOCKET, allowed, 64 << 20)


def to_nine(count: int, size: int = 40) -> socket.socket:
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    widen(link, 32, socket.SO_SNDBUF)  # SO_SNDBUFFORCE: what waits in the queue counts as sent by us
    for number in range(count):
        link.sendto(number.to_bytes(4, "big") * (size // 4), ("127.0.0.1", 9))
    return link


def listener() -> socket.socket:
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    widen(link, 33, socket.SO_RCVBUF)  # SO_RCVBUFFORCE
    link.bind(("127.0.0.1", 9))
    return link


def arrived(link: socket.socket, least: int = 0) -> list[int]:
    """All that comes, and at least so many: a busy kernel hands them on after we are back."""
    numbers: list[int] = []
    try:
        while True:
            link.settimeout(20 if len(numbers) < least else 0.2)
            numbers.append(int.from_bytes(link.recv(1 << 16)[:4], "big"))
    except TimeoutError:
        return numbers


def drained(queue: Queue, fate: Fate) -> int:
    """How many packets waited; each meets that fate."""
    seen = 0
    while packets := queue.receive():
        seen += len(packets)
        for packet in packets:
            queue.verdict(packet, fate)
        queue.flush()
    return seen


@pytest.mark.kernel
def test_the_kernel_hands_over_all_we_ask_for_and_obeys_each_verdict() -> None:
    def work() -> tuple[QueuedPacket, list[int], Losses]:
        with_rules()
        queue, sink = Queue(NUMBER, marks=MARKS, fail_open=True), listener()
        sender = to_nine(300)
        packets = queue.receive(1000)
        for number, packet in enumerate(packets):
            # A rewritten packet is taken as it is: its checksum is ours to get right, or to leave out (RFC 768).
            payload = packet.payload[:26] + b"\0\0\0\0\x27\x0f" + packet.payload[32:] if number == 7 else None
            fate = Fate.DROP if number % 3 == 0 else Fate.ACCEPT
            queue.verdict(packet, fate, PASS if number % 5 == 1 else None, payload)
        queue.flush()
        sender.close()
        return packets[1], arrived(sink, 200), queue.losses()

    packet, numbers, losses = apart(work)
    assert numbers == [9999 if number == 7 else number for number in range(300) if number % 3]
    assert (packet.queue, packet.hook, packet.mark, packet.interface, packet.out_interface) == (4010, 3, 0x200007, 0, 1)
    assert packet.hardware is None
    assert packet.payload[28:] == (1).to_bytes(4, "big") * 10
    assert packet.length == 68
    assert losses == Losses(unseen=0, turned_away=0, refused=0, odd=0)


@pytest.mark.kernel
def test_a_large_packet_comes_whole() -> None:
    def work() -> tuple[int, int]:
        with_rules()
        nft("add", "rule", "inet", "t", "c", "tcp", "dport", "9", "meta", "mark", "set", "0x00200000")
        server = socket.create_server(("127.0.0.1", 9))
        queue = Queue(NUMBER, marks=MARKS, fail_open=True)
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", 9))
        biggest = cut = rounds = 0
        end = time.monotonic() + 20
        while rounds < 200 or (biggest <= LARGE and time.monotonic() < end):
            rounds += 1
            for packet in queue.receive():
                biggest, cut = max(biggest, packet.length), cut + (packet.length != len(packet.payload))
                queue.verdict(packet, Fate.ACCEPT)
            queue.flush()
            try:
                client.send(b"x" * 200_000)
            except OSError:
                continue
        server.close()
        return biggest, cut

    biggest, cut = apart(work)
    assert biggest > LARGE
    assert cut == 0


@pytest.mark.kernel
@pytest.mark.parametrize("fail", ["open", "closed"])
def test_what_does_not_fit_is_passed_or_dropped_as_told_and_counted(fail: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "RECEIVE_SIZE", 1 << 16)

    def work() -> tuple[int, int, int, Losses]:
        with_rules(fail)
        queue, sink = Queue(NUMBER, marks=MARKS, fail_open=fail == "open"), listener()
        sender = to_nine(2000, 400)
        passed = len(arrived(sink, 2000 - (queue_rows.waiting(NUMBER) or 0) if fail == "open" else 0))
        seen = drained(queue, Fate.ACCEPT)
        for packet in (to_nine(1), queue.receive())[1]:
            queue.verdict(packet, Fate.DROP)
        queue.flush()
        sender.close()
        return passed, seen, len(arrived(sink, seen)), queue.losses()

    passed, seen, after, losses = apart(work)
    assert seen == after
    assert 0 < seen < 2000
    assert passed == (2000 - seen if fail == "open" else 0)
    assert losses.unseen == 2000 - seen


@pytest.mark.kernel
def test_the_socket_is_full_before_the_kernel_turns_packets_away_unseen() -> None:
    """Small packets and our own sizes: each one is either judged or missed, and none gets by uncounted."""

    def work() -> tuple[int, int]:
        with_rules()
        queue = Queue(NUMBER, marks=MARKS, fail_open=True)
        sender = to_nine(30_000, 12)
        seen = drained(queue, Fate.DROP)
        to_nine(1)
        queue.receive()
        sender.close()
        return seen, queue.losses().unseen

    seen, unseen = apart(work)
    assert unseen > 0
    assert seen + unseen == 30_000


@pytest.mark.kernel
@pytest.mark.parametrize("many", [20, 30_000], ids=["some", "full, where the answer to a setting has no room"])
def test_a_queue_goes_on_by_its_socket_with_what_waits(many: int) -> None:
    def work() -> tuple[int, int, int | None, int]:
        with_rules()
        first = Queue(NUMBER, marks=MARKS, fail_open=True)
        kept = socket.socket(fileno=os.dup(first.fileno()))
        first.close()
        sender, sink = to_nine(many, 12), listener()
        queue = Queue(NUMBER, marks=MARKS, fail_open=True, kept=kept)
        seen = drained(queue, Fate.ACCEPT)
        sender.close()
        sink.close()
        return seen, queue.losses().refused, queue_rows.waiting(NUMBER), queue.fileno() - kept.fileno()

    seen, refused, waiting, other = apart(work)
    assert seen == many or 20 < seen < many
    assert (refused, waiting, other) == (0, 0, 0)


@pytest.mark.kernel
def test_a_socket_that_has_no_queue_any_more_is_replaced() -> None:
    def work() -> tuple[int, int | None]:
        with_rules()
        queue = Queue(NUMBER, marks=MARKS, fail_open=True, kept=netfilter_socket())
        to_nine(3)
        return len(queue.receive()), queue_rows.waiting(NUMBER)

    assert apart(work) == (3, 3)


@pytest.mark.kernel
@pytest.mark.parametrize("fail_open", [True, False])
def test_what_waits_when_a_queue_ends_is_dropped_fail_open_or_not(fail_open: bool) -> None:
    def work() -> list[int]:
        with_rules()
        queue, sink = Queue(NUMBER, marks=MARKS, fail_open=fail_open), listener()
        sender = to_nine(10)
        queue.close()
        sender.close()
        return arrived(sink)

    assert apart(work) == []


@pytest.mark.kernel
def test_closing_frees_the_number() -> None:
    def work() -> int:
        Queue(NUMBER, marks=MARKS, fail_open=True).close()
        again = Queue(NUMBER, marks=MARKS, fail_open=True)
        return again.fileno()

    assert apart(work) > 0


@pytest.mark.kernel
def test_a_queue_tells_how_full_it_is_to_whoever_reads_it() -> None:
    """Also without root, to whom alone the kernel shows its table of queues: as the service runs."""

    def work() -> list[float]:
        with_rules()
        queue = Queue(NUMBER, marks=MARKS, fail_open=True)
        told = []
        for many in (0, 1_000, 4_000, 25_000):
            to_nine(many, 12).close()
            os.seteuid(NOBODY)
            told.append(queue.filled)
            os.seteuid(0)
        while queue.receive():
            pass
        return [*told, queue.filled]

    empty, some, behind, full, after = apart(work)
    assert empty == after == 0
    assert 0 < some < BEHIND < behind < SWAMPED < 0.9 < full
