"""The writer: what it makes, what it keeps over a restart, and how it says what went wrong."""

import sqlite3
from pathlib import Path

from enforcer.edge.store import Store
from enforcer.model.event import Event

AT = 1727582400.0


def event(n: int = 0, **more: object) -> Event:
    return Event(at=AT + n, verdict="block", name=f"s{n:02}.upd.kaspersky.com", **more)  # type: ignore[arg-type]


def bodies(path: Path) -> list[str]:
    with sqlite3.connect(path) as connection:
        rows = [row[0] for row in connection.execute("SELECT body FROM events ORDER BY number")]
    connection.close()
    return rows


def test_keeps_events_in_their_order(tmp_path: Path) -> None:
    events = [event(n) for n in (3, 1, 2)]
    with Store(tmp_path / "events.sqlite") as store:
        assert store.append([(one, AT) for one in events]) == ()
    assert bodies(tmp_path / "events.sqlite") == [one.canonical() for one in events]


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    with Store(tmp_path / "events.sqlite") as store:
        store.append([(event(), AT)])
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"events.sqlite": 0o600, "events.sqlite-wal": 0o600, "events.sqlite-shm": 0o600}


def test_lanes_keep_their_numbers(tmp_path: Path) -> None:
    with Store(tmp_path / "events.sqlite") as store:
        assert store.lane_numbers(["k/update@", "k/store@", "k/update@"]) == {"k/update@": 0, "k/store@": 1}
    with Store(tmp_path / "events.sqlite") as store:
        assert store.lane_numbers(["k/vpn@", "k/store@"]) == {"k/vpn@": 2, "k/store@": 1}
        assert store.lane_numbers([]) == {}
