"""By which keys a store's signed heads are believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from enforcer.audit.signed_heads import SignedHead
from enforcer.edge.signatures import SHORT, PublicKey, public_key
from enforcer.edge.store_heads import StoreKey
from enforcer.model.errors import EdgeError


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    keys: dict[str, PublicKey]
    """By fingerprint."""
    pinned: bool
    """Whether the verifier brought them, or their fingerprints; else they are the store's own word."""

    def fault_of(self, head: SignedHead) -> str:
        """Why its signature proves nothing; empty if it is good."""
        key = self.keys.get(head.key)
        if key is None:
            why = "which is not the one that was given" if self.pinned else "which the store does not hold"
            return f"it is signed by the key {head.key[:SHORT]}, {why}"
        return "" if key.made(head.document, head.signature) else "it was changed: its signature does not fit"


def trust_of(path: Path, known: Sequence[StoreKey], given: Sequence[PublicKey], fingerprints: Sequence[str]) -> Trust:
    """Those given, and of the store's own those with a given fingerprint, or its beginning; all of them, if none is.

    A fingerprint is made from the key itself: the store's word for it counts for nothing.
    """
    own = [key for one in known if (key := _read(path, one)) is not None]
    if not given and not fingerprints:
        return Trust(keys={key.fingerprint: key for key in own}, pinned=False)
    wanted = tuple(text.lower() for text in fingerprints)
    chosen = [*given, *(key for key in own if wanted and key.fingerprint.startswith(wanted))]
    return Trust(keys={key.fingerprint: key for key in chosen}, pinned=True)


def _read(path: Path, known: StoreKey) -> PublicKey | None:
    try:
        return public_key(path, known.pem.encode(errors="replace"))
    except EdgeError:
        return None  # a row that somebody changed: its heads will be told as signed by a key that is not there
