"""Which database the tests of a run keep their ledgers in: a SQLite file in each folder, or a PostgreSQL database for each folder.
Tests nothing itself.

`--ledger=postgresql` decides, once a run (tests/conftest.py); the server starts with the first ledger that is asked for.
"""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from amparo.store.db import Database, sqlite_url
from amparo.store.schema import migrate
from tests.postgres import FAST, Server


@dataclass
class Ledgers:
    """is_postgres: of this run. is_durable: the server syncs what it commits, for tests that kill it."""

    is_postgres: bool = False
    is_durable: bool = False
    names: dict[Path, str] = field(default_factory=dict)
    _servers: dict[bool, Server] = field(default_factory=dict)
    _templates: dict[bool, str] = field(default_factory=dict)

    def url(self, folder: Path, *, is_new: bool = False) -> str:
        """The URL of the folder's ledger. is_new: an empty database, as a first start finds it, in the place of a migrated one."""
        if not self.is_postgres:
            return sqlite_url(folder / "ledger.sqlite")
        if folder not in self.names:
            self.names[folder] = self.server.new_database(None if is_new else self._migrated())
        return self.server.url(self.names[folder])

    def renew(self, folder: Path) -> None:
        """Give the folder an empty database in the place of the one it had, as a restore wants it."""
        if self.is_postgres:
            if folder in self.names:
                self.server.drop(self.names.pop(folder))
            self.url(folder, is_new=True)

    def variables(self, folder: Path, *, is_new: bool = False) -> dict[str, str]:
        """The environment in which a process on this data folder finds its ledger."""
        return {"AMPARO_DATABASE_URL": self.url(folder, is_new=is_new)} if self.is_postgres else {}

    @property
    def server(self) -> Server:
        """The run's PostgreSQL server, of the sort that is wanted now."""
        if self.is_durable not in self._servers:
            self._servers[self.is_durable] = Server(() if self.is_durable else FAST)
            self._servers[self.is_durable].start()
        return self._servers[self.is_durable]

    def forget(self) -> None:
        """Drop the databases of the test that ended."""
        for name in self.names.values():
            self.server.drop(name)
        self.names.clear()

    def end(self) -> None:
        """Stop what was started."""
        for server in self._servers.values():
            server.remove()
        self._servers.clear()
        self._templates.clear()

    def _migrated(self) -> str:
        if self.is_durable not in self._templates:
            name = self.server.new_database()
            with tempfile.TemporaryDirectory() as folder:
                db = Database(self.server.url(name))
                migrate(db, Path(folder) / "lock")
                db.close()
            self._templates[self.is_durable] = name
        return self._templates[self.is_durable]


LEDGERS = Ledgers()
