"""The tables of work, its copies, contents and comments, and the SQL of feeding and reading them. Private to the room."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from amparo.store.db import LEDGER, ROW_ID, AnyRow
from amparo.store.many import parts

UNDECIDED: Final = ("open", "second")
COPIES_MAX: Final = 300
"""Copies of one work: a decision is one transaction, and who else writes waits for it. Further ones open another."""
OF_ITEMS: Final = ("match", "report")
"""Kinds of work that copies join; a case or tip holds contents too, and is dealt with by itself."""

work = Table(
    "work",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("cluster", BigInteger),  # the first work of these contents, null for that one itself
    Column("due_us", BigInteger, nullable=False),
    Column("opened_us", BigInteger, nullable=False),
    Column("updated_us", BigInteger, nullable=False),
    Column("copies", BigInteger, nullable=False),
    Column("minor_possible", Integer, nullable=False),
    Column("minor_cause", Text),  # where it met no such itself (late_minor.py)
    Column("assigned_to", BigInteger),
    Column("locked_by", BigInteger),
    Column("locked_until_us", BigInteger),
    Column("barred_id", BigInteger),  # who took back a decision against which a request stands: another must decide now
    Column("case_uid", Text),
    Column("decision_id", BigInteger),  # that stands
    Column("decided_us", BigInteger),
    UniqueConstraint("case_uid"),
    Index(None, "state", "queue", "kind", "due_us", "id"),
    Index(None, "state", "opened_us"),
    Index(None, "assigned_to", "state"),
    Index(None, "locked_by"),
    sqlite_autoincrement=True,
)
STATE_OF_FEW: Final = work.c.state.concat("")
"""The state where few works are asked about by what they hold: SQLite would else go through every work of that state by its index."""
_UNMARKED: Final = (STATE_OF_FEW.in_(UNDECIDED), work.c.kind.in_(OF_ITEMS), work.c.minor_possible == 0)
work_copy = Table(
    "work_copy",
    LEDGER,
    Column("work_id", BigInteger, primary_key=True, autoincrement=False),
    Column("client_id", BigInteger, primary_key=True, autoincrement=False),
    Column("item_id", Text, primary_key=True),  # "" where the client named none
    Column("client", Text, nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("first_us", BigInteger, nullable=False),
    Column("last_us", BigInteger, nullable=False),
    Column("event_id", BigInteger),
    Column("report_id", BigInteger),
    Column("kind", Text, nullable=False),
    Column("distance_bits", Integer),
    Column("threshold_bits", Integer),
    Column("view", Text, nullable=False),
    Index(None, "client_id", "item_id"),
)
work_content = Table(
    "work_content",
    LEDGER,
    Column("work_id", BigInteger, primary_key=True, autoincrement=False),
    Column("content_id", BigInteger, primary_key=True, autoincrement=False),
    Column("bank", Text, nullable=False),  # as it was called when they met
    Index(None, "content_id", "work_id"),
)
work_comment = Table(
    "work_comment",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("work_id", BigInteger, nullable=False),
    Column("staff_id", BigInteger, nullable=False),
    Column("by_name", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "work_id", "id"),
    sqlite_autoincrement=True,
)
report = Table(
    "report",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("client_id", BigInteger, nullable=False),
    Column("item_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("sealed", LargeBinary),  # its words, where and by whom: sealed to staff
    Column("at_us", BigInteger, nullable=False),
    Column("work_id", BigInteger, nullable=False),
    Index(None, "work_id"),
    sqlite_autoincrement=True,
)
# How far match events and cases are taken.
review_mark = Table(
    "review_mark",
    LEDGER,
    Column("name", Text, primary_key=True),
    Column("last_id", BigInteger, nullable=False),
)
# From which bank a content went when somebody said that it may show somebody under 18.
minor_move = Table(
    "minor_move",
    LEDGER,
    Column("content_id", BigInteger, primary_key=True, autoincrement=False),
    Column("bank", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)


# --- marks


def mark(connection: Connection, name: str) -> int:
    """How far ``name`` is taken, 0 before the first."""
    return int(connection.execute(select(review_mark.c.last_id).where(review_mark.c.name == name)).scalar() or 0)


def set_mark(connection: Connection, name: str, last_id: int) -> None:
    """``name`` is taken up to ``last_id``."""
    changed = update(review_mark).where(review_mark.c.name == name).values(last_id=last_id)
    if connection.execute(changed).rowcount == 0:
        connection.execute(insert(review_mark).values(name=name, last_id=last_id))


# --- works


def add_work(connection: Connection, values: Mapping[str, Any]) -> int:
    """The id of the new work."""
    return int(connection.execute(insert(work).values(**values).returning(work.c.id)).scalar_one())


def work_of_case(connection: Connection, uid: str) -> AnyRow | None:
    """The work that a case or tip is."""
    return connection.execute(select(work).where(work.c.case_uid == uid)).first()


def work_by_id(connection: Connection, work_id: int) -> AnyRow | None:
    """One work."""
    return connection.execute(select(work).where(work.c.id == work_id)).first() if 0 < work_id < 2**63 else None


def works_by_id(connection: Connection, work_ids: Sequence[int]) -> list[AnyRow]:
    """Those of these works there are, by id."""
    found: list[AnyRow] = []
    for part in parts(sorted(set(work_ids))):
        found += connection.execute(select(work).where(work.c.id.in_(part)).order_by(work.c.id)).all()
    return found


def set_work(connection: Connection, work_id: int, values: Mapping[str, Any]) -> None:
    """Change columns of a work."""
    connection.execute(update(work).where(work.c.id == work_id).values(**values))


def to_join(
    connection: Connection, content_ids: Sequence[int], states: Sequence[str], item: tuple[int, str]
) -> AnyRow | None:
    """The most urgent work of matches or reports in one of these states that holds one of these contents, and has room.

    item: of which client, and its id; a work that holds it already has room for it.
    """
    holds = select(work_copy.c.work_id).where(work_copy.c.client_id == item[0], work_copy.c.item_id == item[1])
    query = select(work).join(work_content, work_content.c.work_id == work.c.id)
    query = query.where(work_content.c.content_id.in_(content_ids), STATE_OF_FEW.in_(states))
    query = query.where(work.c.kind.in_(OF_ITEMS), or_(work.c.copies < COPIES_MAX, work.c.id.in_(holds)))
    return connection.execute(query.order_by(work.c.due_us, work.c.id).limit(1)).first()


def undecided_of_item(connection: Connection, client_id: int, item_id: str) -> AnyRow | None:
    """The most urgent work that is not decided and holds this item."""
    query = select(work).join(work_copy, work_copy.c.work_id == work.c.id)
    query = query.where(work_copy.c.client_id == client_id, work_copy.c.item_id == item_id)
    return connection.execute(
        query.where(STATE_OF_FEW.in_(UNDECIDED)).order_by(work.c.due_us, work.c.id).limit(1)
    ).first()


def done_with(connection: Connection, content_ids: Sequence[int], limit: int) -> Sequence[AnyRow]:
    """Decided works of matches or reports that hold one of these contents, the latest decision first."""
    query = select(work).join(work_content, work_content.c.work_id == work.c.id).distinct()
    query = query.where(work_content.c.content_id.in_(content_ids), STATE_OF_FEW == "done", work.c.kind.in_(OF_ITEMS))
    return connection.execute(query.order_by(work.c.decided_us.desc(), work.c.id.desc()).limit(limit)).all()


def holding_item(connection: Connection, client_id: int, item_id: str) -> Sequence[AnyRow]:
    """All works that hold this item, oldest first."""
    query = select(work).join(work_copy, work_copy.c.work_id == work.c.id)
    return connection.execute(
        query.where(work_copy.c.client_id == client_id, work_copy.c.item_id == item_id).order_by(work.c.id)
    ).all()


def is_minor_content(connection: Connection, content_ids: Sequence[int]) -> bool:
    """Whether a work that holds one of these may show somebody under 18."""
    query = select(work.c.id).join(work_content, work_content.c.work_id == work.c.id)
    query = query.where(work_content.c.content_id.in_(content_ids), work.c.minor_possible == 1)
    return connection.execute(query.limit(1)).first() is not None


def is_minor_item(connection: Connection, client_id: int, item_id: str) -> bool:
    """Whether a work that holds this item may show somebody under 18. Never for "", which is no item."""
    query = select(work.c.id).join(work_copy, work_copy.c.work_id == work.c.id)
    same = (work_copy.c.client_id == client_id, work_copy.c.item_id == item_id, work_copy.c.item_id != "")
    return connection.execute(query.where(*same, work.c.minor_possible == 1).limit(1)).first() is not None


def with_contents(connection: Connection, content_ids: Sequence[int]) -> set[int]:
    """The works that hold one of these contents."""
    found: set[int] = set()
    for part in parts(sorted(set(content_ids))):
        query = select(work_content.c.work_id).where(work_content.c.content_id.in_(part)).distinct()
        found.update(connection.execute(query).scalars())
    return found


def unmarked(connection: Connection, work_ids: Sequence[int]) -> list[int]:
    """Those of these works that are of items, not decided, and not marked as perhaps showing somebody under 18."""
    query = select(work.c.id).where(work.c.id.in_(work_ids), *_UNMARKED)
    return list(connection.execute(query).scalars())


def unmarked_with(connection: Connection, content_ids: Sequence[int], limit: int) -> list[int]:
    """As ``unmarked``, some of those that hold one of these contents."""
    holds = select(work_content.c.work_id).where(work_content.c.content_id.in_(content_ids))
    query = select(work.c.id).where(work.c.id.in_(holds), *_UNMARKED)
    return list(connection.execute(query.order_by(work.c.id).limit(limit)).scalars())


def mark_minor(connection: Connection, work_ids: Sequence[int], cause: str, now_us: int, within_us: int) -> None:
    """These works may show somebody under 18. within_us: due so long after they were opened, where they were not before."""
    due = work.c.opened_us + within_us
    marked = {"minor_possible": 1, "queue": "under_18", "minor_cause": cause, "updated_us": now_us}
    for part in parts(work_ids):
        sooner = case((work.c.due_us < due, work.c.due_us), else_=due)
        connection.execute(update(work).where(work.c.id.in_(part)).values(**marked, due_us=sooner))


# --- copies


def copy(connection: Connection, work_id: int, client_id: int, item_id: str) -> AnyRow | None:
    """One copy of a work."""
    same = (work_copy.c.work_id == work_id, work_copy.c.client_id == client_id, work_copy.c.item_id == item_id)
    return connection.execute(select(work_copy).where(*same)).first()


def add_copy(connection: Connection, values: Mapping[str, Any]) -> None:
    """A copy that was not there."""
    connection.execute(insert(work_copy).values(**values))


def set_copy(connection: Connection, found: AnyRow, values: Mapping[str, Any]) -> None:
    """Change columns of a copy."""
    same = (
        work_copy.c.work_id == found.work_id,
        work_copy.c.client_id == found.client_id,
        work_copy.c.item_id == found.item_id,
    )
    connection.execute(update(work_copy).where(*same).values(**values))


def copies_of(connection: Connection, work_id: int, limit: int | None = None) -> Sequence[AnyRow]:
    """The copies of a work, nearest first, then in the order in which they came."""
    far = func.coalesce(work_copy.c.distance_bits, 100_000)
    query = select(work_copy).where(work_copy.c.work_id == work_id)
    query = query.order_by(far, work_copy.c.first_us, work_copy.c.client_id, work_copy.c.item_id)
    return connection.execute(query if limit is None else query.limit(limit)).all()


def clients_of(connection: Connection, work_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The names of the clients at which a work's copies are, by work."""
    found: dict[int, list[str]] = {}
    for part in parts(work_ids):
        query = select(work_copy.c.work_id, work_copy.c.client).where(work_copy.c.work_id.in_(part)).distinct()
        for row in connection.execute(query.order_by(work_copy.c.client)):
            found.setdefault(row.work_id, []).append(row.client)
    return {work_id: tuple(names) for work_id, names in found.items()}


# --- contents


def contents_of(connection: Connection, work_ids: Sequence[int]) -> list[int]:
    """The contents that these works met, by id."""
    found: set[int] = set()
    for part in parts(work_ids):
        query = select(work_content.c.content_id).where(work_content.c.work_id.in_(part)).distinct()
        found.update(connection.execute(query).scalars())
    return sorted(found)


def add_contents(connection: Connection, work_id: int, banks: Mapping[int, str]) -> None:
    """The work met these contents too. banks: the name of the bank, by content."""
    known = set(contents_of(connection, [work_id]))
    new = [
        {"work_id": work_id, "content_id": one, "bank": bank} for one, bank in sorted(banks.items()) if one not in known
    ]
    if new:
        connection.execute(insert(work_content), new)


def rename_content(connection: Connection, old: int, new: int) -> None:
    """A content stands under another id from now on."""
    both = select(work_content.c.work_id).where(work_content.c.content_id == new)
    connection.execute(
        delete(work_content).where(work_content.c.content_id == old, work_content.c.work_id.in_(both.scalar_subquery()))
    )
    connection.execute(update(work_content).where(work_content.c.content_id == old).values(content_id=new))


# --- reports and comments


def add_report(connection: Connection, values: Mapping[str, Any]) -> int:
    """The number of the new report."""
    return int(connection.execute(insert(report).values(**values).returning(report.c.id)).scalar_one())


def reports_of(connection: Connection, work_id: int, limit: int) -> Sequence[AnyRow]:
    """The newest reports of a work, oldest first."""
    query = select(report).where(report.c.work_id == work_id).order_by(report.c.id.desc()).limit(limit)
    return list(reversed(connection.execute(query).all()))


def add_comment(connection: Connection, values: Mapping[str, Any]) -> None:
    """Keep a comment."""
    connection.execute(insert(work_comment).values(**values))


def add_comment_once(connection: Connection, values: Mapping[str, Any]) -> None:
    """As ``add_comment``; what is the newest comment already, by the same person, is the same form that arrived again."""
    newest = comments_of(connection, values["work_id"], 1)
    if not newest or (newest[0].staff_id, newest[0].text) != (values["staff_id"], values["text"]):
        add_comment(connection, values)


def comments_of(connection: Connection, work_id: int, limit: int) -> Sequence[AnyRow]:
    """The newest comments of a work, oldest first."""
    query = select(work_comment).where(work_comment.c.work_id == work_id).order_by(work_comment.c.id.desc())
    return list(reversed(connection.execute(query.limit(limit)).all()))


# --- moved for the sake of somebody under 18


def note_moves(connection: Connection, banks: Mapping[int, str], at_us: int) -> None:
    """These contents went from those banks."""
    drop_moves(connection, list(banks))
    if banks:
        rows = [{"content_id": one, "bank": bank, "at_us": at_us} for one, bank in sorted(banks.items())]
        connection.execute(insert(minor_move), rows)


def moves_of(connection: Connection, content_ids: Sequence[int]) -> dict[int, str]:
    """From which bank each of these went."""
    found: dict[int, str] = {}
    for part in parts(content_ids):
        query = select(minor_move).where(minor_move.c.content_id.in_(part))
        found.update((row.content_id, row.bank) for row in connection.execute(query))
    return found


def drop_moves(connection: Connection, content_ids: Sequence[int]) -> None:
    """Forget from where these went."""
    for part in parts(content_ids):
        connection.execute(delete(minor_move).where(minor_move.c.content_id.in_(part)))
