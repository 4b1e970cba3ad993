import sqlite3
from pathlib import Path

import pytest
from replay_fixtures import contact

from enforcer.audit.contact import LogFault
from enforcer.edge.pihole import questions
from enforcer.model.errors import EdgeError
from enforcer.model.observation import How

# Of FTL 5.14 and later: the questions are a view over what they share.
SCHEMA = """
CREATE TABLE query_storage (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp INTEGER NOT NULL, type INTEGER NOT NULL,
  status INTEGER NOT NULL, domain INTEGER NOT NULL, client INTEGER NOT NULL, forward INTEGER);
CREATE TABLE domain_by_id (id INTEGER PRIMARY KEY, domain TEXT NOT NULL);
CREATE TABLE client_by_id (id INTEGER PRIMARY KEY, ip TEXT NOT NULL, name TEXT);
CREATE VIEW queries AS SELECT id, timestamp, type, status,
  (SELECT domain FROM domain_by_id d WHERE d.id = q.domain) domain,
  (SELECT ip FROM client_by_id c WHERE c.id = q.client) client FROM query_storage q;
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "pihole-FTL.db"
    with sqlite3.connect(path) as made:
        made.executescript(SCHEMA)
        made.executemany("INSERT INTO domain_by_id VALUES (?, ?)", [(1, "S07.upd.kaspersky.com"), (2, "")])
        made.execute("INSERT INTO client_by_id VALUES (1, '10.1.0.2', 'pc')")
        rows = [(1727582400, 1, 2, 1, 1), (1727582401, 1, 2, 2, 1), ("soon", 1, 2, 1, 1)]
        made.executemany(
            "INSERT INTO query_storage (timestamp, type, status, domain, client) VALUES (?, ?, ?, ?, ?)", rows
        )
    made.close()
    return path


def test_questions_in_their_order(database: Path) -> None:
    first, nameless, odd = questions(database)
    assert first.contact() == contact(1727582400.0, How.DNS, ("s07.upd.kaspersky.com",), "10.1.0.2")
    assert nameless.contact() is None
    with pytest.raises(LogFault):
        odd.contact()


def test_another_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE a (b)")
    made.close()
    with pytest.raises(EdgeError, match="no such table"):
        list(questions(path))
    path.write_bytes(b"SQLite format 3\0" + bytes(4096))
    with pytest.raises(EdgeError):
        list(questions(path))
