"""The tables of the match room and all SQL on them. Private to the room."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    Index,
    Integer,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from amparo.store.db import LEDGER, ROW_ID, AnyRow

match_event = Table(
    "match_event",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("at_us", BigInteger, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("client_id", ROW_ID, nullable=False),
    Column("client", Text, nullable=False),
    Column("item_id", Text),
    Column("uploader_ref", Text),
    Column("uploaded_us", BigInteger),
    Column("suggested_action", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("matches", Text, nullable=False),  # JSON: ids and distances, never a signal
    Column("may_be_minor", Integer, nullable=False, server_default="0"),
    Index(None, "at_us"),
    sqlite_autoincrement=True,
)
match_count = Table(
    "match_count",
    LEDGER,
    Column("client_id", ROW_ID, primary_key=True),
    Column("hour_us", BigInteger, primary_key=True),
    Column("verdict", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
)
match_rate = Table(
    "match_rate",
    LEDGER,
    Column("content_id", BigInteger, primary_key=True, autoincrement=False),
    Column("hour_us", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("base_per_hour", Double, nullable=False),
)
# A snapshot on a disk counts only while the ledger it was made of says so: one of another ledger, or of what a restore took
# back, has no row.
index_snapshot = Table(
    "index_snapshot",
    LEDGER,
    Column("token", Text, primary_key=True),
    Column("generation", BigInteger, nullable=False),
    Column("signal_last", BigInteger, nullable=False),
    Column("made_us", BigInteger, nullable=False),
    Column("kinds", Text, nullable=False),  # JSON: count and digest by kind
)


def snapshots(connection: Connection, tokens: Sequence[str]) -> Sequence[AnyRow]:
    """Those of the snapshots with these tokens that were made of this ledger, newest first."""
    query = select(index_snapshot).where(index_snapshot.c.token.in_(tokens))
    return connection.execute(query.order_by(index_snapshot.c.generation.desc(), index_snapshot.c.token)).all()


def add_snapshot(connection: Connection, values: Mapping[str, Any]) -> None:
    """Tell of a new snapshot."""
    connection.execute(insert(index_snapshot).values(**values))


def drop_snapshot(connection: Connection, token: str) -> None:
    """Forget a snapshot."""
    connection.execute(delete(index_snapshot).where(index_snapshot.c.token == token))


def add_events(connection: Connection, values: Sequence[Mapping[str, Any]]) -> None:
    """Add match events."""
    if values:
        connection.execute(insert(match_event), list(values))


def events_after(connection: Connection, after: int, limit: int, client_id: int | None) -> Sequence[AnyRow]:
    """Match events with ids over ``after``, of one client or of all."""
    query = select(match_event).where(match_event.c.id > after).order_by(match_event.c.id).limit(limit)
    if client_id is not None:
        query = query.where(match_event.c.client_id == client_id)
    return connection.execute(query).all()


def banks_after(connection: Connection, after: int, limit: int) -> Sequence[AnyRow]:
    """Number, instant and matches of events with ids over ``after``."""
    found = select(match_event.c.id, match_event.c.at_us, match_event.c.matches)
    return connection.execute(found.where(match_event.c.id > after).order_by(match_event.c.id).limit(limit)).all()


def drop_events(connection: Connection, before_us: int, limit: int) -> int:
    """Delete up to ``limit`` events older than ``before_us``; how many went."""
    old = select(match_event.c.id).where(match_event.c.at_us < before_us).limit(limit)
    return int(connection.execute(delete(match_event).where(match_event.c.id.in_(old))).rowcount)


# made once, with the parameters' names prefixed: a column's own name stands for what is set
_COUNT = (
    update(match_count)
    .where(
        match_count.c.client_id == bindparam("of_client"),
        match_count.c.hour_us == bindparam("of_hour"),
        match_count.c.verdict == bindparam("of_verdict"),
    )
    .values(number=match_count.c.number + bindparam("more"))
)
_RATES = select(match_rate).where(match_rate.c.content_id.in_(bindparam("ids", expanding=True)))
_NO_RATE = delete(match_rate).where(match_rate.c.content_id == bindparam("of_content"))


def count(connection: Connection, counts: Mapping[tuple[int, int, str], int]) -> None:
    """Add to the counters by (client, hour, verdict)."""
    for (client_id, hour_us, verdict), number in counts.items():
        given = {"of_client": client_id, "of_hour": hour_us, "of_verdict": verdict, "more": number}
        done = connection.execute(_COUNT, given)
        if done.rowcount == 0:
            connection.execute(
                insert(match_count).values(client_id=client_id, hour_us=hour_us, verdict=verdict, number=number)
            )


def rates(connection: Connection, content_ids: Sequence[int]) -> dict[int, AnyRow]:
    """The rates of these contents."""
    return {row.content_id: row for row in connection.execute(_RATES, {"ids": content_ids})}


def set_rate(connection: Connection, values: Mapping[str, Any]) -> None:
    """Put a content's rate in the place of the old."""
    connection.execute(_NO_RATE, {"of_content": values["content_id"]})
    connection.execute(insert(match_rate), dict(values))
