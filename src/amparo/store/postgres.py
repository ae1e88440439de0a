"""PostgreSQL's way: bounded pools that outlive a restart of the server, one writer of a sort at a time, errors told by their
SQLSTATE. Knows no table.

``write`` commits with synchronous_commit=on, ``soon`` with off (survives our own processes killed; a crash of the server may take the
last moments). A writer holds an advisory lock of the database until its commit can be seen, so writers on all machines follow each
other as they do on SQLite, and what they number appears in the order of numbers.
Source: https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS, .../errcodes-appendix.html
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from amparo.errors import AmparoError, Misconfigured, Unavailable
from amparo.store.durable import no_room
from amparo.store.ways import Limits, Turns, Way, Ways, busy, damaged

LOCKS = 0x616D7061  # ours among the database's advisory locks
WRITE_LOCK, SOON_LOCK = 1, 2
WRITERS = 2  # connections a process keeps for each sort of writing: one writes, one waits
ALTER_WAIT_S = 3_600
CONNECT_S = 5
STATEMENT_S = 60
IDLE_S = 60
RECYCLE_S = 1_800

BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
BEGIN_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit TO {}; SELECT pg_advisory_xact_lock({}, {})"
BEGIN_ALTER = (  # in the place of a reading transaction
    "ROLLBACK; BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit TO on; "
    f"SET LOCAL lock_timeout TO '{ALTER_WAIT_S}s'; SET LOCAL statement_timeout TO 0; "
    f"SELECT pg_advisory_xact_lock({LOCKS}, {WRITE_LOCK}); SELECT pg_advisory_xact_lock({LOCKS}, {SOON_LOCK})"
)

BUSY = {
    "40001": "serialization failure", "40P01": "deadlock", "55P03": "lock timeout", "57014": "statement timeout",
    "53300": "too many connections", "53200": "out of memory", "25P03": "idle for too long",
}  # fmt: skip
GONE = ("08", "57P")  # connection lost or refused; the server stops, starts or has crashed
REFUSED = ("28", "3D", "42501", "25006")  # password, database, privilege, read-only
UNABLE = "0A000"  # also: to write, on a standby
DAMAGED = ("XX001", "XX002")
NOT_LET_IN = (
    "authentication failed",
    "does not exist",
    "pg_hba.conf",
    "not permitted to",
    "permission denied",
    "no password",
)


def opened(url: str, limits: Limits) -> Ways:
    """The ways in: ``limits.connections_max`` connections for reading and WRITERS for each sort of writing, none over that."""
    write, soon = (BEGIN_WRITE.format(how, LOCKS, lock) for how, lock in (("on", WRITE_LOCK), ("off", SOON_LOCK)))
    return Ways(
        _way(url, BEGIN_READ, limits.connections_max, limits),
        _way(url, write, WRITERS, limits),
        _way(url, soon, WRITERS, limits),
    )


@contextlib.contextmanager
def altered(ways: Ways) -> Iterator[Connection]:
    """A transaction in which the schema may change; writers, and other machines that would change it, wait for its end."""
    with ways.read.turn(), ways.read.engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(BEGIN_ALTER).close()
        yield connection


def check_writable(connection: Connection) -> None:
    """Raises: Misconfigured (database_refused) on a standby: what it shows is some time behind, and it takes no events; and for
    an encoding that cannot hold every name.
    """
    is_standby, encoding = connection.exec_driver_sql(
        "SELECT pg_is_in_recovery(), current_setting('server_encoding')"
    ).one()
    if is_standby:
        raise _refused()
    if encoding != "UTF8":
        raise Misconfigured(
            "database_refused",
            "the database's encoding is not UTF8",
            "Make it anew: CREATE DATABASE … ENCODING 'UTF8'.",
        )


def emptied_log(url: str) -> bool:
    """True: PostgreSQL keeps its log elsewhere and reuses it by itself (docs/threat-model.md says what stays in it)."""
    del url
    return True


def our_error(error: DBAPIError) -> AmparoError:
    """The driver's error in our words. An error of connecting has a text and no SQLSTATE."""
    state = getattr(error.orig, "sqlstate", None) or ""
    if state in BUSY:
        return busy()
    if state == "53100":
        return no_room("the database")
    if state in DAMAGED:
        return damaged()
    words = NOT_LET_IN if not state else ("during recovery",) if state == UNABLE else ()
    if state.startswith(REFUSED) or any(one in str(error.orig) for one in words):
        return _refused()
    is_lost = error.connection_invalidated or (not state and isinstance(error, OperationalError))
    if is_lost or state.startswith(GONE):
        return Unavailable(
            "database_unreachable", "the database cannot be reached", "Try again in a moment.", retry_after_s=2
        )
    return Misconfigured(
        "database_failed", f"the database refused a statement ({type(error.orig).__name__})", "Run `amparo doctor`."
    )


def _refused() -> Misconfigured:
    return Misconfigured(
        "database_refused",
        "the database does not let us in, or takes no writes",
        "Check user, password, database and rights in AMPARO_DATABASE_URL, and that it names no standby.",
    )


def _way(url: str, begin: str, connections: int, limits: Limits) -> Way:
    engine = create_engine(
        url,
        connect_args=_connect_args(url, limits.busy_timeout_ms),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=limits.busy_timeout_ms / 1000,
        pool_recycle=RECYCLE_S,
        pool_use_lifo=True,
        use_native_hstore=False,
    )

    @event.listens_for(engine, "connect")
    def on_connect(dbapi_connection: Any, _entry: ConnectionPoolEntry) -> None:
        dbapi_connection.autocommit = True  # the driver's own BEGIN is off: ours stands below

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin).close()  # whether the connection lives shows here, before anything is asked

    return Way(engine, Turns(connections, limits.busy_timeout_ms / 1000).one)


def _connect_args(url: str, busy_timeout_ms: int) -> dict[str, object]:
    """How to connect; what the URL says itself goes before."""
    own = dict(make_url(url).query)
    timeouts = {
        "statement_timeout": f"{STATEMENT_S}s",
        "lock_timeout": f"{busy_timeout_ms}ms",
        "idle_in_transaction_session_timeout": f"{IDLE_S}s",
    }
    options = " ".join(f"-c {name}={value}" for name, value in timeouts.items())
    arguments: dict[str, object] = {
        "connect_timeout": CONNECT_S,
        "application_name": "amparo",
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 15_000,
    }
    return {
        **{name: value for name, value in arguments.items() if name not in own},
        "options": f"{options} {own.get('options', '')}".strip(),
    }
