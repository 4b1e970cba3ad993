"""What chain and heads prove together.

A record is proven if every link from it to a later trusted head fits: such a head is signed, or was noted elsewhere. A
link that fits proves nothing by itself, since whoever knows the form can make links.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from enforcer.audit.chain import Checked, Fault, Head
from enforcer.audit.head_check import HeadFault
from enforcer.audit.signed_heads import SignedHead

CUT_OFF = "missing: the end was cut off, for"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    newest: int
    """The last record; 0 if there is none."""
    digest: bytes
    """Of that record, as it stands there."""
    faults: tuple[Fault, ...]
    omitted: int
    """Further faults."""
    head_faults: tuple[HeadFault, ...]
    heads: int
    """How many signed heads hold."""
    signed: SignedHead | None
    """The last of these."""
    proven: tuple[tuple[int, int], ...]
    """From which to which number records are proven."""

    @property
    def intact(self) -> bool:
        return not self.faults and not self.head_faults

    @property
    def unsigned(self) -> int:
        """How many records no trusted head covers, at the end."""
        return self.newest - max((last for _, last in self.proven), default=0) if self.intact else 0


@dataclass(frozen=True, slots=True)
class Anchor:
    """A trusted head, and the digest that the store has at its number; None if there is no such record."""

    number: int
    digest: bytes
    found: bytes | None
    told: str
    """By whom: `head 17 is signed over it`."""

    @property
    def fits(self) -> bool:
        return self.found is not None and self.found.startswith(self.digest)


def anchor_of(head: SignedHead, found: bytes | None) -> Anchor:
    return Anchor(head.number, head.digest, found, f"head {head.serial} is signed over it")


def anchor_noted(head: Head, found: bytes | None) -> Anchor:
    return Anchor(head.number, head.digest, found, "its digest was noted")


def proof(
    chain: Checked,
    first: int,
    newest: int,
    heads: Sequence[tuple[SignedHead, bytes | None]],
    head_faults: Sequence[HeadFault],
    noted: Sequence[Anchor] = (),
) -> Proof:
    """Puts together what was found of the records `first` to `newest`.

    `heads` are those that hold, each with the digest that the store has at its number.
    """
    anchors = sorted([*(anchor_of(*one) for one in heads), *noted], key=lambda one: one.number)
    faults = sorted([*chain.faults, *_contradicted(anchors, first, newest)], key=lambda fault: fault.first)
    denied = any(not one.fits and one.number <= newest for one in noted)
    good = [one.number for one in anchors if one.fits]
    return Proof(
        newest=newest,
        digest=chain.digest or b"",
        faults=tuple(faults),
        omitted=chain.omitted,
        head_faults=tuple(head_faults),
        heads=len(heads),
        signed=heads[-1][0] if heads else None,
        proven=() if denied else tuple(_proven(faults, good, first, newest)),
    )


def _contradicted(anchors: Sequence[Anchor], first: int, newest: int) -> Iterator[Fault]:
    """Where trusted heads speak of other records than those that are there: one fault for each run of such heads."""
    fitting, run = first - 1, None
    for anchor in anchors:
        if anchor.fits:
            fitting, run = anchor.number, None
        elif anchor.number < first - 1 or run is not None:
            continue  # of what was deleted; or already told
        elif anchor.number > newest:
            yield Fault(newest + 1, anchors[-1].number, f"{CUT_OFF} {anchor.told}")
            return
        else:
            run = anchor
            one_of = "" if fitting + 1 == anchor.number else f", or one from {fitting + 1:,} on was"
            yield Fault(
                anchor.number, anchor.number, f"changed{one_of}, and the chain made anew: {anchor.told}, and it differs"
            )


def _proven(faults: Sequence[Fault], good: Sequence[int], first: int, newest: int) -> Iterator[tuple[int, int]]:
    """Between faults, from each beginning to the last trusted head that fits."""
    begins = first
    for fault in [*faults, Fault(newest + 1, newest + 1, "")]:
        at = bisect_right(good, fault.first - 1) - 1
        if at >= 0 and good[at] >= begins:
            yield begins, good[at]
        begins = max(begins, fault.last + 1)
