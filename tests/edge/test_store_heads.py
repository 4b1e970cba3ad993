"""When a store signs its head, with which key, and that openssl agrees."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from event_fixtures import CUT_OFF, event
from signing_fixtures import openssl

from enforcer.audit.signed_heads import FIRST, SignedHead
from enforcer.edge import store_heads
from enforcer.edge.store import Store
from enforcer.edge.store_heads import SELECT, head_of, key_file
from enforcer.model.errors import EdgeError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.sqlite"


def heads(path: Path) -> list[SignedHead]:
    with closing(sqlite3.connect(path)) as connection:
        return [head_of(row) for row in connection.execute(f"{SELECT} ORDER BY serial")]


def told(path: Path) -> list[tuple[int, str]]:
    return [(head.number, head.occasion) for head in heads(path)]


def add(store: Store, at: float, count: int = 1, kind: str = "decision") -> None:
    store.append([(event(at=at, kind=kind), at)] * count)


def test_starts_and_stops_are_signed_at_once(path: Path) -> None:
    with Store(path) as store:
        add(store, CUT_OFF, kind="start")
        assert told(path) == [(1, "start")]
        add(store, CUT_OFF + 1)
        add(store, CUT_OFF + 2, kind="stop")
    assert told(path) == [(1, "start"), (3, "stop")]


def test_nothing_stays_without_a_signature_for_more_than_a_minute(path: Path) -> None:
    with Store(path) as store:
        add(store, CUT_OFF)
        assert not store.seal(CUT_OFF + 59.9)
        assert store.seal(CUT_OFF + 60)
        assert not store.seal(CUT_OFF + 3600), "nothing was recorded since"
        add(store, CUT_OFF + 3600)
        add(store, CUT_OFF + 3661)
    assert told(path) == [(1, "interval"), (3, "interval")]
    assert [head.at for head in heads(path)] == [(CUT_OFF + 60) * 1e6, (CUT_OFF + 3661) * 1e6]


def test_a_clock_that_was_set_back_puts_nothing_off(path: Path) -> None:
    with Store(path) as store:
        add(store, CUT_OFF)
        assert store.seal(CUT_OFF - 60)


def test_so_many_records_are_signed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_heads, "RECORDS", 5)
    with Store(path) as store:
        add(store, CUT_OFF, 4)
        add(store, CUT_OFF, 3)
        add(store, CUT_OFF, 1)
    assert told(path) == [(7, "count"), (8, "close")]


def test_what_a_kill_left_unsigned_is_signed_by_the_next_start(path: Path) -> None:
    store = Store(path)
    add(store, CUT_OFF)
    store._connection.close()  # as if killed: nothing is signed
    os.close(store._lock)
    assert told(path) == []
    with Store(path) as store:
        assert store.seal(CUT_OFF + 61)
    assert told(path) == [(1, "interval")]


def test_heads_are_a_chain_over_restarts(path: Path) -> None:
    for n in range(3):
        with Store(path) as store:
            add(store, CUT_OFF + n)
    made = heads(path)
    assert [head.serial for head in made] == [1, 2, 3]
    assert [head.previous for head in made] == [FIRST, made[0].link, made[1].link]
    assert len({head.key for head in made}) == 1


def test_openssl_makes_the_same_of_it(path: Path, tmp_path: Path) -> None:
    """As docs/audit.md tells a third party to check."""
    with Store(path) as store:
        add(store, CUT_OFF)
    head = heads(path)[0]
    with closing(sqlite3.connect(path)) as connection:
        ((fingerprint, pem),) = connection.execute("SELECT fingerprint, pem FROM keys").fetchall()
    (tmp_path / "key.pub").write_text(pem)
    (tmp_path / "head.txt").write_bytes(head.document)
    (tmp_path / "head.sig").write_bytes(head.signature)
    checked = openssl(
        *("pkeyutl", "-verify", "-pubin", "-inkey", tmp_path / "key.pub"),
        *("-rawin", "-in", tmp_path / "head.txt", "-sigfile", tmp_path / "head.sig"),
    )
    assert b"Signature Verified Successfully" in checked
    der = openssl("pkey", "-pubin", "-in", tmp_path / "key.pub", "-outform", "DER")
    (tmp_path / "key.der").write_bytes(der)
    assert openssl("dgst", "-sha256", "-r", tmp_path / "key.der").split()[0].decode() == fingerprint == head.key


def test_the_key_is_its_owners_and_stays(path: Path) -> None:
    Store(path).close()
    assert key_file(path).stat().st_mode & 0o777 == 0o600
    before = key_file(path).read_bytes()
    Store(path).close()
    assert key_file(path).read_bytes() == before


def test_a_key_that_was_taken_away_is_replaced_and_both_are_known(path: Path) -> None:
    for at in (CUT_OFF, CUT_OFF + 9):
        with Store(path) as store:
            add(store, at)
        key_file(path).unlink()
    made = heads(path)
    assert made[0].key != made[1].key
    with closing(sqlite3.connect(path)) as connection:
        known = dict(connection.execute("SELECT fingerprint, since FROM keys"))
    assert known == {made[0].key: CUT_OFF * 1e6, made[1].key: (CUT_OFF + 9) * 1e6}


def test_a_damaged_key_is_refused(path: Path) -> None:
    Store(path).close()
    key_file(path).write_text("no key")
    with pytest.raises(EdgeError, match="is no private key in PEM"):
        Store(path)
    key_file(path).unlink()
    Store(path).close()  # the lock was let go
