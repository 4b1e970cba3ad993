"""Three errors, by whose fault it is: the peer's bytes, the policy's author, or the host we run on."""

from __future__ import annotations

from dataclasses import dataclass

from enforcer.model.acting import SHOWN


class DecodeError(Exception):
    """The bytes break the protocol. `at` is the offset in the outermost buffer."""

    def __init__(self, why: str, at: int) -> None:
        super().__init__(f"{why} at byte {at}")
        self.why = why
        self.at = at


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong in a policy or site file."""

    file: str
    path: str
    """Where in the file: `phase[1].starts`."""
    why: str
    """What is wrong, with the right spelling where we can guess it."""

    def __str__(self) -> str:
        """One line: files are named, and keys written, by whoever likes."""
        whole = f"{self.file}: {self.path}: {self.why}" if self.path else f"{self.file}: {self.why}"
        return whole.translate(SHOWN)


class PolicyError(Exception):
    """The policy or site files cannot be used. All faults are here at once, never only the first."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class EdgeError(Exception):
    """The host refuses what we need. `cure` says what the operator can do; `code` is the exit code."""

    def __init__(self, why: str, *, cure: str, code: int = 1) -> None:
        super().__init__(why)
        self.why = why
        self.cure = cure
        self.code = code
