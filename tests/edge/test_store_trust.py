from dataclasses import replace
from pathlib import Path

import pytest
from signing_fixtures import key_pair

from enforcer.audit.signed_heads import FIRST, SignedHead
from enforcer.edge.signatures import read_public_key, read_signing_key
from enforcer.edge.store_heads import StoreKey
from enforcer.edge.store_trust import Trust, trust_of

STORE = Path("events.sqlite")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[StoreKey, SignedHead]]:
    """Two keys, each with a head that it signed."""
    made = []
    for name in ("one", "two"):
        pair = key_pair(tmp_path_factory.mktemp("keys"), name)
        key = read_signing_key(pair.private, str)
        head = SignedHead(
            serial=1, number=1, digest=bytes(32), at=0, occasion="stop", key=key.public.fingerprint, previous=FIRST
        )
        head = replace(head, signature=key.sign(head.document))
        made.append((StoreKey(key.public.fingerprint, pair.public.read_text(), 0), head))
    return made


def good(trust: Trust, pairs: list[tuple[StoreKey, SignedHead]]) -> list[bool]:
    return [not trust.fault_of(head) for _, head in pairs]


def test_without_a_key_the_stores_own_are_believed_and_not_called_pinned(
    pairs: list[tuple[StoreKey, SignedHead]],
) -> None:
    trust = trust_of(STORE, [key for key, _ in pairs], (), ())
    assert (good(trust, pairs), trust.pinned) == ([True, True], False)


def test_a_key_or_the_beginning_of_a_fingerprint_pins(pairs: list[tuple[StoreKey, SignedHead]], tmp_path: Path) -> None:
    keys = [key for key, _ in pairs]
    for fingerprint in (keys[0].fingerprint, keys[0].fingerprint[:16].upper()):
        trust = trust_of(STORE, keys, (), [fingerprint])
        assert (good(trust, pairs), trust.pinned) == ([True, False], True)
    (tmp_path / "two.pub").write_text(keys[1].pem)
    trust = trust_of(STORE, [], [read_public_key(tmp_path / "two.pub")], ())
    assert good(trust, pairs) == [False, True]
    assert "which is not the one that was given" in trust.fault_of(pairs[0][1])


def test_the_stores_word_for_a_fingerprint_counts_for_nothing(pairs: list[tuple[StoreKey, SignedHead]]) -> None:
    lying = replace(pairs[1][0], fingerprint=pairs[0][0].fingerprint)
    trust = trust_of(STORE, [lying], (), [pairs[0][0].fingerprint])
    assert trust.keys == {}


def test_what_was_changed_does_not_fit(pairs: list[tuple[StoreKey, SignedHead]]) -> None:
    trust = trust_of(STORE, [key for key, _ in pairs], (), ())
    head = pairs[0][1]
    for other in (replace(head, number=2), replace(head, signature=bytes(64)), replace(head, signature=b"")):
        assert trust.fault_of(other) == "it was changed: its signature does not fit"


def test_a_row_that_is_no_key(pairs: list[tuple[StoreKey, SignedHead]]) -> None:
    trust = trust_of(STORE, [StoreKey("x", "no \udcff key", 0)], (), ())
    assert "which the store does not hold" in trust.fault_of(pairs[0][1])
