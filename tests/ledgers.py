"""Which database the tests of a run keep their ledgers and intakes in: SQLite files in each folder, or PostgreSQL databases for each folder.
Tests nothing itself.

`--ledger=postgresql` decides, once a run (tests/conftest.py); the server starts with the first ledger that is asked for.
"""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import MetaData

import amparo.access.rows
import amparo.access.staff_rows
import amparo.banks.desk_rows
import amparo.banks.rows
import amparo.cases.mark_rows
import amparo.cases.rows
import amparo.intake.rows
import amparo.match.rows
import amparo.match.what_if_rows
import amparo.review.action_rows
import amparo.review.delivery_rows
import amparo.review.look_rows
import amparo.review.queue_rows
import amparo.review.second_rows
import amparo.review.work_rows
from amparo.store.db import INTAKE, LEDGER, Database, sqlite_url
from amparo.store.schema import Ladder, head_of, migrate
from tests.postgres import FAST, Server

ALONE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
ROOMS = (
    amparo.access.rows,
    amparo.access.staff_rows,
    amparo.banks.desk_rows,
    amparo.banks.rows,
    amparo.cases.mark_rows,
    amparo.cases.rows,
    amparo.intake.rows,
    amparo.match.rows,
    amparo.match.what_if_rows,
    amparo.review.action_rows,
    amparo.review.delivery_rows,
    amparo.review.look_rows,
    amparo.review.queue_rows,
    amparo.review.second_rows,
    amparo.review.work_rows,
)
"""All with tables: LEDGER and INTAKE know only what was imported."""
TABLES: dict[Ladder, MetaData] = {"ledger": LEDGER, "intake": INTAKE}
ANEW = "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) FROM pg_sequences"


@dataclass
class Ledgers:
    """is_postgres: of this run. is_durable: the server syncs what it commits, for tests that kill it."""

    is_postgres: bool = False
    is_durable: bool = False
    names: dict[tuple[Path, Ladder], str] = field(default_factory=dict)
    _free: dict[tuple[bool, Ladder], list[str]] = field(default_factory=dict)
    _servers: dict[bool, Server] = field(default_factory=dict)
    _templates: dict[tuple[bool, Ladder], str] = field(default_factory=dict)
    _files: dict[Ladder, bytes] = field(default_factory=dict)

    def url(self, folder: Path, *, is_new: bool = False, ladder: Ladder = "ledger") -> str:
        """The URL of the folder's ledger. is_new: an empty database, as a first start finds it, in the place of a migrated one."""
        if not self.is_postgres:
            place = folder / f"{ladder}.sqlite"
            if not is_new and not place.exists():
                folder.mkdir(parents=True, exist_ok=True)
                place.write_bytes(self._migrated_file(ladder))
                place.chmod(0o600)
            return sqlite_url(place)
        if (folder, ladder) not in self.names:
            free = self._free.setdefault((self.is_durable, ladder), [])
            if is_new:
                self.names[folder, ladder] = self.server.new_database()
            else:
                self.names[folder, ladder] = free.pop() if free else self.server.new_database(self._migrated(ladder))
        return self.server.url(self.names[folder, ladder])

    def intake_url(self, folder: Path, *, is_new: bool = False) -> str:
        """The URL of the folder's intake, likewise."""
        return self.url(folder, is_new=is_new, ladder="intake")

    def renew(self, folder: Path) -> None:
        """Give the folder empty databases in the place of those it had, as a restore wants them."""
        if self.is_postgres:
            for ladder in TABLES:
                if (folder, ladder) in self.names:
                    self.server.drop(self.names.pop((folder, ladder)))
                self.url(folder, is_new=True, ladder=ladder)

    def variables(self, folder: Path, *, is_new: bool = False) -> dict[str, str]:
        """The environment in which a process on this data folder finds its databases."""
        if not self.is_postgres:
            return {}
        return {
            "AMPARO_DATABASE_URL": self.url(folder, is_new=is_new),
            "AMPARO_INTAKE_DATABASE_URL": self.intake_url(folder, is_new=is_new),
        }

    @property
    def server(self) -> Server:
        """The run's PostgreSQL server, of the sort that is wanted now."""
        if self.is_durable not in self._servers:
            self._servers[self.is_durable] = Server(() if self.is_durable else FAST)
            self._servers[self.is_durable].start()
        return self._servers[self.is_durable]

    def forget(self) -> None:
        """The databases of the test that ended go, or are emptied for the next."""
        for (_, ladder), name in self.names.items():
            if self._is_emptied(name, ladder):
                self._free[self.is_durable, ladder].append(name)
            else:
                self.server.drop(name)
        self.names.clear()

    def end(self) -> None:
        """Stop what was started."""
        for server in self._servers.values():
            server.remove()
        self._servers.clear()
        self._templates.clear()
        self._free.clear()

    def _is_emptied(self, name: str, ladder: Ladder) -> bool:
        """Make a database of this version's schema as good as new (making one costs ten times as much); False for any other."""
        with self.server.connect(name) as connection:
            connection.execute(ALONE)
            tables = {
                row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            }
            if tables != {*TABLES[ladder].tables, "alembic_version"}:
                return False
            if connection.execute("SELECT version_num FROM alembic_version").fetchall() != [(head_of(ladder),)]:
                return False
            kept = {"alembic_version", "counter"}
            deletes = "; ".join(f"DELETE FROM {table}" for table in sorted(tables - kept))
            count = "UPDATE counter SET next = 1; " if "counter" in tables else ""
            connection.execute(f"SET session_replication_role TO replica; {deletes}; {count}{ANEW}")
        return True

    def _migrated_file(self, ladder: Ladder) -> bytes:
        """A new SQLite file of this version's schema: climbing to it costs a hundred times as much as writing it."""
        if ladder not in self._files:
            with tempfile.TemporaryDirectory() as folder:
                place = Path(folder) / "new.sqlite"
                db = Database(sqlite_url(place))
                migrate(db, Path(folder) / "lock", ladder)
                db.close()
                assert not place.with_name("new.sqlite-wal").exists(), "a part of it still stands beside it"
                self._files[ladder] = place.read_bytes()
        return self._files[ladder]

    def _migrated(self, ladder: Ladder) -> str:
        if (self.is_durable, ladder) not in self._templates:
            name = self.server.new_database()
            with tempfile.TemporaryDirectory() as folder:
                db = Database(self.server.url(name))
                migrate(db, Path(folder) / "lock", ladder)
                with db.read() as connection:
                    filled = [
                        name
                        for name in TABLES[ladder].tables
                        if connection.exec_driver_sql(f"SELECT 1 FROM {name} LIMIT 1").first()
                    ]
                assert set(filled) <= {"counter"}, "a new database holds rows that an emptied one would lack"
                db.close()
            self._templates[self.is_durable, ladder] = name
        return self._templates[self.is_durable, ladder]


LEDGERS = Ledgers()
