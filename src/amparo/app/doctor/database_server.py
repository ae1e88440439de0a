"""What the doctor finds of a PostgreSQL server: reachable, old enough, safe, not crowded, its clock ours. Sets nothing right."""

import ipaddress
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import Connection, make_url, text

from amparo.app.doctor.model import Finding, Installation
from amparo.app.ledger import ledger_of

VERSION_MIN = 14
SKEW_MAX = timedelta(seconds=2)
CROWDED = 0.8
UNSAFE = ("fsync", "full_page_writes")


def server(installation: Installation) -> Iterator[Finding]:
    """One finding a question, in the order in which they would hurt. Raises: Unavailable, Misconfigured (database_refused)."""
    db = ledger_of(installation.settings.deployment)
    try:
        with db.read() as connection:
            yield from _version(connection)
            yield from _safe(connection)
            yield from _room(connection)
            yield _clock(connection, installation)
            yield from _wire(connection, db.url)
    finally:
        db.close()


def _setting(connection: Connection, name: str) -> str:
    return str(connection.execute(text("SELECT current_setting(:name)"), {"name": name}).scalar_one())


def _version(connection: Connection) -> Iterator[Finding]:
    number, encoding = (
        int(_setting(connection, "server_version_num")) // 10_000,
        _setting(connection, "server_encoding"),
    )
    if number < VERSION_MIN:
        yield Finding("database", "bad", f"PostgreSQL {number} is too old", f"Use {VERSION_MIN} or later.")
    elif encoding != "UTF8":
        yield Finding("database", "bad", f"the database's encoding is {encoding}", "Make it anew with ENCODING 'UTF8', restore a backup into it.")  # fmt: skip
    else:
        yield Finding("database", "ok", f"PostgreSQL {number} answers")
    if connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar_one():
        yield Finding("standby", "bad", "the database is a standby and takes no writes", "Name the primary in AMPARO_DATABASE_URL.")  # fmt: skip


def _safe(connection: Connection) -> Iterator[Finding]:
    off = [name for name in UNSAFE if _setting(connection, name) != "on"]
    for name in off:
        yield Finding("durability", "bad", f"{name} is off: what was acknowledged may be lost, or all of it", f"Set {name} = on.")  # fmt: skip
    if not off:
        yield Finding("durability", "ok", "the server syncs what it commits")


def _room(connection: Connection) -> Iterator[Finding]:
    most = int(_setting(connection, "max_connections"))
    held = int(connection.exec_driver_sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'").scalar_one())  # fmt: skip
    said = f"{held} of {most} connections are in use"
    if held > CROWDED * most:
        yield Finding("connections", "warn", said, "Raise max_connections, or lower AMPARO_DATABASE_CONNECTIONS_MAX.")
    else:
        yield Finding("connections", "ok", said)


def _clock(connection: Connection, installation: Installation) -> Finding:
    before = installation.clock.now()
    told = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    after = installation.clock.now()
    skew = max(before - told, told - after, timedelta(0))
    if skew > SKEW_MAX:
        text_ = f"the clocks of this machine and of the database differ by {skew.total_seconds():.0f} s"
        return Finding("database_clock", "bad", text_, "Set both by NTP; times are compared across machines.")
    return Finding("database_clock", "ok", "the clocks of this machine and of the database agree")


def _wire(connection: Connection, url: str) -> Iterator[Finding]:
    """Whether what passes between here and another machine can be read on the way."""
    host = make_url(url).host or ""
    is_sealed = connection.exec_driver_sql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").scalar()
    if host and not is_sealed and not _is_local(host):
        yield Finding("database_tls", "warn", "the database is asked over another machine's network without TLS", "Add ?sslmode=verify-full&sslrootcert=FILE to its URL.")  # fmt: skip


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
