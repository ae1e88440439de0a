"""Takes one envelope into the ledger, in the caller's transaction: case, contents, texts, withdrawal. Shows nothing and searches nothing.

Each kind may come twice (after a restore the whole queue does) and changes nothing the second time.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from amparo.banks.model import Listed, Listing
from amparo.banks.service import Banks
from amparo.cases import rows
from amparo.cases.homes import Homes
from amparo.cases.model import (
    CaseKind,
    check_case,
    check_sealed,
    check_time,
    check_tip,
    check_uid,
    consented,
    external_id_of,
    origin_of,
)
from amparo.cases.settings import CasesSettings
from amparo.cases.signals import Fit, fit_of
from amparo.errors import BadInput, NotFound
from amparo.intake.files import codes_in
from amparo.intake.model import (
    CaseBody,
    Consent,
    ContactBody,
    Envelope,
    FileIn,
    MessageBody,
    TipBody,
    WithdrawBody,
)
from amparo.intake.proofs import Later, is_proved
from amparo.sealing.age import check_recipient
from amparo.store.db import AnyRow
from amparo.terms.clock import Clock, to_us


@dataclass(frozen=True, slots=True)
class Taker:
    """Takes envelopes into one ledger."""

    banks: Banks
    clock: Clock
    settings: CasesSettings

    @property
    def homes(self) -> Homes:
        """The banks of cases."""
        return Homes(self.banks, self.settings)

    def take(self, connection: Connection, envelope: Envelope, epoch: str) -> None:
        """Do what the envelope of that queue asks for. The bank it needs must be there (``prepare``).

        Raises: BadInput (bad_envelope, unreadable_envelope, bad_recipient, unproved_envelope), NotFound (unknown_case), those of Banks.
        """
        check_uid(envelope.uid)
        check_uid(envelope.case_uid)
        check_time(envelope.at_us)
        case, body = rows.case_by_uid(connection, envelope.case_uid), envelope.body
        if KINDS.get(envelope.kind) is not type(body):
            raise unreadable()
        if isinstance(body, CaseBody | TipBody):
            if case is not None:
                rows.seen_in(connection, case.id, epoch)
            elif isinstance(body, CaseBody):
                self._open_case(connection, _Opening(envelope, epoch), body)
            else:
                self._open_tip(connection, _Opening(envelope, epoch), body)
        elif case is None:
            raise NotFound("unknown_case", "there is no such case", "`amparo case list` shows those there are.")
        elif not isinstance(body, Later) or not is_proved(body, case.uid, json.loads(case.signers)):
            raise BadInput(
                "unproved_envelope",
                "what came in was not sent by who holds the case's number",
                "It stands aside, undone. Find out who can write to the intake: the portal makes none such.",
            )
        elif isinstance(body, MessageBody):
            _keep_message(connection, envelope, case, body)
        elif isinstance(body, WithdrawBody):
            self._withdraw(connection, envelope, case, body)
        elif isinstance(body, ContactBody):
            _keep_contact(connection, envelope, case, body)

    def prepare(self, envelope: Envelope) -> None:
        """Make the bank the envelope needs, where there is none. Raises: Misconfigured (bank_unfit, banks_not_apart), those of Banks."""
        body = envelope.body
        if not isinstance(body, CaseBody) or not consented(body.consents, "match"):
            return
        self.homes.ready(body.age)

    # --- each kind

    def _open_case(self, connection: Connection, opening: "_Opening", body: CaseBody) -> None:
        check_case(body, sum(map(codes_in, body.files)), self.settings.codes_max)
        check_recipient(body.recipient)
        bank = self.homes.of(body.age) if consented(body.consents, "match") else None
        own = {"age": body.age, "happened": json.dumps(body.happened), "bank": bank}
        case_id = rows.add_case(connection, opening.head("case", body) | own)
        places = [{"case_id": case_id, "number": at, "sealed": one} for at, one in enumerate(body.places, 1)]
        rows.add_places(connection, places)
        rows.add_consents(connection, [_consent(case_id, one) for one in body.consents])
        sent = opening.envelope
        rows.log(connection, case_id, sent.at_us, "sent", f"envelope:{sent.uid}")
        items = self._items(connection, sent, body.files, bank)
        rows.add_items(connection, [one | {"case_id": case_id} for one in items])
        listed = sum(one["state"] == "listed" for one in items)
        rows.log(connection, case_id, to_us(self.clock.now()), f"taken: {listed} of {len(items)} files listed")

    def _open_tip(self, connection: Connection, opening: "_Opening", body: TipBody) -> None:
        check_tip(body)
        check_recipient(body.recipient)
        own = {"about": body.about, "is_sealed_tip": int(body.names_child)}
        case_id = rows.add_case(connection, opening.head("tip", body) | own)
        sent = opening.envelope
        text = {"uid": sent.uid, "case_id": case_id, "direction": "person", "sealed": body.sealed}
        rows.add_message(connection, text | {"at_us": sent.at_us})
        rows.log(connection, case_id, sent.at_us, "sent", f"envelope:{sent.uid}")

    def _withdraw(self, connection: Connection, envelope: Envelope, case: AnyRow, body: WithdrawBody) -> None:
        asked = None if body.numbers is None else set(body.numbers)
        items = rows.items_of(connection, case.id)
        going = [one for one in items if one.state == "listed" and (asked is None or one.number in asked)]
        if going:
            change = self.banks.withdraw_within(connection, [one.content_id for one in going])
            stands = {"state": "withdrawing", "reason": "", "cause": f"change:{change}", "change": change}
            for one in going:
                rows.set_item(connection, case.id, one.number, stands | {"at_us": to_us(self.clock.now())})
        if asked is None:
            rows.take_back(connection, case.id, envelope.uid, envelope.at_us)
        rows.touch(connection, case.id)  # also when nothing stood any more: the intake waits for our word
        rows.log_once(connection, case.id, envelope.at_us, f"withdrew {len(going)} files", f"envelope:{envelope.uid}")

    # --- shared

    def _items(
        self, connection: Connection, envelope: Envelope, files: Sequence[FileIn], bank: str | None
    ) -> list[dict[str, object]]:
        """How each file stands, in order; what is fit is listed."""
        fits = [fit_of(file) if bank else Fit(()) for file in files]
        listings = [
            Listing(fit.signals, external_id_of(file.number))
            for file, fit in zip(files, fits, strict=True)
            if fit.signals
        ]
        became = iter(
            self.banks.list_within(connection, bank, origin_of(envelope.case_uid), listings)
            if bank and listings
            else ()
        )
        at: dict[str, object] = {"at_us": to_us(self.clock.now()), "change": None}
        items: list[dict[str, object]] = []
        for file, fit in zip(files, fits, strict=True):
            own = at | {"number": file.number, "medium": file.medium}
            if fit.signals:
                items.append(own | _stands(next(became), fit.reason))
            else:
                refused = {"content_id": None, "state": "refused", "cause": f"envelope:{envelope.uid}"}
                items.append(own | refused | {"reason": fit.reason if bank else "no_consent"})
        return items


@dataclass(frozen=True, slots=True)
class _Opening:
    """The envelope that opens a case, and the queue it came by."""

    envelope: Envelope
    epoch: str

    def head(self, kind: CaseKind, body: CaseBody | TipBody) -> dict[str, object]:
        """What cases and tips have in common."""
        return {
            "uid": self.envelope.case_uid,
            "envelope_uid": self.envelope.uid,
            "epoch": self.epoch,
            "kind": kind,
            "age": None,
            "happened": "[]",
            "about": None,
            "language": body.language,
            "entered_by": body.entered_by,
            "recipient": body.recipient,
            "signers": json.dumps([body.signer]),
            "bank": None,
            "is_sealed_tip": 0,
            "opened_us": self.envelope.at_us,
            "version": 1,
            "is_due": 1,
        }


KINDS: Final[Mapping[str, type]] = {
    "case": CaseBody,
    "tip": TipBody,
    "message": MessageBody,
    "withdraw": WithdrawBody,
    "contact": ContactBody,
}


def unreadable() -> BadInput:
    """The error for an envelope that holds something else than it says, or nothing that can be read."""
    return BadInput(
        "unreadable_envelope", "what came in by the portal cannot be read", "It stands aside; `amparo doctor` counts."
    )


def _keep_message(connection: Connection, envelope: Envelope, case: AnyRow, body: MessageBody) -> None:
    text = {"uid": check_uid(body.message_uid), "case_id": case.id, "direction": "person"}
    if rows.add_message(connection, text | {"sealed": check_sealed(body.sealed), "at_us": envelope.at_us}):
        rows.log(connection, case.id, envelope.at_us, "wrote a message", f"envelope:{envelope.uid}")


def _keep_contact(connection: Connection, envelope: Envelope, case: AnyRow, body: ContactBody) -> None:
    sealed = None if body.sealed is None else check_sealed(body.sealed)
    rows.set_contact(connection, case.id, sealed, envelope.at_us)
    what = "asked not to be contacted" if sealed is None else "said how she may be contacted"
    rows.log_once(connection, case.id, envelope.at_us, what, f"envelope:{envelope.uid}")


def _consent(case_id: int, one: Consent) -> dict[str, object]:
    text = {"purpose": one.purpose, "text_version": one.text_version, "language": one.language, "at_us": one.at_us}
    return text | {"case_id": case_id, "given": int(one.given)}


def _stands(became: Listed, reason: str) -> dict[str, object]:
    """How a file stands whose listing became that: listed, or silent since it was withdrawn before a restore."""
    if became.content_id is None:
        return {"content_id": None, "state": "withdrawn", "reason": "", "cause": "withdrawals_file"}
    listed = {"content_id": became.content_id, "state": "listed"}
    return listed | {"reason": reason, "cause": f"content:{became.content_id}"}
