"""Tests and changes of our bits in packet and conntrack marks, as nft words. No other bit is read or written."""

from __future__ import annotations

from dataclasses import dataclass

from enforcer.model.marks import HEARD, NAMELESS, NAMELESS_HEARD, PASS, QUEUE, READ_ON, READING, UNDECIDED, Marks

_ALL = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Masked:
    """Words for one mask."""

    marks: Marks

    @property
    def packet(self) -> str:
        return f"meta mark & {self.marks.mask:#010x}"

    @property
    def flow(self) -> str:
        return f"ct mark & {self.marks.mask:#010x}"

    def word(self, value: int) -> str:
        return f"{self.marks.bits(value):#010x}"

    def undecided(self, lanes: int, *more: int) -> str:
        """The values of flows that are still to be read, where there are so many lanes; and others."""
        read_on = (READ_ON - number for number in range(lanes))
        return f"{{ {', '.join(map(self.word, (UNDECIDED, READING, *more, *read_on)))} }}"

    def packet_is(self, value: int) -> str:
        return f"{self.packet} == {self.word(value)}"

    def packet_is_not(self, value: int) -> str:
        return f"{self.packet} != {self.word(value)}"

    def flow_is(self, value: int) -> str:
        """No match on a packet without a conntrack entry."""
        return f"{self.flow} == {self.word(value)}"

    @property
    def bulk(self) -> str:
        """What most packets are: of a flow that passes, with no word in the packet's mark."""
        return f"{self.flow_is(PASS)} {self.packet_is(UNDECIDED)}"

    @property
    def heard(self) -> str:
        """The same of a flow that passes, but for a new hello."""
        return f"{self.flow_is(HEARD)} {self.packet_is(UNDECIDED)}"

    @property
    def packet_is_queued(self) -> str:
        """For an inspector, whether its flow is decided or not."""
        return self._with_or_without_heard("meta", QUEUE)

    @property
    def packet_is_nameless(self) -> str:
        """What it says names nobody, whether more is to come or not."""
        return self._with_or_without_heard("meta", NAMELESS)

    @property
    def flow_is_nameless(self) -> str:
        """The same of a flow that has its word in its own mark."""
        return self._with_or_without_heard("ct", NAMELESS)

    def set_packet(self, value: int) -> str:
        return f"meta mark set meta mark {self._replaced(value)}"

    def set_flow(self, value: int) -> str:
        return f"ct mark set ct mark {self._replaced(value)}"

    def let_pass(self, told: str) -> tuple[str, str]:
        """A packet without a name passes, and is `told`; its flow too, unless more is to come (decision 0710)."""
        so_far = f"{self.packet_is(NAMELESS_HEARD)} {self.set_packet(READING)} {told} return"
        return so_far, f"{self.set_packet(PASS)} {told}"

    def _with_or_without_heard(self, whose: str, value: int) -> str:
        """The value, or the one that differs from it in HEARD's bit."""
        return f"{whose} mark & {self.marks.queued:#010x} == {self.word(value)}"

    def _replaced(self, value: int) -> str:
        kept = f"& {_ALL & ~self.marks.mask:#010x}"
        return f"{kept} | {self.word(value)}" if value else kept
