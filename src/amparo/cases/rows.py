"""The tables of the cases room and the SQL of taking and showing. Private to the room, as reading_rows.py is."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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
    UniqueConstraint,
    case,
    delete,
    func,
    insert,
    select,
    update,
)

from amparo.store.db import LEDGER, ROW_ID, AnyRow
from amparo.store.many import insert_many, parts

# "case" is a word of SQL's own.
desk_case = Table(
    "desk_case",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("uid", Text, nullable=False),
    Column("envelope_uid", Text, nullable=False),
    Column("epoch", Text, nullable=False),  # of the intake where she looks
    Column("kind", Text, nullable=False),  # case | tip
    Column("age", Text),
    Column("happened", Text, nullable=False),  # JSON list
    Column("about", Text),  # of a tip
    Column("language", Text, nullable=False),
    Column("entered_by", BigInteger),  # the helper's key
    Column("recipient", Text, nullable=False),  # public half of the key that her receipt opens
    Column("signers", Text, nullable=False),  # JSON list: public halves of what proves what is sent of it, by receipt
    Column("bank", Text),
    Column("is_sealed_tip", Integer, nullable=False),
    Column("opened_us", BigInteger, nullable=False),
    Column("taken_back_uid", Text),  # the envelope with which she took back all of it
    Column("taken_back_us", BigInteger),
    Column("minor_us", BigInteger),  # since when staff hold that it may show somebody under 18, whatever she stated
    Column("version", BigInteger, nullable=False),
    Column("is_due", Integer, nullable=False),  # what there is now was not shown yet
    UniqueConstraint("uid"),
    Index(None, "is_due", "epoch", "id"),
    sqlite_autoincrement=True,
)
case_item = Table(
    "case_item",
    LEDGER,
    Column("case_id", ForeignKey("desk_case.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("medium", Text, nullable=False),
    Column("content_id", ForeignKey("content.id")),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("change", BigInteger),  # of the withdrawal
    Column("at_us", BigInteger, nullable=False),
    UniqueConstraint("content_id"),
    Index(None, "state"),
)
case_place = Table(
    "case_place",
    LEDGER,
    Column("case_id", ForeignKey("desk_case.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)
case_consent = Table(
    "case_consent",
    LEDGER,
    Column("case_id", ForeignKey("desk_case.id"), primary_key=True),
    Column("purpose", Text, primary_key=True),
    Column("given", Integer, nullable=False),
    Column("text_version", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)
case_message = Table(
    "case_message",
    LEDGER,
    Column("uid", Text, primary_key=True),
    Column("case_id", ForeignKey("desk_case.id"), nullable=False),
    Column("direction", Text, nullable=False),  # person | desk
    Column("sealed", LargeBinary, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index(None, "case_id", "at_us"),
)
case_contact = Table(
    "case_contact",
    LEDGER,
    Column("case_id", ForeignKey("desk_case.id"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)
case_match = Table(
    "case_match",
    LEDGER,
    Column("case_id", ForeignKey("desk_case.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("client", Text, primary_key=True),
    Column("times", BigInteger, nullable=False),
    Column("last_event_id", BigInteger, nullable=False),
    Column("last_us", BigInteger, nullable=False),
)
# One row for each state at each client: the last time it came to that, and how often.
case_outcome = Table(
    "case_outcome",
    LEDGER,
    Column("case_id", ForeignKey("desk_case.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("client", Text, primary_key=True),
    Column("state", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("cause", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)
# For whom a sealed tip is open, and until when.
tip_opening = Table(
    "tip_opening",
    LEDGER,
    Column("case_id", ForeignKey("desk_case.id"), primary_key=True),
    Column("staff_id", BigInteger, primary_key=True, autoincrement=False),
    Column("until_us", BigInteger, nullable=False),
    Index(None, "staff_id", "until_us"),
)
# The receipts the desk made, from 1; the first of a case stands in intake alone.
case_receipt = Table(
    "case_receipt",
    LEDGER,
    Column("case_id", ForeignKey("desk_case.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("verifier", LargeBinary, nullable=False),
    Column("sealed_identity", LargeBinary, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("made_us", BigInteger, nullable=False),
)
case_log = Table(
    "case_log",
    LEDGER,
    Column("id", ROW_ID, primary_key=True),
    Column("case_id", ForeignKey("desk_case.id"), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Index(None, "case_id", "id"),
)


# --- cases


def case_by_uid(connection: Connection, uid: str) -> AnyRow | None:
    """One case or tip."""
    return connection.execute(select(desk_case).where(desk_case.c.uid == uid)).first()


def cases_by_id(connection: Connection, case_ids: Sequence[int]) -> list[AnyRow]:
    """These cases."""
    found: list[AnyRow] = []
    for part in parts(case_ids):
        found += connection.execute(select(desk_case).where(desk_case.c.id.in_(part)).order_by(desk_case.c.id)).all()
    return found


def ages_in(connection: Connection, bank: str) -> set[str]:
    """The ages that hold in the cases that were listed in a bank of this name: as stated, unless staff marked the case."""
    age = case((desk_case.c.minor_us.is_(None), desk_case.c.age), else_="minor_possible").label("age")
    query = select(age).distinct().where(func.lower(desk_case.c.bank) == bank.lower())
    return {row.age for row in connection.execute(query)}


def add_case(connection: Connection, values: Mapping[str, Any]) -> int:
    """The number of the new case."""
    return int(connection.execute(insert(desk_case).values(**values).returning(desk_case.c.id)).scalar_one())


def seen_in(connection: Connection, case_id: int, epoch: str) -> None:
    """It came by this queue again: she looks there, and perhaps nothing was shown there yet."""
    connection.execute(update(desk_case).where(desk_case.c.id == case_id).values(epoch=epoch, is_due=1))


def follow_epoch(connection: Connection, before: str, now: str) -> None:
    """The intake of that epoch has this one since its restore, and may show something older."""
    changed = {"epoch": now, "is_due": 1}
    connection.execute(update(desk_case).where(desk_case.c.epoch == before).values(**changed))


def take_back(connection: Connection, case_id: int, envelope_uid: str, at_us: int) -> None:
    """She took back all of it; what stands of an earlier time stays."""
    changed = {"taken_back_uid": envelope_uid, "taken_back_us": at_us}
    query = update(desk_case).where(desk_case.c.id == case_id, desk_case.c.taken_back_uid.is_(None))
    connection.execute(query.values(**changed))


def touch(connection: Connection, case_id: int) -> None:
    """Something to be shown changed."""
    changed = {"version": desk_case.c.version + 1, "is_due": 1}
    connection.execute(update(desk_case).where(desk_case.c.id == case_id).values(**changed))


def set_keys(connection: Connection, case_id: int, recipient: str, signers: str) -> None:
    """From now on what is for her is sealed to this key, and what comes from her is proved by one of these."""
    changed = {"recipient": recipient, "signers": signers}
    connection.execute(update(desk_case).where(desk_case.c.id == case_id).values(**changed))


def log(connection: Connection, case_id: int, at_us: int, what: str, cause: str = "") -> None:
    """A line of the timeline."""
    connection.execute(insert(case_log).values(case_id=case_id, at_us=at_us, what=what, cause=cause))


def log_once(connection: Connection, case_id: int, at_us: int, what: str, cause: str) -> None:
    """A line of the timeline, unless that cause has one there already."""
    query = select(case_log.c.id).where(case_log.c.case_id == case_id, case_log.c.cause == cause)
    if connection.execute(query).first() is None:
        log(connection, case_id, at_us, what, cause)


def add_items(connection: Connection, values: Sequence[Mapping[str, Any]]) -> None:
    """The files of a new case."""
    insert_many(connection, case_item, values)


def add_places(connection: Connection, values: Sequence[Mapping[str, Any]]) -> None:
    """The places of a new case."""
    insert_many(connection, case_place, values)


def add_consents(connection: Connection, values: Sequence[Mapping[str, Any]]) -> None:
    """What she consented to, and not."""
    insert_many(connection, case_consent, values)


def add_message(connection: Connection, values: Mapping[str, Any]) -> bool:
    """Keep a message; False when it is there already."""
    there = connection.execute(select(case_message.c.uid).where(case_message.c.uid == values["uid"])).first()
    if there is None:
        connection.execute(insert(case_message).values(**values))
    return there is None


def set_sealed(connection: Connection, case_id: int, uid: str, sealed: bytes) -> None:
    """Another sealing of the same words of the desk's."""
    same = (case_message.c.uid == uid, case_message.c.case_id == case_id, case_message.c.direction == "desk")
    connection.execute(update(case_message).where(*same).values(sealed=sealed))


def set_contact(connection: Connection, case_id: int, sealed: bytes | None, at_us: int) -> None:
    """How she may be reached, in the place of what was; None: not at all."""
    connection.execute(delete(case_contact).where(case_contact.c.case_id == case_id))
    if sealed is not None:
        connection.execute(insert(case_contact).values(case_id=case_id, sealed=sealed, at_us=at_us))


def add_outcome(connection: Connection, key: tuple[int, int, str, str], values: Mapping[str, Any]) -> bool:
    """Count one more of key: case, number of the file, client, state. values: reason, cause, at_us. False: that cause is told already."""
    same = [column == value for column, value in zip(case_outcome.primary_key.columns.values(), key, strict=True)]
    there = connection.execute(select(case_outcome.c.cause).where(*same)).first()
    if there is not None and there.cause == values["cause"]:
        return False
    if there is not None:
        connection.execute(update(case_outcome).where(*same).values(times=case_outcome.c.times + 1, **values))
    else:
        named = dict(zip(("case_id", "number", "client", "state"), key, strict=True))
        connection.execute(insert(case_outcome).values(**named, times=1, **values))
    return True


def open_tip(connection: Connection, case_id: int, staff_id: int, until_us: int) -> None:
    """The tip is open for one of the staff until then."""
    same = (tip_opening.c.case_id == case_id, tip_opening.c.staff_id == staff_id)
    if connection.execute(update(tip_opening).where(*same).values(until_us=until_us)).rowcount == 0:
        connection.execute(insert(tip_opening).values(case_id=case_id, staff_id=staff_id, until_us=until_us))


def set_minor(connection: Connection, case_id: int, minor_us: int | None, bank: str | None) -> None:
    """Staff mark it, or take the mark away; its contents stand in that bank now."""
    connection.execute(update(desk_case).where(desk_case.c.id == case_id).values(minor_us=minor_us, bank=bank))


def add_receipt(connection: Connection, values: Mapping[str, Any]) -> None:
    """A receipt the desk made."""
    connection.execute(insert(case_receipt).values(**values))


# --- items and what comes of them


def items_of(connection: Connection, case_id: int) -> Sequence[AnyRow]:
    """The files of a case, by number."""
    query = select(case_item).where(case_item.c.case_id == case_id)
    return connection.execute(query.order_by(case_item.c.number)).all()


def set_item(connection: Connection, case_id: int, number: int, values: Mapping[str, Any]) -> None:
    """A file stands otherwise."""
    connection.execute(
        update(case_item).where(case_item.c.case_id == case_id, case_item.c.number == number).values(**values)
    )


def items_in(connection: Connection, state: str) -> Sequence[AnyRow]:
    """The files in this state, of all cases."""
    query = select(case_item).where(case_item.c.state == state)
    return connection.execute(query.order_by(case_item.c.case_id, case_item.c.number)).all()


def listed_after(connection: Connection, content_id: int, limit: int) -> Sequence[AnyRow]:
    """Up to ``limit`` files that are listed, by content, with ids over ``content_id``."""
    query = select(case_item).where(case_item.c.state == "listed", case_item.c.content_id > content_id)
    return connection.execute(query.order_by(case_item.c.content_id).limit(limit)).all()


def items_of_contents(connection: Connection, content_ids: Sequence[int]) -> dict[int, AnyRow]:
    """The files behind these contents, by content."""
    found: dict[int, AnyRow] = {}
    for part in parts(content_ids):
        query = select(case_item).where(case_item.c.content_id.in_(part))
        found.update((row.content_id, row) for row in connection.execute(query))
    return found


def add_match(connection: Connection, key: tuple[int, int, str], times: int, event: tuple[int, int]) -> None:
    """Count ``times`` more. key: case, number of the file, client. event: id and time of the last of them."""
    case_id, number, client = key
    same = (case_match.c.case_id == case_id, case_match.c.number == number, case_match.c.client == client)
    last = {"last_event_id": event[0], "last_us": event[1]}
    done = connection.execute(update(case_match).where(*same).values(times=case_match.c.times + times, **last))
    if done.rowcount == 0:
        first = {"case_id": case_id, "number": number, "client": client, "times": times}
        connection.execute(insert(case_match).values(**first, **last))


# --- showing


def due(connection: Connection, epoch: str, after: int, limit: int) -> Sequence[AnyRow]:
    """Up to ``limit`` cases of this intake with ids over ``after`` of which something was not shown yet."""
    query = select(desk_case).where(desk_case.c.is_due == 1, desk_case.c.epoch == epoch, desk_case.c.id > after)
    return connection.execute(query.order_by(desk_case.c.id).limit(limit)).all()


def shown(connection: Connection, versions: Iterable[tuple[int, int]]) -> None:
    """These cases (id, version) are shown as they were then."""
    for case_id, version in versions:
        same = (desk_case.c.id == case_id, desk_case.c.version == version)
        connection.execute(update(desk_case).where(*same).values(is_due=0))
