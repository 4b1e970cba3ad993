"""Loads the classifier of plan/classifier.py and the names' endings into the kernel."""

from __future__ import annotations

import os
from array import array
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from enforcer.edge import bpf
from enforcer.edge.openings import Openings
from enforcer.plan.classifier import Maps, classifier, settled_classifier
from enforcer.plan.classifier_answer import answer_classifier
from enforcer.plan.classifier_body import body_classifier
from enforcer.plan.endings import PAGE_SIZE
from enforcer.plan.queue_tables import Programs


class Classifier:
    """The programs and their names, in the kernel as long as a rule or a descriptor holds them."""

    def __init__(self, pages: array[int], openings: Openings | None = None, bodies: Sequence[bytes] = ()) -> None:
        """`pages` are of plan/endings.py. Without `openings` all TCP is judged. `bodies` are looked for in what servers
        send.

        Raises OSError: not permitted (CAP_BPF), or a kernel that has or allows no BPF.
        """
        content = memoryview(pages).cast("B")
        count = len(content) // PAGE_SIZE
        endings = bpf.create_map(bpf.ARRAY, key_size=4, value_size=PAGE_SIZE, entries=count)
        try:
            for number in range(count):
                page = bytes(content[number * PAGE_SIZE : (number + 1) * PAGE_SIZE])
                bpf.put(endings, number.to_bytes(4, "little"), page)
            memory = None if openings is None else openings.memory
            maps = Maps(endings=endings, pages=count, openings=memory)
            with ExitStack() as unwind:
                self.descriptor = bpf.load(classifier(maps))
                unwind.callback(os.close, self.descriptor)
                self.begins = None if memory is None else bpf.load(classifier(maps, begins=True))
                """The one for packets with which a connection of conntrack begins; None: the same as for others."""
                if self.begins is not None:
                    unwind.callback(os.close, self.begins)
                self.answers = None if memory is None else bpf.load(answer_classifier(memory))
                """The one for what servers begin with and acknowledge; None: it is not looked at."""
                if self.answers is not None:
                    unwind.callback(os.close, self.answers)
                self.settled = None if memory is None else bpf.load(settled_classifier(memory))
                """The one for clients' packets whose connection may be decided by now; None: none is."""
                if self.settled is not None:
                    unwind.callback(os.close, self.settled)
                self.bodies = bpf.load(body_classifier(bodies)) if bodies else None
                """The one for what servers send; None: it is not looked at."""
                if self.bodies is not None:
                    unwind.callback(os.close, self.bodies)
                self._opened = unwind.pop_all()
        finally:
            os.close(endings)

    @property
    def programs(self) -> Programs:
        return Programs(self.descriptor, self.begins, self.bodies, self.answers, self.settled)

    def judges(self, packet: bytes, repeat: int = 1) -> tuple[bool, int]:
        """What the program says of an IP packet, as the kernel runs it, and in how many nanoseconds."""
        result, nanoseconds = bpf.run(self.descriptor, packet, repeat)
        return bool(result), nanoseconds

    def judges_first(self, packet: bytes) -> bool:
        """The same for a packet with which a connection begins, behind both programs as the rules ask them."""
        first = self.descriptor if self.begins is None else self.begins
        return bool(bpf.run(first, packet, 1)[0]) or self.judges(packet)[0]

    def settles(self, packet: bytes) -> bool:
        """Whether a packet's connection was looked at and passes from here on; then it is forgotten."""
        return self.settled is not None and bool(bpf.run(self.settled, packet, 1)[0])

    def notes(self, packet: bytes) -> None:
        """Shows a server's packet to the program that notes what it says."""
        if self.answers is not None:
            bpf.run(self.answers, packet, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()
