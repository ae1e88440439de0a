"""Cases as values, and the rules what came in must keep: the portal checked it before, and is trusted less. Reads no database."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from amparo.errors import BadInput
from amparo.intake.model import (
    FILES_MAX,
    PLACES_MAX,
    UID,
    About,
    Age,
    CaseBody,
    Consent,
    FileIn,
    Happened,
    OutcomeName,
    Purpose,
    StateName,
    TipBody,
)
from amparo.sealing.proof import SIGNER_CHARS

CaseKind = Literal["case", "tip"]
Direction = Literal["person", "desk"]

SEALED_BYTES_MAX: Final = 32_768
"""Of one sealed text: the longest there can be has some 20,000."""
LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}\Z", re.ASCII)
VERSION: Final = re.compile(r"[A-Za-z0-9._-]{1,40}\Z", re.ASCII)
SIGNERS: Final = re.compile(rf"[0-9a-f]{{{SIGNER_CHARS}}}\Z", re.ASCII)
UIDS: Final = re.compile(rf"[0-9a-f]{{{UID}}}\Z", re.ASCII)
US_MAX: Final = 253_402_300_799_000_000  # the year 9999
MINOR: Final[frozenset[Age]] = frozenset({"minor_possible", "minor_stated"})
OUTCOMES: Final[tuple[OutcomeName, ...]] = ("confirmed", "hidden", "removed", "restored")
"""In the order in which they are told where they came at the same moment."""
_PURPOSES, _HAPPENED = frozenset(get_args(Purpose)), frozenset(get_args(Happened))


@dataclass(frozen=True, slots=True)
class Summary:
    """A case or tip in a list. number, uid: both name it. states: how many of its files stand how."""

    number: int
    uid: str
    kind: CaseKind
    opened_at: datetime
    age: Age | None
    about: About | None
    language: str
    entered_by: int | None
    bank: str | None
    is_sealed_tip: bool
    states: Mapping[str, int]
    is_shown: bool
    minor_since: datetime | None = None
    """When staff marked that it may show somebody under 18; None where nobody did. Her own word stands in ``age``."""

    @property
    def may_be_minor(self) -> bool:
        """Whether it is handled as of somebody under 18, by her word or by the mark."""
        return self.minor_since is not None or self.age in MINOR


@dataclass(frozen=True, slots=True)
class Met:
    """How often a client met a file. last_event: the last match event counted."""

    client: str
    times: int
    last_event: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a content. client: where, "" for a decision on the content itself. cause: ``action:N`` or ``decision:N``.

    reason: of ``confirmed``: facts, looked, undone; of ``restored``: not_this, undo, clock. Any other is told without one.
    """

    content_id: int
    state: OutcomeName
    client: str
    cause: str
    at_us: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CameOf:
    """What came of a file: the last time, and how often."""

    client: str
    state: OutcomeName
    reason: str
    times: int
    cause: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What may stand on a card: no words of hers, and no hash. content_ids: of files that are listed. files: how many stand how."""

    number: int
    uid: str
    kind: CaseKind
    opened_at: datetime
    age: Age | None
    may_be_minor: bool
    about: About | None
    is_sealed_tip: bool
    language: str
    entered_by: int | None
    happened: tuple[str, ...]
    files: Mapping[str, int]
    content_ids: tuple[int, ...]
    places: int
    messages: int
    is_answered: bool
    consents: Mapping[Purpose, bool]


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a case, as it stands. cause: the row that made it so."""

    number: int
    medium: str
    content_id: int | None
    state: StateName
    reason: str
    cause: str
    at: datetime
    matches: tuple[Met, ...] = ()
    came_of: tuple[CameOf, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One sealed text, hers or the desk's."""

    uid: str
    direction: Direction
    sealed: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the timeline."""

    at: datetime
    what: str
    cause: str


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """All of one case. places, messages, contact: sealed. receipts: how many the desk made."""

    summary: Summary
    happened: tuple[str, ...]
    recipient: str
    items: tuple[Item, ...]
    places: tuple[bytes, ...]
    consents: tuple[Consent, ...]
    messages: tuple[Message, ...]
    contact: bytes | None
    receipts: int
    log: tuple[LogLine, ...]


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases a list shows; all of them at first. waits: the last word was hers. found: something was met of it."""

    kind: CaseKind | None = None
    waits: bool = False
    found: bool = False
    may_be_minor: bool = False
    entered_by_helper: bool = False


@dataclass(frozen=True, slots=True)
class MatchSeen:
    """A match event as far as the desk wants it: who met which contents, and when."""

    event_id: int
    at_us: int
    client: str
    content_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Aside:
    """One that could not be taken, and why."""

    epoch: str
    seq: int
    envelope_uid: str
    kind: str
    slug: str
    at: datetime


def check_case(body: CaseBody, codes: int, codes_max: int) -> CaseBody:
    """``body`` when its parts are in bounds. codes: how many it holds. Raises: BadInput (bad_envelope)."""
    _check(body.age in get_args(Age), "age")
    _check(set(body.happened) <= _HAPPENED and len(body.happened) <= len(_HAPPENED), "what happened")
    _check(bool(LANGUAGE.match(body.language)), "language")
    _check(len(body.files) <= FILES_MAX and codes <= codes_max, "number of files or codes")
    numbers = [one.number for one in body.files]
    _check(len(set(numbers)) == len(numbers) and all(1 <= one <= FILES_MAX for one in numbers), "a file's number")
    _check(all(len(_kinds(one)) == len(one.signals) for one in body.files), "signals of one kind")
    _check(len(body.places) <= PLACES_MAX, "number of places")
    for sealed in body.places:
        check_sealed(sealed)
    _check_consents(body.consents)
    check_signer(body.signer)
    _check_helper(body.entered_by)
    return body


def check_tip(body: TipBody) -> TipBody:
    """``body`` when its parts are in bounds. Raises: BadInput (bad_envelope)."""
    _check(body.about in get_args(About), "about")
    _check(bool(LANGUAGE.match(body.language)), "language")
    check_sealed(body.sealed)
    check_signer(body.signer)
    _check_helper(body.entered_by)
    return body


def check_signer(signer: str) -> str:
    """``signer``. Raises: BadInput (bad_envelope)."""
    _check(bool(SIGNERS.match(signer)), "a signer")
    return signer


def check_uid(uid: str) -> str:
    """``uid``. Raises: BadInput (bad_envelope)."""
    _check(bool(UIDS.match(uid)), "an id")
    return uid


def check_time(us: int) -> int:
    """``us``. Raises: BadInput (bad_envelope)."""
    _check(0 <= us <= US_MAX, "a time")
    return us


def check_sealed(sealed: bytes) -> bytes:
    """``sealed``. Raises: BadInput (bad_envelope)."""
    _check(0 < len(sealed) <= SEALED_BYTES_MAX, "a sealed text")
    return sealed


def consented(consents: Sequence[Consent], purpose: Purpose) -> bool:
    """Whether she said yes to it; of two answers the later."""
    given = [one.given for one in consents if one.purpose == purpose]
    return bool(given) and given[-1]


def may_read_places(record: CaseRecord) -> bool:
    """Whether she agreed that the team reads what she sent at first; what she writes later it reads in any case, as the page told her."""
    return record.summary.kind == "tip" or consented(record.consents, "desk")


def may_answer(record: CaseRecord) -> bool:
    """Whether the team may write to her: she agreed that it reads and answers, or she wrote to it herself."""
    return may_read_places(record) or any(one.direction == "person" for one in record.messages)


def origin_of(case_uid: str) -> str:
    """In whose name a case's contents are listed."""
    return f"case-{case_uid}"


def external_id_of(number: int) -> str:
    """What a case's origin calls its file."""
    return f"file-{number}"


def _kinds(file: FileIn) -> set[type]:
    return {type(one) for one in file.signals}


def _check_consents(consents: Sequence[Consent]) -> None:
    _check(len({one.purpose for one in consents}) == len(consents) <= len(_PURPOSES), "consents")
    for one in consents:
        _check(one.purpose in _PURPOSES, "a purpose")
        _check(bool(VERSION.match(one.text_version)) and bool(LANGUAGE.match(one.language)), "a consent's text")
        check_time(one.at_us)


def _check_helper(entered_by: int | None) -> None:
    _check(entered_by is None or 0 < entered_by < 2**63, "a helper's key")


def _check(holds: bool, what: str) -> None:
    if not holds:
        raise BadInput("bad_envelope", f"what came in by the portal is out of bounds: {what}", "It stands aside: `amparo doctor` tells how many do.")  # fmt: skip
