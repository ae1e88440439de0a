"""The SQL of what is read of cases, for showing and for the desk. Private to the room; writes nothing."""

from collections.abc import Sequence

from sqlalchemy import Connection, ScalarSelect, exists, func, or_, select

from amparo.cases import rows
from amparo.cases.model import MINOR, CaseFilter
from amparo.store.db import AnyRow


def case_by_id(connection: Connection, case_id: int) -> AnyRow | None:
    """One case or tip by its number."""
    return connection.execute(select(rows.desk_case).where(rows.desk_case.c.id == case_id)).first()


def cases_before(connection: Connection, before: int | None, limit: int, *, sealed: bool) -> Sequence[AnyRow]:
    """Up to ``limit`` cases and tips, newest first. sealed: sealed tips in place of all else."""
    query = select(rows.desk_case).where(rows.desk_case.c.is_sealed_tip == int(sealed))
    if before is not None:
        query = query.where(rows.desk_case.c.id < before)
    return connection.execute(query.order_by(rows.desk_case.c.id.desc()).limit(limit)).all()


def cases_like(connection: Connection, wanted: CaseFilter, before: int | None, limit: int) -> Sequence[AnyRow]:
    """As ``cases_before``, those alone that are wanted; never a sealed tip."""
    one = rows.desk_case
    query = select(one).where(one.c.is_sealed_tip == 0)
    if before is not None:
        query = query.where(one.c.id < before)
    if wanted.kind is not None:
        query = query.where(one.c.kind == wanted.kind)
    if wanted.may_be_minor:
        query = query.where(or_(one.c.minor_us.is_not(None), one.c.age.in_(sorted(MINOR))))
    if wanted.entered_by_helper:
        query = query.where(one.c.entered_by.is_not(None))
    if wanted.found:
        query = query.where(exists().where(rows.case_match.c.case_id == one.c.id))
    if wanted.waits:
        query = query.where(_last_word("person") > func.coalesce(_last_word("desk"), 0))
    return connection.execute(query.order_by(one.c.id.desc()).limit(limit)).all()


def _last_word(direction: str) -> ScalarSelect[int]:
    said = rows.case_message.c
    last = select(func.max(said.at_us)).where(said.case_id == rows.desk_case.c.id, said.direction == direction)
    return last.scalar_subquery()


def count_sealed(connection: Connection) -> int:
    """How many tips are sealed."""
    query = select(func.count()).select_from(rows.desk_case).where(rows.desk_case.c.is_sealed_tip == 1)
    return int(connection.execute(query).scalar_one())


def count_due(connection: Connection) -> int:
    """How many cases wait to be shown."""
    query = select(func.count()).select_from(rows.desk_case).where(rows.desk_case.c.is_due == 1)
    return int(connection.execute(query).scalar_one())


def states_of(connection: Connection, case_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """How many files of each case are in each state."""
    query = select(rows.case_item.c.case_id, rows.case_item.c.state, func.count().label("number"))
    query = query.where(rows.case_item.c.case_id.in_(case_ids)).group_by(rows.case_item.c.case_id, rows.case_item.c.state)  # fmt: skip
    found: dict[int, dict[str, int]] = {}
    for row in connection.execute(query):
        found.setdefault(row.case_id, {})[row.state] = row.number
    return found


def messages_of(connection: Connection, case_id: int) -> Sequence[AnyRow]:
    """Both sides' messages, oldest first."""
    query = select(rows.case_message).where(rows.case_message.c.case_id == case_id)
    return connection.execute(query.order_by(rows.case_message.c.at_us, rows.case_message.c.uid)).all()


def places_of(connection: Connection, case_id: int) -> Sequence[AnyRow]:
    """The places, by number."""
    query = select(rows.case_place).where(rows.case_place.c.case_id == case_id)
    return connection.execute(query.order_by(rows.case_place.c.number)).all()


def consents_of(connection: Connection, case_id: int) -> Sequence[AnyRow]:
    """What she consented to, and not."""
    query = select(rows.case_consent).where(rows.case_consent.c.case_id == case_id)
    return connection.execute(query.order_by(rows.case_consent.c.purpose)).all()


def matches_of(connection: Connection, case_id: int) -> Sequence[AnyRow]:
    """How often each file was met, and where."""
    query = select(rows.case_match).where(rows.case_match.c.case_id == case_id)
    return connection.execute(query.order_by(rows.case_match.c.number, rows.case_match.c.client)).all()


def outcomes_of(connection: Connection, case_id: int) -> Sequence[AnyRow]:
    """What came of each file, and where."""
    query = select(rows.case_outcome).where(rows.case_outcome.c.case_id == case_id)
    return connection.execute(query.order_by(rows.case_outcome.c.number, rows.case_outcome.c.at_us)).all()


def openings_of(connection: Connection, staff_id: int, now_us: int) -> Sequence[AnyRow]:
    """uid, until_us of the sealed tips that are open for one of the staff."""
    opening = rows.tip_opening
    query = select(rows.desk_case.c.uid, opening.c.until_us).join(opening, opening.c.case_id == rows.desk_case.c.id)
    return connection.execute(query.where(opening.c.staff_id == staff_id, opening.c.until_us > now_us)).all()


def opened_after(connection: Connection, case_id: int, limit: int) -> Sequence[AnyRow]:
    """Up to ``limit`` cases and tips with ids over ``case_id``, by id; sealed tips are left out."""
    query = select(rows.desk_case).where(rows.desk_case.c.id > case_id, rows.desk_case.c.is_sealed_tip == 0)
    return connection.execute(query.order_by(rows.desk_case.c.id).limit(limit)).all()


def count_places(connection: Connection, case_id: int) -> int:
    """How many places she named."""
    query = select(func.count()).select_from(rows.case_place).where(rows.case_place.c.case_id == case_id)
    return int(connection.execute(query).scalar_one())


def contact_of(connection: Connection, case_id: int) -> AnyRow | None:
    """How she may be reached."""
    return connection.execute(select(rows.case_contact).where(rows.case_contact.c.case_id == case_id)).first()


def log_of(connection: Connection, case_id: int) -> Sequence[AnyRow]:
    """The timeline, oldest first."""
    query = select(rows.case_log).where(rows.case_log.c.case_id == case_id)
    return connection.execute(query.order_by(rows.case_log.c.id)).all()


def last_receipt(connection: Connection, case_id: int) -> AnyRow | None:
    """The newest receipt the desk made, None where her first is in force."""
    query = select(rows.case_receipt).where(rows.case_receipt.c.case_id == case_id)
    return connection.execute(query.order_by(rows.case_receipt.c.number.desc()).limit(1)).first()
