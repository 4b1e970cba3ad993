"""The queue of a collector goes over the files of a record, and keeps none of them open."""

from pathlib import Path

import pytest
from rotation_fixtures import in_three_files

from enforcer.audit.rfc5424 import NOTICE
from enforcer.edge.records import Records
from enforcer.edge.spool import Spool
from enforcer.edge.store import Store
from enforcer.edge.store_segments import segments


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return in_three_files(tmp_path / "events.sqlite")


def numbers(spool: Spool, after: int, most: int = 7) -> list[int]:
    """What comes behind a record, batch by batch."""
    found: list[int] = []
    while (batch := spool.after(after, most)).upto != after:
        assert batch.lost is None
        assert batch.newest == 50
        found += [number for number, _ in batch.events]
        after = batch.upto
    return found


def test_every_record_comes_once_over_the_seams(path: Path) -> None:
    spool = Spool(path, NOTICE)
    assert spool.newest() == 50
    for after in (0, 19, 20, 21, 39, 40, 49, 50):
        assert numbers(spool, after) == list(range(after + 1, 51))


def test_the_digest_of_any_record(path: Path) -> None:
    spool = Spool(path, NOTICE)
    for one in (*(segment.path for segment in segments(path)), path):
        with Records(one) as records:
            for kept in records.kept(1, 50):
                assert spool.digest(kept.number) == kept.digest.hex()
    assert spool.digest(51) == ""
    assert spool.digest(0) == ""


def test_what_was_deleted_is_lost_and_the_rest_comes(path: Path) -> None:
    segments(path)[0].path.unlink()
    spool = Spool(path, NOTICE)
    batch = spool.after(5)
    assert batch.lost is not None
    assert (batch.lost.count, batch.upto) == (15, 20)
    assert numbers(spool, batch.upto) == list(range(21, 51))
    assert spool.digest(7) == ""


@pytest.mark.parametrize("body", ["no JSON", "[" * 100_000], ids=["no JSON", "deeper than Python reads"])
def test_what_another_hand_wrote_is_one_loss_in_its_place(path: Path, body: str) -> None:
    with Store(path) as store:
        store._connection.execute("UPDATE events SET body = ? WHERE number = 45", (body,))
    spool = Spool(path, NOTICE)
    assert [number for number, _ in spool.after(41).events] == [42, 43, 44]
    batch = spool.after(44)
    assert batch.lost is not None
    assert (batch.lost.count, batch.upto) == (1, 45)
    assert numbers(spool, 45) == list(range(46, 51))


def test_a_file_that_is_empty_yet_goes_on_from_its_seam(path: Path) -> None:
    with Store(path) as store:
        assert store.rotate(1.8e9) is not None
        spool = Spool(path, NOTICE)
        assert spool.newest() == 50
        assert numbers(spool, 38) == list(range(39, 51))
        assert spool.digest(50) == (store.head.digest.hex() if store.head else "")


def test_nothing_is_open_between_two_calls(path: Path) -> None:
    with Store(path) as store:
        spool = Spool(path, NOTICE)
        assert spool.newest() == 50
        assert len(spool.after(0).events) == 20
        assert store.rotate(1.8e9) is not None
