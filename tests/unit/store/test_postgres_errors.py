"""Errors of PostgreSQL that no test can bring about at will, in our words: by their SQLSTATE, never by their text."""

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from amparo.errors import AmparoError, Misconfigured, NoRoom, Tampered, Unavailable
from amparo.store.postgres import our_error

SECRET = "password hunter2, row (c0ffee)"


@pytest.mark.parametrize(
    ("cause", "ours", "slug"),
    [
        (psycopg.errors.DiskFull, NoRoom, "disk_full"),
        (psycopg.errors.DataCorrupted, Tampered, "database_damaged"),
        (psycopg.errors.IndexCorrupted, Tampered, "database_damaged"),
        (psycopg.errors.SerializationFailure, Unavailable, "database_busy"),
        (psycopg.errors.DeadlockDetected, Unavailable, "database_busy"),
        (psycopg.errors.OutOfMemory, Unavailable, "database_busy"),
        (psycopg.errors.TooManyConnections, Unavailable, "database_busy"),
        (psycopg.errors.AdminShutdown, Unavailable, "database_unreachable"),
        (psycopg.errors.CrashShutdown, Unavailable, "database_unreachable"),
        (psycopg.errors.CannotConnectNow, Unavailable, "database_unreachable"),
        (psycopg.errors.ConnectionException, Unavailable, "database_unreachable"),
        (psycopg.OperationalError, Unavailable, "database_unreachable"),
        (psycopg.errors.InsufficientPrivilege, Misconfigured, "database_refused"),
        (psycopg.errors.ReadOnlySqlTransaction, Misconfigured, "database_refused"),
        (psycopg.errors.FeatureNotSupported, Misconfigured, "database_failed"),
        (psycopg.errors.UniqueViolation, Misconfigured, "database_failed"),
        (psycopg.DataError, Misconfigured, "database_failed"),
    ],
)
def test_each_is_told_without_its_text(cause: type[psycopg.Error], ours: type[AmparoError], slug: str) -> None:
    told = our_error(DBAPIError.instance("SELECT", None, cause(SECRET), psycopg.Error))
    assert (type(told), told.slug) == (ours, slug)
    assert not {"hunter2", "c0ffee"} & set(f"{told.text} {told.hint}".replace(",", " ").split())
    assert (told.retry_after_s is not None) == (ours is Unavailable)
