"""A person comes back with her receipt: she reads, writes, takes back, says how she may be reached. Restores no lost number."""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import takewhile
from typing import Final, TypeVar

import msgspec
from sqlalchemy import Connection

from amparo.errors import BadInput, Gone, LimitReached, NotFound, Tampered
from amparo.intake import receipts, rows
from amparo.intake.home import Home, Opened, contact_in, home_of, state_of
from amparo.intake.model import (
    FOUND,
    TEXT_CHARS_MAX,
    UID,
    Contact,
    ContactBody,
    EnvelopeKind,
    MessageBody,
    State,
    WithdrawBody,
)
from amparo.intake.proofs import L, proved
from amparo.intake.receipts import NOBODYS, Receipts, number_of
from amparo.intake.sealed_to import SEALED_TIP, SealTo
from amparo.intake.sending import Bound, put_envelope
from amparo.intake.settings import IntakeSettings
from amparo.intake.texts import bounded, cleaned, too_long
from amparo.sealing.age import identity_of, new_identity, unseal
from amparo.sealing.box import NONCE_BYTES
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import Clock, to_us

MESSAGES_MAX: Final = 200
"""Of hers in one case, that the desk has not answered."""
CONTACTS_MAX: Final = 50
"""Changes of the safe contact that may wait for the desk."""
OUT: Final = ("withdrawing", "withdrawn", "refused")
"""Names of states in which nothing of a file is listed, or is about to be no more."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found:
    """What a receipt's row holds for opening it."""

    case_uid: str
    kind: str
    sealed_identity: bytes


NOBODYS_ROW: Final = Found("0" * UID, "case", bytes(NONCE_BYTES + 16 + len(new_identity().secret)))
"""Tried where no receipt was found, so that this costs what a found one costs. It never opens."""


@dataclass(frozen=True, slots=True)
class Returning:
    """to: to whom it is sealed."""

    db: Database
    clock: Clock
    settings: IntakeSettings
    receipts: Receipts
    to: SealTo

    def open(self, typed: str) -> Opened | None:
        """Whose receipt's number was typed, None for any other text. The same work is done for each: one computation, one look.

        Raises: Unavailable (busy), Tampered (sealed_damaged).
        """
        number = number_of(typed)
        derived = self.receipts.derived(number or NOBODYS)
        with self.db.read() as connection:
            row = rows.receipt_by_verifier(connection, derived.verifier)
        found = NOBODYS_ROW if row is None or number is None else Found(row.case_uid, row.kind, row.sealed_identity)
        try:
            secret = receipts.opened_secret(derived, found.sealed_identity, found.case_uid)
        except Tampered:
            if found is NOBODYS_ROW:
                return None
            raise
        return Opened(found.case_uid, secret, found.kind in {"tip", SEALED_TIP}, found.kind == SEALED_TIP)

    def home(self, opened: Opened) -> Home:
        """All she may see. Raises: Gone (receipt_replaced)."""
        with self.db.read() as connection:
            _current(connection, opened)
            tables = (rows.file, rows.place, rows.consent, rows.state, rows.contact)
            found = {table.name: rows.of_case(connection, table, opened.case_uid) for table in tables}
            found["message"] = rows.messages(connection, opened.case_uid)
        return home_of(opened, found)

    def write_message(self, opened: Opened, text: str) -> str:
        """Send words to the desk; the message's uid. The same words again, with nothing said since, are the same message.

        Raises: Gone (receipt_replaced), BadInput (nothing_told), TooLarge (text_too_long), LimitReached (too_many_messages),
        Unavailable (desk_behind).
        """
        text = bounded(text)
        if not text:
            raise BadInput("nothing_told", "the message is empty", "Write a few words.")
        sealed = self._sealed(opened, text)

        def write(connection: Connection, now_us: int) -> str:
            before = rows.messages(connection, opened.case_uid)
            uid, is_new = _message_uid(opened, before, text)
            if not is_new:
                return uid
            if len(list(takewhile(lambda one: one.direction == "person", reversed(before)))) >= MESSAGES_MAX:
                raise LimitReached(
                    "too_many_messages", f"{MESSAGES_MAX} messages are not answered yet", "Wait for an answer."
                )
            at_us = max(now_us, before[-1].at_us + 1) if before else now_us
            values = {"uid": uid, "case_uid": opened.case_uid, "direction": "person", "sealed": sealed, "at_us": at_us}
            rows.add_all(connection, rows.message, [values])
            _put(connection, "message", opened, MessageBody(uid, sealed), self._bound(now_us))
            return uid

        return self._within(opened, write)

    def withdraw(self, opened: Opened, numbers: Sequence[int] | None) -> None:
        """Take back these files, None for all. What is taken back already, or was never listed, is passed over.

        Raises: Gone (receipt_replaced), NotFound (unknown_file), Unavailable (desk_behind).
        """

        def write(connection: Connection, now_us: int) -> None:
            held = {row.number for row in rows.of_case(connection, rows.file, opened.case_uid)}
            wanted = held if numbers is None else set(numbers)
            if not wanted or not wanted <= held:
                raise NotFound("unknown_file", "there is no such file in this case", "Choose among those shown.")
            states = rows.of_case(connection, rows.state, opened.case_uid)
            going = wanted - {row.number for row in states if row.subject == "file" and row.name in OUT}
            if not going:
                return
            body = WithdrawBody(None if numbers is None else sorted(wanted))
            uid = _put(connection, "withdraw", opened, body, self._bound(now_us))
            put_states(connection, opened.case_uid, withdrawing(states, going, uid, now_us))

        self._within(opened, write)

    def set_contact(self, opened: Opened, contact: Contact | None) -> None:
        """How the desk may reach her outside this page; None, or nothing filled in: not at all.

        Raises: Gone (receipt_replaced), TooLarge (text_too_long), LimitReached (too_many_changes), Unavailable (desk_behind).
        """
        wanted = None if contact is None else _cleaned(contact)
        sealed = None if wanted is None else self._sealed(opened, msgspec.json.encode(wanted).decode())

        def write(connection: Connection, now_us: int) -> None:
            held = rows.of_case(connection, rows.contact, opened.case_uid)
            if (_contact(opened, held[0].sealed) if held else None) == wanted and bool(held) == (wanted is not None):
                return
            known = rows.meta_of(connection)
            seq = known.taken_seq if known else 0
            if len(rows.bodies_after(connection, seq, opened.case_uid, "contact")) >= CONTACTS_MAX:
                raise LimitReached("too_many_changes", "the contact was changed too often", "Try again tomorrow.")
            rows.put_contact(connection, opened.case_uid, sealed)
            _put(connection, "contact", opened, ContactBody(sealed), self._bound(now_us))

        self._within(opened, write)

    def _within(self, opened: Opened, act: Callable[[Connection, int], T]) -> T:
        with self.db.write() as connection:
            _current(connection, opened)
            return act(connection, to_us(self.clock.now()))

    def _sealed(self, opened: Opened, text: str) -> bytes:
        seal = self.to.for_tips if opened.is_sealed else self.to.for_desk
        return seal(text, identity_of(opened.identity).recipient)

    def _bound(self, now_us: int) -> Bound:
        return Bound(self.settings.waiting_max, now_us)


def _put(connection: Connection, kind: EnvelopeKind, opened: Opened, body: L, bound: Bound) -> str:
    """Into the queue with her proof; the envelope's uid."""
    return put_envelope(connection, kind, opened.case_uid, proved(body, opened.case_uid, opened.identity), bound)


def withdrawing(states: Sequence[AnyRow], going: set[int], envelope_uid: str, now_us: int) -> list[dict[str, object]]:
    """The states of a case: the files ``going`` are being withdrawn by that envelope; what was found of them stays found."""
    of_going = [("file", number) for number in sorted(going)]
    kept = [row for row in states if (row.subject, row.number) not in of_going]
    found = [row for row in states if (row.subject, row.number) in of_going and row.name in FOUND]
    cause = f"envelope:{envelope_uid}"
    now = [State("file", number, "withdrawing", now_us, cause) for _, number in of_going]
    return [asdict(one) for one in (*map(state_of, kept), *now, *map(state_of, found))]


def put_states(connection: Connection, case_uid: str, states: Sequence[dict[str, object]]) -> None:
    """These in place of all that stood there."""
    rows.delete_of_case(connection, rows.state, case_uid)
    values = [{**one, "case_uid": case_uid, "ordinal": ordinal} for ordinal, one in enumerate(states)]
    rows.add_all(connection, rows.state, values)


def _current(connection: Connection, opened: Opened) -> None:
    """Raises: Gone (receipt_replaced) when her key is no longer that of the case."""
    row = rows.receipt_of(connection, opened.case_uid)
    if row is None or row.recipient != identity_of(opened.identity).recipient:
        raise Gone("receipt_replaced", "a new receipt was made for this case", "Come in with its number.")


def _message_uid(opened: Opened, before: Sequence[AnyRow], text: str) -> tuple[str, bool]:
    """The uid of this message after those, and whether it is new: a keyed digest of the words and of what they follow."""

    def after(earlier: Sequence[AnyRow]) -> str:
        words = f"{opened.case_uid}\n{earlier[-1].uid if earlier else ''}\n{text}"
        return hmac.digest(opened.identity.encode(), words.encode(), "sha256")[:16].hex()

    if before and before[-1].direction == "person" and before[-1].uid == (uid := after(before[:-1])):
        return uid, False
    return after(before), True


def _cleaned(contact: Contact) -> Contact | None:
    words = {name: cleaned(getattr(contact, name)) for name in ("channel", "hours", "name", "avoid")}
    if sum(map(len, words.values())) > TEXT_CHARS_MAX:
        raise too_long()
    kept = msgspec.structs.replace(contact, **words)
    return None if kept == Contact() else kept


def _contact(opened: Opened, sealed: bytes) -> Contact | None:
    try:
        return contact_in(unseal(sealed, opened.identity).decode())
    except (Tampered, UnicodeDecodeError):
        return None
