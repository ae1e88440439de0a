"""The tables of looks, what they cost, and media held for them, and all SQL on them. Private to the room."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from amparo.store.db import LEDGER, ROW_ID

DESK: Final = 0
"""In the place of a person: limits for everybody."""

look = Table(
    "look",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("staff_id", BigInteger, nullable=False),
    Column("work_id", BigInteger, nullable=False),
    Column("copy_key", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("clarity", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("granted_ms", BigInteger, nullable=False),
    Column("counted_ms", BigInteger, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("shown_us", BigInteger),
    Column("ended_us", BigInteger),
    Index("ix_look_staff_id_at_us", "staff_id", "at_us"),
    Index("ix_look_work_id", "work_id"),
    sqlite_autoincrement=True,
)
exposure_limit = Table(
    "exposure_limit",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("staff_id", BigInteger, nullable=False),
    Column("by_id", BigInteger, nullable=False),
    Column("set_us", BigInteger, nullable=False),
    Column("from_us", BigInteger, nullable=False),
    Column("looks_day", BigInteger, nullable=False),
    Column("seconds_day", BigInteger, nullable=False),
    Column("looks_28", BigInteger, nullable=False),
    Column("seconds_28", BigInteger, nullable=False),
    Index("ix_exposure_limit_staff_id_by_id", "staff_id", "by_id"),
    sqlite_autoincrement=True,
)
held_media = Table(
    "held_media",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("client_id", BigInteger, nullable=False),
    Column("item_id", Text),
    Column("size_bytes", BigInteger, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Index("ix_held_media_expires_us", "expires_us"),
    Index("ix_held_media_client_id_item_id", "client_id", "item_id"),
    sqlite_autoincrement=True,
)
held_content = Table(
    "held_content",
    LEDGER,
    Column("held_id", ROW_ID, ForeignKey("held_media.id"), primary_key=True, autoincrement=False),
    Column("content_id", BigInteger, primary_key=True, autoincrement=False),
    Index("ix_held_content_content_id", "content_id"),
)
