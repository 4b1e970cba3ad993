"""A damaged page takes its own records, and no others."""

import shutil
from pathlib import Path

import pytest
from event_fixtures import CUT_OFF, event

from enforcer.audit.chain import GENESIS
from enforcer.edge.chain_walk import UNREADABLE, walk
from enforcer.edge.store import Store
from enforcer.edge.store_schema import PAGE
from enforcer.edge.verify import Asked, verify
from enforcer.model.errors import EdgeError

COUNT = 2000


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "events.sqlite"
    with Store(path) as store:
        store.append([(event(at=CUT_OFF + n, name=f"s{n:06}.upd.kaspersky.com"), CUT_OFF + n) for n in range(COUNT)])
    return path


@pytest.fixture
def path(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(original, tmp_path))


def garble(path: Path, *numbers: int) -> None:
    """The pages that hold the bodies of these records become noise."""
    data = bytearray(path.read_bytes())
    for number in numbers:
        page = data.index(b'"name":"s%06d' % (number - 1)) // PAGE
        data[page * PAGE : (page + 1) * PAGE] = b"\xa5" * PAGE
    path.write_bytes(data)


def test_the_chain_in_one_piece_and_in_several(path: Path) -> None:
    whole = walk(path, 0, GENESIS, COUNT)
    assert whole.faults == ()
    parts = [walk(path, after, None if after else GENESIS, after + 500) for after in range(0, COUNT, 500)]
    assert [part.faults for part in parts] == [(), (), (), ()]
    assert parts[-1].digest == whole.digest


def test_a_damaged_page_is_named_and_passed(path: Path) -> None:
    garble(path, 700, 1500)
    faults = walk(path, 0, GENESIS, COUNT).faults
    torn = [fault for fault in faults if fault.why == UNREADABLE]
    assert [fault.first <= number <= fault.last for fault, number in zip(torn, (700, 1500), strict=True)] == [True] * 2
    assert sum(fault.last - fault.first + 1 for fault in faults) < 60, "a page holds a few records"


def test_a_range_that_begins_behind_damage(path: Path) -> None:
    garble(path, 700)
    assert walk(path, 700, None, COUNT).faults[0].first <= 701
    assert walk(path, 1000, None, COUNT).faults == ()


def test_what_is_still_proven_is_told(path: Path) -> None:
    garble(path, 700)
    found = verify(path, Asked())
    assert found is not None
    assert not found.intact
    ((first, last),) = found.proof.proven
    assert (700 < first < 720, last) == (True, COUNT)
    assert any("cannot all be read: events.sqlite is damaged" in doubt for doubt in found.doubts)


def test_a_file_that_is_cut_short_cannot_be_read(path: Path) -> None:
    """SQLite opens none that is shorter than its first page says."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2 // PAGE * PAGE])
    with pytest.raises(EdgeError, match="the file is damaged"):
        verify(path, Asked())


def test_a_file_whose_head_is_gone_cannot_be_read(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[:PAGE] = bytes(PAGE)
    path.write_bytes(data)
    with pytest.raises(EdgeError, match="not a database"):
        verify(path, Asked())
