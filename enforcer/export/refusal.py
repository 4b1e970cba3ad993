"""What cannot be exported, and why."""

from __future__ import annotations


class ExportRefused(Exception):
    """The form cannot say this policy, or nobody is meant by it. `cure` says what to do instead."""

    def __init__(self, why: str, *, cure: str) -> None:
        super().__init__(why)
        self.why = why
        self.cure = cure
