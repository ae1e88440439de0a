"""The tables of the intake database and all SQL on them. Private to the room; no text in the clear ever comes here."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from amparo.store.db import INTAKE, ROW_ID, AnyRow
from amparo.store.many import insert_many

META_ID = 1


def _case_uid(*, is_key: bool = True) -> Column[Any]:
    return Column("case_uid", ForeignKey("receipt.case_uid"), primary_key=is_key, nullable=False)


# One row. epoch: drawn anew by a restore. taken_seq: up to which envelope the desk has everything. receipt_check: of the pepper.
meta = Table(
    "meta",
    INTAKE,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", Text, nullable=False),
    Column("taken_seq", BigInteger, nullable=False),
    Column("receipt_check", Text, nullable=False),
)
draft = Table(
    "draft",
    INTAKE,
    Column("session_digest", LargeBinary(32), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("touched_us", BigInteger, nullable=False),
    Index("ix_draft_touched_us", "touched_us"),
)
draft_file = Table(
    "draft_file",
    INTAKE,
    Column("session_digest", ForeignKey("draft.session_digest"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("codes", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
receipt = Table(
    "receipt",
    INTAKE,
    Column("case_uid", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("verifier", LargeBinary(32), nullable=False),
    Column("sealed_identity", LargeBinary, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("made_us", BigInteger, nullable=False),
    UniqueConstraint("verifier"),
)
envelope = Table(
    "envelope",
    INTAKE,
    Column("seq", ROW_ID, primary_key=True),
    Column("uid", Text, nullable=False),
    Column("kind", Text, nullable=False),
    _case_uid(is_key=False),
    Column("body", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    UniqueConstraint("uid"),
    Index("ix_envelope_case_uid", "case_uid"),
    sqlite_autoincrement=True,  # a number once given to an envelope is never given again
)
file = Table(
    "file",
    INTAKE,
    _case_uid(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("medium", Text, nullable=False),
    Column("shorts", Text, nullable=False),
)
place = Table(
    "place",
    INTAKE,
    _case_uid(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)
consent = Table(
    "consent",
    INTAKE,
    _case_uid(),
    Column("purpose", Text, primary_key=True),
    Column("given", Integer, nullable=False),
    Column("text_version", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)
# ordinal: the place in what the desk shows; a file may be listed, and matched at two clients
state = Table(
    "state",
    INTAKE,
    _case_uid(),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("subject", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("cause", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("times", Integer, nullable=False),
)
message = Table(
    "message",
    INTAKE,
    Column("uid", Text, primary_key=True),
    _case_uid(is_key=False),
    Column("direction", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Index("ix_message_case_uid", "case_uid"),
)
shown = Table("shown", INTAKE, _case_uid(), Column("version", BigInteger, nullable=False))
helper = Table(
    "helper",
    INTAKE,
    Column("id", ROW_ID, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary(32), nullable=False),
    UniqueConstraint("digest"),
)
contact = Table("contact", INTAKE, _case_uid(), Column("sealed", LargeBinary, nullable=False))


# --- the one row


def meta_of(connection: Connection) -> AnyRow | None:
    """epoch, taken_seq, receipt_check; None in a new database."""
    return connection.execute(select(meta.c.epoch, meta.c.taken_seq, meta.c.receipt_check)).first()


def put_meta(connection: Connection, values: Mapping[str, object]) -> None:
    """Set columns of the row; made when it is not there, and then all must be named."""
    if connection.execute(update(meta).values(**values)).rowcount == 0:
        connection.execute(insert(meta).values(id=META_ID, **values))


def take(connection: Connection, seq: int) -> None:
    """Everything up to ``seq`` is the desk's; never less than before."""
    connection.execute(update(meta).where(meta.c.taken_seq < seq).values(taken_seq=seq))


# --- drafts


def draft_of(connection: Connection, digest: bytes, since_us: int) -> bytes | None:
    """What is sealed of a draft touched after ``since_us``."""
    found = select(draft.c.sealed).where(draft.c.session_digest == digest, draft.c.touched_us > since_us)
    return connection.execute(found).scalar()


def add_draft(connection: Connection, digest: bytes, sealed: bytes, now_us: int) -> None:
    """A new one."""
    connection.execute(insert(draft).values(session_digest=digest, sealed=sealed, touched_us=now_us))


def put_draft(connection: Connection, digest: bytes, sealed: bytes, now_us: int) -> None:
    """In place of what stood there."""
    connection.execute(update(draft).where(draft.c.session_digest == digest).values(sealed=sealed, touched_us=now_us))


def touch_draft(connection: Connection, digest: bytes, now_us: int) -> None:
    """It was used just now."""
    connection.execute(update(draft).where(draft.c.session_digest == digest).values(touched_us=now_us))


def delete_draft(connection: Connection, digest: bytes) -> None:
    """It and its files."""
    delete_draft_files(connection, digest)
    connection.execute(delete(draft).where(draft.c.session_digest == digest))


def delete_drafts_before(connection: Connection, since_us: int) -> int:
    """All that were not touched after ``since_us``; how many."""
    old = select(draft.c.session_digest).where(draft.c.touched_us <= since_us)
    connection.execute(delete(draft_file).where(draft_file.c.session_digest.in_(old)))
    return connection.execute(delete(draft).where(draft.c.touched_us <= since_us)).rowcount


def count_drafts(connection: Connection) -> int:
    """How many there are, idle ones too."""
    return int(connection.execute(select(func.count()).select_from(draft)).scalar_one())


def draft_files(connection: Connection, digest: bytes) -> Sequence[AnyRow]:
    """number, sealed; by number."""
    found = select(draft_file.c.number, draft_file.c.sealed).where(draft_file.c.session_digest == digest)
    return connection.execute(found.order_by(draft_file.c.number)).all()


def draft_file_of(connection: Connection, digest: bytes, number: int) -> bytes | None:
    """What is sealed of one file."""
    found = select(draft_file.c.sealed).where(draft_file.c.session_digest == digest, draft_file.c.number == number)
    return connection.execute(found).scalar()


def put_draft_file(connection: Connection, digest: bytes, number: int, values: Mapping[str, object]) -> None:
    """codes, sealed of one file; new, or in place of what stood there."""
    there = update(draft_file).where(draft_file.c.session_digest == digest, draft_file.c.number == number)
    if connection.execute(there.values(**values)).rowcount == 0:
        connection.execute(insert(draft_file).values(session_digest=digest, number=number, **values))


def draft_file_totals(connection: Connection, digest: bytes) -> tuple[int, int]:
    """How many files, and how many codes in them."""
    found = select(func.count(), func.coalesce(func.sum(draft_file.c.codes), 0))
    files, codes = connection.execute(found.where(draft_file.c.session_digest == digest)).one()
    return int(files), int(codes)


def delete_draft_files(connection: Connection, digest: bytes, number: int | None = None) -> None:
    """One, or all."""
    gone = delete(draft_file).where(draft_file.c.session_digest == digest)
    connection.execute(gone if number is None else gone.where(draft_file.c.number == number))


# --- what was sent


def receipt_by_verifier(connection: Connection, verifier: bytes) -> AnyRow | None:
    """case_uid, kind, sealed_identity, recipient, number."""
    return connection.execute(_RECEIPTS.where(receipt.c.verifier == verifier)).first()


def receipt_of(connection: Connection, case_uid: str) -> AnyRow | None:
    """As ``receipt_by_verifier``."""
    return connection.execute(_RECEIPTS.where(receipt.c.case_uid == case_uid)).first()


_RECEIPTS: Select[*tuple[Any, ...]] = select(
    receipt.c.case_uid, receipt.c.kind, receipt.c.sealed_identity, receipt.c.recipient, receipt.c.number
)


def add_receipt(connection: Connection, values: Mapping[str, object]) -> None:
    """The receipt of a new case or tip."""
    connection.execute(insert(receipt).values(**values))


def replace_receipt(connection: Connection, case_uid: str, values: Mapping[str, object]) -> None:
    """A new one; the old opens nothing any more."""
    connection.execute(update(receipt).where(receipt.c.case_uid == case_uid).values(**values))


def add_envelope(connection: Connection, values: Mapping[str, object]) -> None:
    """One thing more for the desk."""
    connection.execute(insert(envelope).values(**values))


def count_envelopes_after(connection: Connection, seq: int) -> tuple[int, int | None]:
    """How many, and when the oldest was sent."""
    found = select(func.count(), func.min(envelope.c.at_us)).where(envelope.c.seq > seq)
    count, oldest_us = connection.execute(found).one()
    return int(count), oldest_us


def envelopes_after(connection: Connection, seq: int, limit: int) -> Sequence[AnyRow]:
    """seq, uid, kind, case_uid, at_us and the size of its body in characters; in the order in which they were sent."""
    heads = select(
        *(one for one in envelope.c if one is not envelope.c.body), func.length(envelope.c.body).label("size")
    )
    return connection.execute(heads.where(envelope.c.seq > seq).order_by(envelope.c.seq).limit(limit)).all()


def body_of(connection: Connection, seq: int) -> str:
    """What the envelope holds."""
    return str(connection.execute(select(envelope.c.body).where(envelope.c.seq == seq)).scalar_one())


def bodies_after(connection: Connection, seq: int, case_uid: str, kind: str) -> Sequence[AnyRow]:
    """uid, kind, body, at_us of this case's envelopes of one kind that the desk has not taken."""
    found = select(envelope.c.uid, envelope.c.kind, envelope.c.body, envelope.c.at_us).order_by(envelope.c.seq)
    wanted = (envelope.c.seq > seq, envelope.c.case_uid == case_uid, envelope.c.kind == kind)
    return connection.execute(found.where(*wanted)).all()


def delete_envelopes(connection: Connection, seq: int, before_us: int, kept: Collection[int]) -> int:
    """Those up to ``seq`` sent before then, and the hashes of every case of which something was taken back, but for ``kept``; how many."""
    taken_back = select(envelope.c.case_uid).where(envelope.c.kind == "withdraw", envelope.c.seq <= seq)
    is_old = envelope.c.at_us <= before_us
    is_taken_back = (envelope.c.kind == "case") & envelope.c.case_uid.in_(taken_back)
    gone = delete(envelope).where(envelope.c.seq <= seq, or_(is_old, is_taken_back))
    return connection.execute(gone.where(envelope.c.seq.not_in(sorted(kept)))).rowcount


def has_envelope_from(connection: Connection, seq: int) -> bool:
    """Whether this one, or a later one, is there."""
    return connection.execute(select(envelope.c.seq).where(envelope.c.seq >= seq).limit(1)).first() is not None


# --- what she is shown


def add_all(connection: Connection, table: Table, values: Sequence[Mapping[str, object]]) -> None:
    """Rows of ``file``, ``place``, ``consent``, ``state`` or ``message``."""
    insert_many(connection, table, values)


def of_case(connection: Connection, table: Table, case_uid: str) -> Sequence[AnyRow]:
    """All rows of a case in ``file``, ``place``, ``consent``, ``state`` or ``contact``, by their key."""
    return connection.execute(select(table).where(table.c.case_uid == case_uid).order_by(*table.primary_key)).all()


def delete_of_case(connection: Connection, table: Table, case_uid: str) -> None:
    """All of them."""
    connection.execute(delete(table).where(table.c.case_uid == case_uid))


def messages(connection: Connection, case_uid: str) -> Sequence[AnyRow]:
    """uid, direction, sealed, at_us; oldest first."""
    found = select(message.c.uid, message.c.direction, message.c.sealed, message.c.at_us)
    return connection.execute(
        found.where(message.c.case_uid == case_uid).order_by(message.c.at_us, message.c.uid)
    ).all()


def delete_desk_messages(connection: Connection, case_uid: str) -> None:
    """What the desk showed before."""
    connection.execute(delete(message).where(message.c.case_uid == case_uid, message.c.direction == "desk"))


def shown_version(connection: Connection, case_uid: str) -> int | None:
    """Which version of the desk's view stands here."""
    return connection.execute(select(shown.c.version).where(shown.c.case_uid == case_uid)).scalar()


def put_shown(connection: Connection, case_uid: str, version: int) -> None:
    """This version stands here now."""
    if connection.execute(update(shown).where(shown.c.case_uid == case_uid).values(version=version)).rowcount == 0:
        connection.execute(insert(shown).values(case_uid=case_uid, version=version))


def delete_shown(connection: Connection) -> None:
    """Nothing counts as shown: the desk shows everything again."""
    connection.execute(delete(shown))


def put_contact(connection: Connection, case_uid: str, sealed: bytes | None) -> None:
    """Her safe contact, None for none."""
    connection.execute(delete(contact).where(contact.c.case_uid == case_uid))
    if sealed is not None:
        connection.execute(insert(contact).values(case_uid=case_uid, sealed=sealed))


# --- helpers


def helper_by_digest(connection: Connection, digest: bytes) -> int | None:
    """The id of the helper's key with this digest."""
    return connection.execute(select(helper.c.id).where(helper.c.digest == digest)).scalar()


def helpers(connection: Connection) -> dict[int, bytes]:
    """Digests by id."""
    return {row.id: row.digest for row in connection.execute(select(helper))}


def put_helpers(connection: Connection, digests: Mapping[int, bytes]) -> None:
    """These in place of all that stood there."""
    connection.execute(delete(helper))
    insert_many(connection, helper, [{"id": key_id, "digest": digest} for key_id, digest in sorted(digests.items())])
