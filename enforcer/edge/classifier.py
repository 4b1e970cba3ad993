"""Loads the classifier of plan/classifier.py and the names' endings into the kernel."""

from __future__ import annotations

import os
from array import array
from types import TracebackType
from typing import Self

from enforcer.edge import bpf
from enforcer.edge.openings import Openings
from enforcer.plan.classifier import Maps, classifier
from enforcer.plan.endings import PAGE_SIZE


class Classifier:
    """The program and its names, in the kernel as long as a rule or `descriptor` holds it."""

    def __init__(self, pages: array[int], openings: Openings | None = None) -> None:
        """`pages` are of plan/endings.py. Without `openings` all TCP is judged.

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
            self.descriptor = bpf.load(classifier(Maps(endings=endings, pages=count, openings=memory)))
        finally:
            os.close(endings)

    def judges(self, packet: bytes, repeat: int = 1) -> tuple[bool, int]:
        """What the program says of an IP packet, as the kernel runs it, and in how many nanoseconds."""
        result, nanoseconds = bpf.run(self.descriptor, packet, repeat)
        return bool(result), nanoseconds

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.descriptor)
