"""What the desk's people can do: list and read cases, reply, make a new receipt. Opens no sealed text and takes nothing in."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from amparo.cases import mark_rows, reading_rows, rows
from amparo.cases.model import Aside, CaseFacts, CaseRecord, Summary
from amparo.cases.records import facts_of, next_receipt, record_of, summary_of
from amparo.errors import BadInput, NotFound
from amparo.intake.model import TEXT_CHARS_MAX, UID, Receipt
from amparo.sealing.age import seal
from amparo.store.db import AnyRow, Database
from amparo.terms.clock import Clock, to_us

PAGE_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Cases:
    """The room's verbs over one ledger."""

    db: Database
    clock: Clock

    def cases(self, before: int | None, limit: int) -> list[Summary]:
        """Up to ``limit`` (at most PAGE_MAX) cases and tips with numbers under ``before``, newest first; sealed tips stand in no list."""
        return self._listed(before, limit, sealed=False)

    def sealed(self, before: int | None, limit: int) -> list[Summary]:
        """As ``cases``, the sealed tips alone: for who was asked for the passphrase of the desk key first."""
        return self._listed(before, limit, sealed=True)

    def sealed_tips(self) -> int:
        """How many tips are sealed."""
        with self.db.read() as connection:
            return reading_rows.count_sealed(connection)

    def case(self, name: str) -> CaseRecord:
        """All of the case with this number or uid; a sealed tip is told by its uid alone. Raises: NotFound (unknown_case)."""
        with self.db.read() as connection:
            row = self._case(connection, name)
            return record_of(connection, row)

    def opened(self, after: int, limit: int) -> list[CaseFacts]:
        """Up to ``limit`` (at most PAGE_MAX) cases and tips with numbers over ``after``, by number; sealed tips are left out."""
        with self.db.read() as connection:
            found = reading_rows.opened_after(connection, after, min(limit, PAGE_MAX))
            return [facts_of(connection, row) for row in found]

    def facts(self, uid: str) -> CaseFacts:
        """What may stand on a card about it. Raises: NotFound (unknown_case)."""
        with self.db.read() as connection:
            return facts_of(connection, self._case(connection, uid))

    def reply(self, name: str, text: str, desk_recipient: str, by: str = "") -> str:
        """Leave her a message, sealed so that her receipt and the desk key open it; its uid. It is shown by the worker.

        by: who of the staff, as ``staff:7``, where it is known.

        Raises: NotFound (unknown_case), BadInput (bad_text, bad_recipient).
        """
        words = check_text(text)
        now_us, uid = to_us(self.clock.now()), secrets.token_hex(UID // 2)
        with self.db.write() as connection:
            row = self._case(connection, name)
            sealed = seal(words.encode(), [row.recipient, desk_recipient])
            message = {"uid": uid, "case_id": row.id, "direction": "desk", "sealed": sealed, "at_us": now_us}
            rows.add_message(connection, message)
            rows.touch(connection, row.id)
            rows.log(connection, row.id, now_us, _by("the desk wrote a message", by), f"message:{uid}")
        return uid

    def new_receipt(self, name: str, receipt: Receipt, signer: str, by: str = "") -> None:
        """From when the worker has shown it, this receipt opens the case and the one before opens nothing. Kept in the timeline.

        signer: of the key it opens. by: as in ``reply``. What was sent under the number before, and is on its way, is still taken.

        Raises: NotFound (unknown_case), BadInput (receipt_overtaken) when another was made since the case was read.
        """
        with self.db.write() as connection:
            row = self._case(connection, name)
            if receipt.number != next_receipt(connection, row):
                raise BadInput("receipt_overtaken", "another receipt was made just now", "Make one once more.")
            values = {"case_id": row.id, "number": receipt.number, "verifier": receipt.verifier}
            own = {"sealed_identity": receipt.sealed_identity, "recipient": receipt.recipient}
            rows.add_receipt(connection, values | own | {"made_us": receipt.made_us})
            rows.set_keys(connection, row.id, receipt.recipient, json.dumps([*json.loads(row.signers), signer]))
            rows.touch(connection, row.id)
            what = _by("the desk made a new receipt; the one before opens nothing", by)
            rows.log(connection, row.id, to_us(self.clock.now()), what, f"receipt:{receipt.number}")

    def replace_messages(self, name: str, sealed: Sequence[tuple[str, bytes]]) -> None:
        """Put other sealings of the same words, by uid, in the place of the desk's messages (a new receipt opens no old ones).

        Raises: NotFound (unknown_case).
        """
        with self.db.write() as connection:
            row = self._case(connection, name)
            for uid, words in sealed:
                rows.set_sealed(connection, row.id, uid, words)
            rows.touch(connection, row.id)

    def follow_epoch(self, before: str, now: str) -> None:
        """The intake whose queue had the epoch ``before`` was restored and has the epoch ``now``: everything is shown there again."""
        with self.db.write() as connection:
            rows.follow_epoch(connection, before, now)

    def is_shown(self, name: str) -> bool:
        """Whether all there is of the case was shown. Raises: NotFound (unknown_case)."""
        with self.db.read() as connection:
            return not self._case(connection, name).is_due

    def asides(self) -> list[Aside]:
        """What could not be taken, oldest first."""
        with self.db.read() as connection:
            return mark_rows.asides(connection)

    def mark(self, epoch: str) -> int:
        """How far that queue is taken."""
        with self.db.read() as connection:
            return mark_rows.mark(connection, epoch) or 0

    def waiting(self) -> int:
        """How many cases hold something that was not shown yet."""
        with self.db.read() as connection:
            return reading_rows.count_due(connection)

    def _listed(self, before: int | None, limit: int, *, sealed: bool) -> list[Summary]:
        with self.db.read() as connection:
            found = reading_rows.cases_before(connection, before, min(limit, PAGE_MAX), sealed=sealed)
            states = reading_rows.states_of(connection, [row.id for row in found])
            return [summary_of(row, states.get(row.id, {})) for row in found]

    def _case(self, connection: Connection, name: str) -> AnyRow:
        row = rows.case_by_uid(connection, name) if len(name) == UID else None
        if row is None and name.isascii() and name.isdigit() and len(name) < 19:
            row = reading_rows.case_by_id(connection, int(name))
            row = None if row is not None and row.is_sealed_tip else row
        if row is None:
            raise NotFound("unknown_case", "there is no such case", "`amparo case list` shows those there are.")
        return row


def check_text(text: str) -> str:
    """``text`` without blanks around it. Raises: BadInput (bad_text)."""
    words = text.strip()
    is_whole = not any("\ud800" <= char <= "\udfff" or char == "\0" for char in words)
    if not 1 <= len(words) <= TEXT_CHARS_MAX or not is_whole:
        raise BadInput("bad_text", f"a message is 1 to {TEXT_CHARS_MAX} characters of text", "Shorten it.")
    return words


def _by(what: str, by: str) -> str:
    return f"{what} ({by})" if by else what
