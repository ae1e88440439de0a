"""A case or a tip is sent: envelope to the desk, receipt, and what she will be shown, in one transaction. Decides nothing about it.

Sent twice (a double click, two tabs, a replayed form, a lost answer) it is one case with one number: the case has its id since the
session began, and the number goes into the draft in the same transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, get_args

import msgspec
from sqlalchemy import Connection

from amparo.errors import BadInput, Conflict, Unavailable
from amparo.intake import rows
from amparo.intake.drafts import Drafts, Session, new_uid
from amparo.intake.files import shorts_of
from amparo.intake.model import About, Body, CaseBody, Consent, Draft, EnvelopeKind, FileIn, Happened, Receipt, TipBody
from amparo.intake.receipts import NewReceipt, Receipts, busy
from amparo.intake.sealed_to import SEALED_TIP, SealTo
from amparo.intake.texts import bounded, cleaned, places_of
from amparo.sealing.proof import signer_of
from amparo.terms.clock import to_us

DRAWS: Final = 3  # two numbers alike: one chance in 10^15 for each case there is
BESIDES: Final = {"found": "How it was found", "may_contact": "May a helper contact the person shown"}
"""What the desk reads under a tip, by its name in the draft."""
CHILD_WORDS: Final = ("yes", "no", "unsure")


@dataclass(frozen=True, slots=True)
class Sending:
    """Sends what drafts hold. to: to whom it is sealed."""

    drafts: Drafts
    receipts: Receipts
    to: SealTo

    def case(self, token: str, draft: Draft) -> str:
        """Send the case with the files held; the receipt's 16 digits, which are in ``draft.receipt`` too.

        Raises: Gone (session_over), Conflict (already_sent), BadInput (consent_missing, bad_answer), TooLarge (place_too_long, too_many_places),
        Unavailable (busy, desk_behind).
        """
        if sent := self._sent(token, draft):
            return sent
        check_case(draft)
        places = places_of(draft.addresses, draft.names)

        def write(connection: Connection, session: Session, new: NewReceipt, now_us: int) -> None:
            files = self.drafts.files_in(connection, session)
            sealed = [self.to.for_desk(text, new.identity.recipient) for text in places]
            body = CaseBody(
                age=draft.age,
                happened=_happened(draft),
                language=draft.language,
                files=files,
                places=sealed,
                consents=consents_of(draft),
                recipient=new.identity.recipient,
                signer=signer_of(new.identity.secret),
                entered_by=draft.helper,
            )
            uid = self._put(connection, "case", draft, body, now_us)
            _show(connection, draft.case_uid, files, sealed)
            subjects = [("case", 0), *(("file", one.number) for one in files)]
            subjects += [("place", number) for number in range(1, len(sealed) + 1)]
            _receive(connection, draft.case_uid, subjects, uid, now_us)
            _consent(connection, draft)

        return self._send(token, draft, "case", write)

    def tip(self, token: str, draft: Draft) -> str:
        """Send the tip in ``draft.tip``: about, names_child and may_contact (yes, no, unsure), words, links, found; the receipt's 16 digits.

        Raises: as ``case``, but for places and consent; BadInput (nothing_told), TooLarge (text_too_long).
        """
        if sent := self._sent(token, draft):
            return sent
        words, names_child = tip_words(draft), draft.tip.get("names_child", "unsure") != "no"
        seal = self.to.for_tips if names_child else self.to.for_desk

        def write(connection: Connection, session: Session, new: NewReceipt, now_us: int) -> None:
            del session
            body = TipBody(
                about=_about(draft),
                names_child=names_child,
                language=draft.language,
                sealed=seal(words, new.identity.recipient),
                recipient=new.identity.recipient,
                signer=signer_of(new.identity.secret),
                entered_by=draft.helper,
            )
            uid = self._put(connection, "tip", draft, body, now_us)
            _receive(connection, draft.case_uid, [("case", 0)], uid, now_us)

        return self._send(token, draft, SEALED_TIP if names_child else "tip", write)

    def _send(
        self,
        token: str,
        draft: Draft,
        kind: str,
        write: Callable[[Connection, Session, NewReceipt, int], None],
    ) -> str:
        session, digits = Session.of(token), ""
        for _ in range(DRAWS):
            now_us = to_us(self.drafts.clock.now())
            new = self.receipts.new(draft.case_uid, 0, now_us)
            with self.drafts.db.write() as connection:
                digits = self._sent_before(connection, session, draft)
                if not digits and rows.receipt_by_verifier(connection, new.receipt.verifier) is None:
                    _add_receipt(connection, draft.case_uid, kind, new)
                    write(connection, session, new, now_us)
                    began_us = self.drafts.needed(connection, session).began_us
                    sent = msgspec.structs.replace(_as_sent(draft, new.digits), began_us=began_us)
                    self.drafts.put(connection, session, sent)
                    rows.delete_draft_files(connection, session.digest)
                    digits = new.digits
            if digits:
                _take_over(draft, _as_sent(draft, digits))
                return digits
        raise busy()

    def _sent(self, token: str, draft: Draft) -> str:
        """As ``_sent_before``, before anything is computed."""
        session = Session.of(token)
        with self.drafts.db.read() as connection:
            digits = self._sent_before(connection, session, draft)
        if digits:
            _take_over(draft, _as_sent(draft, digits))
        return digits

    def _sent_before(self, connection: Connection, session: Session, draft: Draft) -> str:
        """The number of this case if it was sent in this session; "" if it was not sent.

        Raises: Gone (session_over), Conflict (already_sent) when the number is no longer in the draft.
        """
        held = self.drafts.needed(connection, session)
        if held.case_uid == draft.case_uid and held.receipt:
            return held.receipt
        if not draft.case_uid or rows.receipt_of(connection, draft.case_uid) is not None:
            raise Conflict("already_sent", "this was sent already", "The receipt's number was shown then.")
        return ""

    def _put(self, connection: Connection, kind: EnvelopeKind, draft: Draft, body: Body, now_us: int) -> str:
        """Into the queue; the envelope's uid."""
        return put_envelope(connection, kind, draft.case_uid, body, Bound(self.drafts.settings.waiting_max, now_us))


@dataclass(frozen=True, slots=True)
class Bound:
    """waiting_max: how many may wait for the desk. now_us: the time of sending."""

    waiting_max: int
    now_us: int


def put_envelope(connection: Connection, kind: EnvelopeKind, case_uid: str, body: Body, bound: Bound) -> str:
    """Put one thing more into the queue to the desk; its uid. Raises: Unavailable (desk_behind)."""
    known = rows.meta_of(connection)
    waiting, _ = rows.count_envelopes_after(connection, known.taken_seq if known else 0)
    if waiting >= bound.waiting_max:
        raise Unavailable(
            "desk_behind", "too much waits for the desk", "Try again later; nothing was taken.", retry_after_s=600
        )
    uid = new_uid()
    text = msgspec.json.encode(body).decode()
    values = {"uid": uid, "kind": kind, "case_uid": case_uid, "body": text, "at_us": bound.now_us}
    rows.add_envelope(connection, values)
    return uid


def check_case(draft: Draft) -> None:
    """Raises: BadInput (consent_missing) before she was asked what her hashes may be used for, (bad_answer)."""
    if all(one.purpose != "match" for one in draft.consents):
        raise BadInput("consent_missing", "nobody has answered yet what the hashes may be used for", "Answer it first.")
    if set(_happened(draft)) != set(draft.happened) or not 2 <= len(draft.language) <= 16:
        raise BadInput("bad_answer", "an answer is none of those offered", "Choose one of them.")


def consents_of(draft: Draft) -> list[Consent]:
    """One for each purpose: the last answer."""
    return list({one.purpose: one for one in draft.consents}.values())


def tip_words(draft: Draft) -> str:
    """What is told, the links after it, how they were found and whether the person shown may be asked.

    Raises: BadInput (nothing_told, bad_answer), TooLarge (text_too_long).
    """
    told = [text for name in ("words", "links") if (text := cleaned(draft.tip.get(name, "")))]
    if not told:
        raise BadInput("nothing_told", "nothing is told in this tip", "Write a few words, or a link.")
    told += [f"{label}: {text}" for name, label in BESIDES.items() if (text := cleaned(draft.tip.get(name, "")))]
    words = bounded("\n\n".join(told))
    _about(draft)
    if draft.tip.get("names_child", "unsure") not in CHILD_WORDS or not 2 <= len(draft.language) <= 16:
        raise BadInput("bad_answer", "an answer is none of those offered", "Choose one of them.")
    return words


def _about(draft: Draft) -> About:
    for known in get_args(About):
        if draft.tip.get("about", "other") == known:
            found: About = known
            return found
    raise BadInput("bad_answer", "an answer is none of those offered", "Choose one of them.")


def _happened(draft: Draft) -> list[Happened]:
    return [one for one in get_args(Happened) if one in draft.happened]


def _as_sent(draft: Draft, digits: str) -> Draft:
    """What is kept of it once it was sent: not her words."""
    return msgspec.structs.replace(
        draft, receipt=digits, addresses="", names="", happened=[], consents=[], tip={}, typed={}
    )


def _take_over(draft: Draft, other: Draft) -> None:
    for name, value in msgspec.structs.asdict(other).items():
        setattr(draft, name, value)


def _add_receipt(connection: Connection, case_uid: str, kind: str, new: NewReceipt) -> None:
    values = {"case_uid": case_uid, "kind": kind, **receipt_values(new.receipt)}
    rows.add_receipt(connection, values)


def receipt_values(receipt: Receipt) -> dict[str, object]:
    """A receipt as its columns."""
    names = ("verifier", "sealed_identity", "recipient", "number", "made_us")
    return {name: getattr(receipt, name) for name in names}


def _show(connection: Connection, case_uid: str, files: list[FileIn], places: list[bytes]) -> None:
    held = [
        {"case_uid": case_uid, "number": one.number, "medium": one.medium, "shorts": shorts_of(one)} for one in files
    ]
    rows.add_all(connection, rows.file, held)
    sealed = [{"case_uid": case_uid, "number": number, "sealed": one} for number, one in enumerate(places, 1)]
    rows.add_all(connection, rows.place, sealed)


def _receive(connection: Connection, case_uid: str, subjects: list[tuple[str, int]], uid: str, now_us: int) -> None:
    alike = {"name": "received", "at_us": now_us, "cause": f"envelope:{uid}", "reason": "", "client": "", "times": 0}
    values = [
        {"case_uid": case_uid, "ordinal": ordinal, "subject": subject, "number": number, **alike}
        for ordinal, (subject, number) in enumerate(subjects)
    ]
    rows.add_all(connection, rows.state, values)


def _consent(connection: Connection, draft: Draft) -> None:
    values = [
        {"case_uid": draft.case_uid, **msgspec.structs.asdict(one), "given": int(one.given)}
        for one in consents_of(draft)
    ]
    rows.add_all(connection, rows.consent, values)
