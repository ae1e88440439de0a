"""The tables of looks, what they cost, and media held for them, and all SQL on them. Private to the room."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from amparo.review.work_rows import work, work_content, work_copy
from amparo.store.db import LEDGER, ROW_ID, AnyRow
from amparo.store.many import insert_many, parts

DESK: Final = 0
"""In the place of a person: limits for everybody."""
GRANTED: Final = "granted"
SHOWN: Final = "shown"
COVERED: Final = "covered"
VOID: Final = "void"
"""Nothing was handed out, and nothing is counted."""
RUNNING: Final = (GRANTED, SHOWN)
RUNNING_READ: Final = 20
HELD_READ: Final = 20
LOOK_KEPT_US: Final = 35 * 86_400_000_000

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


# --- works


def work_of(connection: Connection, work_id: int) -> AnyRow | None:
    """A work: its state, its queue, and whether it may show somebody under 18."""
    return connection.execute(select(work).where(work.c.id == work_id)).one_or_none()


def client_of(connection: Connection, work_id: int, client_id: int) -> str:
    """The name of a client of which the work holds a copy."""
    query = select(work_copy.c.client).where(work_copy.c.work_id == work_id, work_copy.c.client_id == client_id)
    return str(connection.execute(query.limit(1)).scalar_one())


def copies_of(connection: Connection, work_id: int, limit: int) -> Sequence[AnyRow]:
    """Copies of a work, the newest first."""
    query = select(work_copy.c.client_id, work_copy.c.item_id).where(work_copy.c.work_id == work_id)
    return connection.execute(query.order_by(work_copy.c.last_us.desc()).limit(limit)).all()


def contents_of(connection: Connection, work_id: int) -> list[int]:
    """What the copies of a work met."""
    query = select(work_content.c.content_id).where(work_content.c.work_id == work_id)
    return list(connection.execute(query.order_by(work_content.c.content_id)).scalars())


def any_minor(connection: Connection, content_ids: Sequence[int]) -> bool:
    """Whether any work that holds one of these may show somebody under 18."""
    is_minor = or_(work.c.minor_possible != 0, work.c.queue == "under_18")
    query = select(work.c.id).join(work_content, work_content.c.work_id == work.c.id)
    met = query.where(work_content.c.content_id.in_(content_ids), is_minor)
    return connection.execute(met.limit(1)).first() is not None


def any_minor_copy(connection: Connection, work_id: int) -> bool:
    """Whether any work that holds an item of this one may show somebody under 18."""
    own, other = work_copy.alias(), work_copy.alias()
    same = (other.c.client_id == own.c.client_id) & (other.c.item_id == own.c.item_id)
    is_minor = or_(work.c.minor_possible != 0, work.c.queue == "under_18")
    query = select(work.c.id).select_from(own.join(other, same).join(work, work.c.id == other.c.work_id))
    return (
        connection.execute(query.where(own.c.work_id == work_id, own.c.item_id != "", is_minor).limit(1)).first()
        is not None
    )


# --- looks


def add_look(connection: Connection, values: Mapping[str, Any]) -> None:
    """A look that was granted."""
    connection.execute(insert(look).values(**values))


def look_by(connection: Connection, digest: bytes, staff_id: int) -> AnyRow | None:
    """The look of this token, where it is this person's."""
    query = select(look).where(look.c.digest == digest, look.c.staff_id == staff_id)
    return connection.execute(query).one_or_none()


def running(connection: Connection, staff_id: int) -> Sequence[AnyRow]:
    """Looks of a person that have not been ended."""
    query = select(look).where(look.c.staff_id == staff_id, look.c.state.in_(RUNNING))
    return connection.execute(query.order_by(look.c.id.desc()).limit(RUNNING_READ)).all()


def set_look(connection: Connection, look_id: int, **values: object) -> None:
    """A look stands otherwise."""
    connection.execute(update(look).where(look.c.id == look_id).values(**values))


def end_granted(connection: Connection, work_id: int, now_us: int) -> int:
    """Looks at this work that were granted and not shown die; how many did."""
    mine = (look.c.work_id == work_id, look.c.state == GRANTED)
    done = connection.execute(update(look).where(*mine).values(state=VOID, counted_ms=0, ended_us=now_us))
    return done.rowcount


def used(connection: Connection, staff_id: int, after_us: int) -> tuple[int, int]:
    """How many looks a person took after that, and what they cost in milliseconds. One dated later than now counts as well."""
    query = select(func.count(), func.coalesce(func.sum(look.c.counted_ms), 0)).where(
        look.c.staff_id == staff_id, look.c.at_us > after_us, look.c.state != VOID
    )
    number, ms = connection.execute(query).one()
    return int(number), int(ms)


def looks_after(connection: Connection, staff_id: int, after_us: int) -> Sequence[AnyRow]:
    """When a person looked after that, for how long, and how heavy they called it; the newest first."""
    query = select(look.c.at_us, look.c.counted_ms, look.c.severity).where(
        look.c.staff_id == staff_id, look.c.at_us > after_us, look.c.state != VOID
    )
    return connection.execute(query.order_by(look.c.id.desc())).all()


def looked(connection: Connection, staff_id: int, work_id: int) -> bool:
    """Whether a picture of this work was handed to this person."""
    query = select(look.c.id).where(
        look.c.work_id == work_id, look.c.staff_id == staff_id, look.c.shown_us.is_not(None)
    )
    return connection.execute(query.limit(1)).first() is not None


def drop_looks(connection: Connection, before_us: int) -> int:
    """Looks older than that are forgotten, and than that before the newest of all: a clock set wrong forgets nothing; how many."""
    newest = select(func.max(look.c.at_us)).scalar_subquery()
    old = (look.c.at_us < before_us, look.c.at_us < newest - LOOK_KEPT_US)
    return connection.execute(delete(look).where(*old)).rowcount


# --- limits


def limits(connection: Connection, staff_id: int) -> Sequence[AnyRow]:
    """Every limit ever set for the desk and for this person, the newest first."""
    query = select(exposure_limit).where(exposure_limit.c.staff_id.in_((DESK, staff_id)))
    return connection.execute(query.order_by(exposure_limit.c.id.desc())).all()


def add_limit(connection: Connection, values: Mapping[str, Any]) -> None:
    """Another limit; the ones before stay in the record."""
    connection.execute(insert(exposure_limit).values(**values))


# --- held media


def add_held(connection: Connection, values: Mapping[str, Any], content_ids: Sequence[int]) -> None:
    """A file that is about to be kept, and what it met."""
    held_id = connection.execute(insert(held_media).values(**values).returning(held_media.c.id)).scalar_one()
    insert_many(connection, held_content, [{"held_id": held_id, "content_id": one} for one in content_ids])


def held_bytes(connection: Connection) -> int:
    """Bytes of all files that are kept."""
    return int(connection.execute(select(func.coalesce(func.sum(held_media.c.size_bytes), 0))).scalar_one())


def held_figures(connection: Connection, before_us: int) -> tuple[int, int, int]:
    """How many files are kept, their bytes, and how many of them ended before that; those let go of at once are not told apart."""
    late = func.count().filter(held_media.c.expires_us < before_us, held_media.c.expires_us > 0)
    query = select(func.count(), func.coalesce(func.sum(held_media.c.size_bytes), 0), late)
    files, size_bytes, over = connection.execute(query.select_from(held_media)).one()
    return int(files), int(size_bytes), int(over)


def held_of(connection: Connection, content_ids: Sequence[int], now_us: int) -> Sequence[AnyRow]:
    """Files that met one of these contents and have not expired, the newest first."""
    met = select(held_content.c.held_id).where(held_content.c.content_id.in_(content_ids))
    query = select(held_media).where(held_media.c.id.in_(met), held_media.c.expires_us > now_us)
    return connection.execute(query.order_by(held_media.c.id.desc()).limit(HELD_READ)).all()


def expire_held(connection: Connection, content_ids: Sequence[int]) -> None:
    """Files that met one of these contents are shown no more and go with the next round."""
    for part in parts(content_ids):
        met = select(held_content.c.held_id).where(held_content.c.content_id.in_(part))
        connection.execute(update(held_media).where(held_media.c.id.in_(met)).values(expires_us=0))


def expired(connection: Connection, now_us: int, limit: int) -> Sequence[AnyRow]:
    """Files whose time is over."""
    query = select(held_media.c.id, held_media.c.name).where(held_media.c.expires_us <= now_us)
    return connection.execute(query.order_by(held_media.c.id).limit(limit)).all()


def drop_held(connection: Connection, held_ids: Sequence[int]) -> None:
    """These files are gone."""
    connection.execute(delete(held_content).where(held_content.c.held_id.in_(held_ids)))
    connection.execute(delete(held_media).where(held_media.c.id.in_(held_ids)))


def held_names(connection: Connection) -> set[str]:
    """The names of all files that are kept."""
    return set(connection.execute(select(held_media.c.name)).scalars())
