"""The tables of decisions and of what waits for a second person, and all SQL on them. Private to the room."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    or_,
    select,
    update,
)

from amparo.review.work_rows import work
from amparo.store.db import LEDGER, ROW_ID, AnyRow
from amparo.store.many import parts

# A decision is never changed but in `state` and `undone_by`. state: stands | waits (for a second person) | agreed (the second said
# the same, and theirs stands) | outvoted | undone.
decision = Table(
    "decision",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("work_id", BigInteger, nullable=False),
    Column("by_id", BigInteger, nullable=False),  # 0: the rule that an exact copy follows
    Column("by_name", Text, nullable=False),
    Column("answer", Text, nullable=False),  # confirm | not_this | undo
    Column("action", Text),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("key", Text, nullable=False),  # the same key of the same person again is the same decision
    Column("at_us", BigInteger, nullable=False),
    Column("undo_until_us", BigInteger),
    Column("undoes", BigInteger),
    Column("undone_by", BigInteger),
    Column("follows", BigInteger),  # the decision that an exact copy followed
    Column("is_override", Integer, nullable=False),
    Column("looked", Integer, nullable=False),
    Column("against_request", Integer, nullable=False),  # a person's case asked for it then
    Column("severity", Integer, nullable=False, server_default="0"),  # as who decided called it; 0 unsaid
    Column("opinions", Text, nullable=False),  # JSON: what the desk said of the contents before
    UniqueConstraint("work_id", "by_id", "key"),
    Index(None, "by_id", "at_us"),
    Index(None, "follows"),
    sqlite_autoincrement=True,
)
# state: waiting | done | refused | void.
second_look = Table(
    "second_look",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("work_id", BigInteger),
    Column("payload", Text, nullable=False),  # JSON, read by who carries it out
    Column("state", Text, nullable=False),
    Column("first_id", BigInteger, nullable=False),
    Column("first_name", Text, nullable=False),
    Column("first_answer", Text, nullable=False),
    Column("first_reason", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("second_id", BigInteger),
    Column("second_name", Text),
    Column("second_yes", Integer),
    Column("answered_us", BigInteger),
    Column("override_reason", Text),
    Index(None, "state", "id"),
    Index(None, "work_id"),
    sqlite_autoincrement=True,
)


# --- decisions


def add_decision(connection: Connection, values: Mapping[str, Any]) -> int:
    """The number of the new decision."""
    return int(connection.execute(insert(decision).values(**values).returning(decision.c.id)).scalar_one())


def decision_by_id(connection: Connection, decision_id: int) -> AnyRow | None:
    """One decision."""
    if not 0 < decision_id < 2**63:
        return None
    return connection.execute(select(decision).where(decision.c.id == decision_id)).first()


def decision_by_key(connection: Connection, work_id: int, by_id: int, key: str) -> AnyRow | None:
    """What this person decided of this work under this key."""
    same = (decision.c.work_id == work_id, decision.c.by_id == by_id, decision.c.key == key)
    return connection.execute(select(decision).where(*same)).first()


def waiting_decisions(connection: Connection, work_id: int) -> Sequence[AnyRow]:
    """The first answers on a work that wait for a second."""
    return connection.execute(select(decision).where(decision.c.work_id == work_id, decision.c.state == "waits")).all()


def waits_of(connection: Connection, work_id: int, by_id: int) -> bool:
    """Whether this person's answer on a work waits for a second."""
    same = (decision.c.work_id == work_id, decision.c.by_id == by_id, decision.c.state == "waits")
    return connection.execute(select(decision.c.id).where(*same).limit(1)).first() is not None


def set_decision(connection: Connection, decision_id: int, values: Mapping[str, Any]) -> None:
    """Change ``state`` or ``undone_by``."""
    connection.execute(update(decision).where(decision.c.id == decision_id).values(**values))


def decisions_of(connection: Connection, work_id: int, limit: int) -> Sequence[AnyRow]:
    """The newest decisions on a work, oldest first."""
    query = select(decision).where(decision.c.work_id == work_id).order_by(decision.c.id.desc()).limit(limit)
    return list(reversed(connection.execute(query).all()))


def decisions_before(connection: Connection, before: int | None, limit: int) -> Sequence[AnyRow]:
    """Decisions with numbers under ``before`` that do not wait for a second person, newest first."""
    query = select(decision).where(decision.c.state != "waits").order_by(decision.c.id.desc()).limit(limit)
    return connection.execute(query if before is None else query.where(decision.c.id < before)).all()


def followers(connection: Connection, decision_id: int) -> Sequence[AnyRow]:
    """The decisions that followed this one by rule and stand."""
    query = select(decision).where(decision.c.follows == decision_id, decision.c.state == "stands")
    return connection.execute(query.order_by(decision.c.id.desc())).all()


def still_undoable(connection: Connection, by_id: int, now_us: int, limit: int) -> Sequence[AnyRow]:
    """This person's decisions that can still be taken back, newest first."""
    query = select(decision).where(decision.c.by_id == by_id, decision.c.undo_until_us >= now_us)
    query = query.where(decision.c.answer != "undo", decision.c.state.in_(("stands", "waits")))
    return connection.execute(query.order_by(decision.c.id.desc()).limit(limit)).all()


def count_undone_requests(connection: Connection, by_id: int, since_us: int) -> int:
    """How often this person took back a confirmation against which a request stood, since then."""
    query = select(func.count()).select_from(decision)
    query = query.where(decision.c.by_id == by_id, decision.c.at_us > since_us)
    return int(
        connection.execute(query.where(decision.c.answer == "undo", decision.c.against_request == 1)).scalar_one()
    )


def count_overrides(connection: Connection) -> int:
    """How often an admin decided alone what two should."""
    query = select(func.count()).select_from(second_look).where(second_look.c.override_reason.is_not(None))
    return int(connection.execute(query).scalar_one())


# --- what waits for a second person


def add_second(connection: Connection, values: Mapping[str, Any]) -> int:
    """The number of the new question."""
    return int(connection.execute(insert(second_look).values(**values).returning(second_look.c.id)).scalar_one())


def second_by_id(connection: Connection, second_id: int) -> AnyRow | None:
    """One question."""
    if not 0 < second_id < 2**63:
        return None
    return connection.execute(select(second_look).where(second_look.c.id == second_id)).first()


def waiting_of(connection: Connection, kind: str, subject: str) -> AnyRow | None:
    """What waits of this kind about this subject."""
    same = (second_look.c.kind == kind, second_look.c.subject == subject, second_look.c.state == "waiting")
    return connection.execute(select(second_look).where(*same).order_by(second_look.c.id).limit(1)).first()


def asked_of(connection: Connection, kind: str, subject: str, first_id: int) -> AnyRow | None:
    """What this person asked of this kind about this subject, answered or not."""
    same = (second_look.c.kind == kind, second_look.c.subject == subject, second_look.c.first_id == first_id)
    return connection.execute(select(second_look).where(*same).order_by(second_look.c.id).limit(1)).first()


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who may answer second: questions that others asked, of these kinds, about works of these kinds or none."""

    staff_id: int
    kinds: Collection[str]
    work_kinds: Collection[str]


def waiting_for(connection: Connection, who: Answerer, after: int, limit: int) -> Sequence[AnyRow]:
    """What waits for one of the staff, with numbers over ``after``, oldest first."""
    seen = or_(second_look.c.work_id.is_(None), work.c.kind.in_(who.work_kinds))
    query = select(second_look).outerjoin(work, work.c.id == second_look.c.work_id)
    query = query.where(second_look.c.state == "waiting", second_look.c.id > after, second_look.c.kind.in_(who.kinds))
    query = query.where(second_look.c.first_id != who.staff_id, seen)
    return connection.execute(query.order_by(second_look.c.id).limit(limit)).all()


def waiting_by(connection: Connection, staff_id: int, after: int, limit: int) -> Sequence[AnyRow]:
    """What waits that this person asked, with numbers over ``after``, oldest first."""
    query = select(second_look).where(second_look.c.state == "waiting", second_look.c.id > after)
    query = query.where(second_look.c.first_id == staff_id)
    return connection.execute(query.order_by(second_look.c.id).limit(limit)).all()


def waiting_among(connection: Connection, kind: str, subjects: Sequence[str]) -> set[str]:
    """Those of the subjects about which a question of this kind waits."""
    found: set[str] = set()
    for part in parts(subjects):
        same = (second_look.c.state == "waiting", second_look.c.kind == kind, second_look.c.subject.in_(part))
        found.update(connection.execute(select(second_look.c.subject).where(*same)).scalars())
    return found


def set_second(connection: Connection, second_id: int, values: Mapping[str, Any]) -> None:
    """Change columns of a question."""
    connection.execute(update(second_look).where(second_look.c.id == second_id).values(**values))


def overrides(connection: Connection, before: int | None, limit: int) -> Sequence[AnyRow]:
    """What an admin decided alone, with numbers under ``before``, newest first."""
    query = select(second_look).where(second_look.c.override_reason.is_not(None))
    query = query if before is None else query.where(second_look.c.id < before)
    return connection.execute(query.order_by(second_look.c.id.desc()).limit(limit)).all()
