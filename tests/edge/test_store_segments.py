import sqlite3
from contextlib import closing
from pathlib import Path

from rotation_fixtures import in_three_files

from enforcer.audit.chain import GENESIS
from enforcer.edge.store_segments import Seam, Segment, seam_of, segment_path, segments


def test_segments_are_found_by_their_names_in_their_order(tmp_path: Path) -> None:
    store = tmp_path / "events.sqlite"
    assert segments(store) == []
    assert segments(tmp_path / "none" / "events.sqlite") == []
    for name in ("events.1-2.sqlite", "other.000000000001-000000000009.sqlite", "events.sqlite-lock", "events.sqlite"):
        (tmp_path / name).touch()
    wanted = [Segment(segment_path(store, first, last), first, last) for first, last in ((1, 9), (10, 2 * 10**12))]
    for one in reversed(wanted):
        one.path.touch()
    assert wanted[0].path.name == "events.000000000001-000000000009.sqlite"
    assert segments(store) == wanted


def test_the_seam_is_where_the_file_before_ended(tmp_path: Path) -> None:
    store = in_three_files(tmp_path / "events.sqlite")
    seams = []
    for path in (*(one.path for one in segments(store)), store):
        with closing(sqlite3.connect(path)) as connection:
            seams.append(seam_of(connection))
            head = connection.execute("SELECT number, digest, serial FROM heads ORDER BY serial LIMIT 1").fetchone()
            assert seams[-1] in (Seam(), Seam(*head))
    assert [seam.number for seam in seams] == [0, 20, 40]
    assert seams[0].digest == GENESIS
