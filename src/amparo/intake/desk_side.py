"""What the desk takes out of the intake and puts into it. It needs neither pepper nor any key, and opens nothing.

The queue survives either side being down: an envelope stands here until the desk has said that it has it and its time is over.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Final

import msgspec
from sqlalchemy import Connection

from amparo.errors import Misconfigured
from amparo.intake import rows
from amparo.intake.model import (
    BODY_CHARS_MAX,
    FOUND,
    Body,
    CaseBody,
    CaseView,
    ContactBody,
    Envelope,
    MessageBody,
    State,
    TipBody,
    WithdrawBody,
)
from amparo.intake.returning import OUT, put_states
from amparo.intake.sending import receipt_values
from amparo.intake.settings import IntakeSettings
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import Clock, to_us

BODIES: Final[dict[str, type[Body]]] = {
    "case": CaseBody,
    "tip": TipBody,
    "message": MessageBody,
    "withdraw": WithdrawBody,
    "contact": ContactBody,
}
CHARS_AT_ONCE: Final = 4 * BODY_CHARS_MAX
ALL: Final = 0  # no file has this number
MINUTE_US: Final = 60_000_000
HOUR_US: Final = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """Envelopes the desk has not taken. oldest_us: when the first of them was sent, None without any."""

    count: int
    oldest_us: int | None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many drafts and envelopes are gone."""

    drafts: int
    envelopes: int


@dataclass(frozen=True, slots=True)
class DeskSide:
    """The desk's hand in one intake database."""

    db: Database
    clock: Clock
    settings: IntakeSettings

    def epoch(self) -> str:
        """The name of this queue: numbers of envelopes mean something within it alone. Drawn when first asked for."""
        return epoch_of(self.db)

    def renew_epoch(self) -> str:
        """After a restore: the desk takes every envelope again and shows every case again. The new epoch."""
        with self.db.write() as connection:
            settled(connection)
            rows.put_meta(connection, {"epoch": _drawn(), "taken_seq": 0})
            rows.delete_shown(connection)
            return str(settled(connection).epoch)

    def envelopes_after(self, seq: int, limit: int) -> list[Envelope]:
        """What was sent after that one, in order, as much as memory bears; ``body`` is None where it cannot be read, or is larger
        than anything the portal sends.
        """
        envelopes: list[Envelope] = []
        with self.db.read() as connection:
            chars = 0
            for row in rows.envelopes_after(connection, seq, limit):
                is_read = row.size <= BODY_CHARS_MAX
                chars += row.size if is_read else 0
                if chars > CHARS_AT_ONCE and envelopes:
                    break
                body = _decoded(row.kind, rows.body_of(connection, row.seq)) if is_read else None
                envelopes.append(Envelope(row.seq, row.uid, row.kind, row.case_uid, body, row.at_us))
        return envelopes

    def taken(self, seq: int) -> None:
        """The desk holds everything up to that one durably; in time it is deleted here."""
        with self.db.write() as connection:
            settled(connection)
            rows.take(connection, seq)

    def waiting(self) -> Waiting:
        """What the desk has not taken yet."""
        with self.db.read() as connection:
            known = rows.meta_of(connection)
            return Waiting(*rows.count_envelopes_after(connection, known.taken_seq if known else 0))

    def show(self, view: CaseView) -> None:
        """Put this in place of what the desk showed of the case before. An older version, or a case unknown here, changes nothing.

        What she took back stays so until the desk says more of it: a view made before the desk knew does not bring it back."""
        with self.db.write() as connection:
            held = rows.receipt_of(connection, view.case_uid)
            if held is None or (rows.shown_version(connection, view.case_uid) or 0) >= view.version:
                return
            put_states(connection, view.case_uid, _states(connection, view))
            rows.delete_desk_messages(connection, view.case_uid)
            messages = [
                {
                    "uid": one.uid,
                    "case_uid": view.case_uid,
                    "direction": "desk",
                    "sealed": one.sealed,
                    "at_us": one.at_us,
                }
                for one in view.messages
            ]
            rows.add_all(connection, rows.message, messages)
            if view.receipt is not None and view.receipt.number > held.number:
                rows.replace_receipt(connection, view.case_uid, receipt_values(view.receipt))
            rows.put_shown(connection, view.case_uid, view.version)

    def set_helpers(self, digests: Mapping[int, bytes]) -> None:
        """The helpers' keys: SHA-256 by id, in place of those before. Writes nothing when they are the same."""
        with self.db.read() as connection:
            if rows.helpers(connection) == dict(digests):
                return
        with self.db.write() as connection:
            rows.put_helpers(connection, digests)

    def forget(self, kept: Collection[int] = ()) -> Forgotten:
        """Delete idle drafts, and envelopes that the desk has taken and needs no more: after a time, those with hashes of which she
        took some back at once. kept: numbers of those that stand aside, which it may yet be able to take.
        """
        now_us = to_us(self.clock.now())
        with self.db.write() as connection:
            known = rows.meta_of(connection)
            drafts = rows.delete_drafts_before(connection, now_us - self.settings.draft_minutes * MINUTE_US)
            before_us = now_us - self.settings.codes_kept_h * HOUR_US
            envelopes = rows.delete_envelopes(connection, known.taken_seq if known else 0, before_us, kept)
        if drafts or envelopes:
            self.db.empty_log()
        return Forgotten(drafts, envelopes)

    def went_back(self, seq: int) -> bool:
        """Whether this queue never came as far as the desk has it: an older copy of the database was put in place without ``renew_epoch``.

        What is sent next would get numbers that the desk passes over. seq: the desk's mark for the present epoch.
        """
        with self.db.read() as connection:
            known = rows.meta_of(connection)
            return seq > (known.taken_seq if known else 0) and not rows.has_envelope_from(connection, seq)


def epoch_of(db: Database) -> str:
    """As ``DeskSide.epoch``."""
    with db.read() as connection:
        known = rows.meta_of(connection)
    if known is not None:
        return str(known.epoch)
    with db.write() as connection:
        return str(settled(connection).epoch)


def settled(connection: Connection) -> AnyRow:
    """The one row, made when it is not there."""
    if rows.meta_of(connection) is None:
        rows.put_meta(connection, {"epoch": _drawn(), "taken_seq": 0, "receipt_check": ""})
    known = rows.meta_of(connection)
    assert known is not None
    return known


def has_begun(db: Database) -> bool:
    """Whether receipts were ever made for this intake: then its secrets are somewhere, and none may be made in their place."""
    with db.read() as connection:
        known = rows.meta_of(connection)
    return known is not None and bool(known.receipt_check)


def check_receipts(db: Database, check: str) -> None:
    """Remember which pepper the receipts of this database are made with. check: ``Receipts.check()``.

    Raises: Misconfigured (receipts_differ) when it is another now: no number given out before would open anything.
    """
    with db.read() as connection:
        known = rows.meta_of(connection)
    if known is None or not known.receipt_check:
        with db.write() as connection:
            settled(connection)
            rows.put_meta(connection, {"receipt_check": check})
    elif known.receipt_check != check:
        raise Misconfigured(
            "receipts_differ",
            "the pepper or its Argon2id settings are not those the receipts were made with",
            "Restore secrets/receipt.pepper or AMPARO_INTAKE_PEPPER, and intake.argon2_*, as they were.",
        )


def _drawn() -> str:
    return secrets.token_hex(8)


def _decoded(name: str, text: str) -> Body | None:
    kind = BODIES.get(name)
    try:
        return None if kind is None else msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, UnicodeEncodeError):
        return None


def _states(connection: Connection, view: CaseView) -> list[dict[str, object]]:
    taken_back = _taken_back(connection, view.case_uid)
    done = {one.number for one in view.states if one.subject == "file" and one.name in OUT}
    gone: set[int] = set()
    kept: list[dict[str, object]] = []
    for one in view.states:
        cause = taken_back.get(one.number, taken_back.get(ALL)) if one.subject == "file" else None
        if cause is None or one.number in done or one.name in FOUND:
            kept.append(asdict(one))
        elif one.number not in gone:
            gone.add(one.number)
            kept.append(asdict(State("file", one.number, "withdrawing", cause.at_us, f"envelope:{cause.uid}")))
    return kept


def _taken_back(connection: Connection, case_uid: str) -> dict[int, AnyRow]:
    """By number of the file (ALL: every one), the envelope not taken by the desk yet that takes it back."""
    found: dict[int, AnyRow] = {}
    for row in rows.bodies_after(connection, settled(connection).taken_seq, case_uid, "withdraw"):
        body = _decoded(row.kind, row.body)
        if isinstance(body, WithdrawBody):
            for number in (ALL,) if body.numbers is None else body.numbers:
                found.setdefault(number, row)
    return found
