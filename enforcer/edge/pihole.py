"""Pi-hole's long-term database (pihole-FTL.db): its questions, in the order in which they were asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from enforcer.audit.contact import Contact, names
from enforcer.audit.log_time import epoch
from enforcer.model.errors import EdgeError
from enforcer.model.observation import How

NAME = "pihole"
# A view since FTL 5.14, a table before; both have these columns.
_QUERY = "SELECT timestamp, domain, client FROM queries ORDER BY id"


class Question(NamedTuple):
    """A row as it stands there."""

    timestamp: object
    domain: object
    client: object

    def contact(self) -> Contact | None:
        """None for a question without a name. Raises LogFault."""
        read = names([self.domain])
        return Contact(epoch(self.timestamp), How.DNS, read, str(self.client)) if read else None


def questions(path: Path) -> Iterator[Question]:
    """Raises EdgeError."""
    try:
        connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, isolation_level=None)
        try:
            yield from map(Question._make, connection.execute(_QUERY))
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise EdgeError(
            f"{path} is not read as Pi-hole's database: {error}", cure="give its pihole-FTL.db, or a copy of it"
        ) from error
