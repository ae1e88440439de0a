"""The SQL of what matchers read of the banks' tables, and of what checks count. Private to the room; writes nothing."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Connection, bindparam, case, false, func, select

from amparo.banks import rows
from amparo.store.db import AnyRow
from amparo.store.many import parts

NEWEST = select(
    func.max(rows.change.c.seq), func.max(case((rows.change.c.signal_first.is_(None), rows.change.c.seq)))
).where(rows.change.c.seq >= bindparam("known", type_=BigInteger))
"""The newest change from ``known`` on, and the newest that names no signals; null where there is none."""


def last_change(connection: Connection) -> int:
    """The newest seq, 0 when nothing was ever listed."""
    return int(connection.execute(select(func.coalesce(func.max(rows.change.c.seq), 0))).scalar_one())


def changes_after(connection: Connection, seq: int, limit: int) -> Sequence[AnyRow]:
    """Up to ``limit`` changes over ``seq``, in order."""
    return connection.execute(
        select(rows.change).where(rows.change.c.seq > seq).order_by(rows.change.c.seq).limit(limit)
    ).all()


def changed_after(connection: Connection, seq: int, signal_last: int) -> AnyRow:
    """ids: how many signals the changes over ``seq`` name. old: whether any of them is not over ``signal_last``."""
    query = select(
        func.coalesce(func.sum(rows.change.c.signal_last - rows.change.c.signal_first + 1), 0).label("ids"),
        func.coalesce(func.min(rows.change.c.signal_first) <= signal_last, false()).label("old"),
    )
    return connection.execute(query.where(rows.change.c.seq > seq)).one()


_CODES = select(rows.signal.c.id, rows.signal.c.kind, rows.signal.c.code)


def signals_between(
    connection: Connection, first: int, last: int, kinds: Sequence[str] | None = None
) -> Sequence[AnyRow]:
    """id, kind and code of the signals there are with ids from ``first`` to ``last``, of some ``kinds`` or of all."""
    query = _CODES.where(rows.signal.c.id.between(first, last))
    return connection.execute(query if kinds is None else query.where(rows.signal.c.kind.in_(kinds))).all()


def signals_among(connection: Connection, signal_ids: Sequence[int]) -> list[AnyRow]:
    """As ``signals_between``, of single ids."""
    found: list[AnyRow] = []
    for part in parts(signal_ids):
        found += connection.execute(_CODES.where(rows.signal.c.id.in_(part))).all()
    return found


def listed_after(connection: Connection, bank_id: int, after: int, since_us: int, limit: int) -> Sequence[int]:
    """Ids over ``after`` of the bank's live contents that were listed since then, by id."""
    query = select(rows.content.c.id).where(rows.content.c.bank_id == bank_id, rows.content.c.id > after)
    query = query.where(rows.content.c.withdrawn_us.is_(None), rows.content.c.created_us >= since_us)
    return connection.execute(query.order_by(rows.content.c.id).limit(limit)).scalars().all()


def given_signals(connection: Connection) -> int:
    """The highest signal id ever given, 0 when none was."""
    found = select(rows.counter.c.next).where(rows.counter.c.name == "signal")
    return int(connection.execute(found).scalar_one()) - 1


def last_signal(connection: Connection) -> int:
    """The highest signal id there is, 0 when there is none."""
    return int(connection.execute(select(func.coalesce(func.max(rows.signal.c.id), 0))).scalar_one())


_CANDIDATES = (  # made once: for a lone hit, making a statement costs more than running it
    select(
        rows.signal.c.id.label("signal_id"),
        rows.signal.c.kind,
        rows.content.c.id.label("content_id"),
        rows.content.c.origin,
        rows.content.c.disable_until_us,
        rows.content.c.flooded_us,
        rows.bank,
    )
    .join_from(rows.signal, rows.content)
    .join(rows.bank)
    .where(rows.content.c.withdrawn_us.is_(None), rows.bank.c.deleted_us.is_(None))
    .where(rows.signal.c.id.in_(bindparam("ids", expanding=True)))
)


def candidates(connection: Connection, signal_ids: Sequence[int]) -> list[AnyRow]:
    """The live signals among these, with content and bank."""
    found: list[AnyRow] = []
    for part in parts(signal_ids):
        found += connection.execute(_CANDIDATES, {"ids": part}).all()
    return found


def withdrawn_among(connection: Connection, content_ids: Sequence[int]) -> set[int]:
    """Which of these contents stand no more."""
    found: set[int] = set()
    for part in parts(content_ids):
        query = select(rows.content.c.id).where(rows.content.c.id.in_(part), rows.content.c.withdrawn_us.is_not(None))
        found.update(connection.execute(query).scalars())
    return found


# --- what checks count


def count_signals(connection: Connection) -> dict[str, int]:
    """Signals by kind."""
    found = connection.execute(select(rows.signal.c.kind, func.count().label("number")).group_by(rows.signal.c.kind))
    return {row.kind: row.number for row in found}


def count_left_behind(connection: Connection) -> int:
    """Signals of withdrawn contents."""
    query = (
        select(func.count()).select_from(rows.signal).join(rows.content).where(rows.content.c.withdrawn_us.is_not(None))
    )
    return int(connection.execute(query).scalar_one())


def latest_us(connection: Connection) -> int:
    """The newest listing or withdrawal, 0 when there is none."""
    query = select(
        func.coalesce(func.max(rows.content.c.created_us), 0), func.coalesce(func.max(rows.content.c.withdrawn_us), 0)
    )
    return int(max(connection.execute(query).one()))


def newest_us(connection: Connection) -> int:
    """When the content of the highest id was listed, 0 when there is none."""
    query = select(rows.content.c.created_us).order_by(rows.content.c.id.desc()).limit(1)
    return int(connection.execute(query).scalar() or 0)
