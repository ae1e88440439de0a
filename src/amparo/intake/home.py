"""What a person sees when she comes back, put together of what stands in the database and opened with her key. Writes nothing.

One damaged thing never takes the rest with it: a text that does not open is None, and the page says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from amparo.errors import Tampered
from amparo.intake.model import Consent, Contact, Medium, State
from amparo.intake.texts import shown_safely
from amparo.sealing.age import unseal
from amparo.store.db import AnyRow


@dataclass(frozen=True, slots=True)
class Opened:
    """The case or tip that a receipt's number opened. identity: her secret key. is_sealed: of a tip that may name a child."""

    case_uid: str
    identity: str = field(repr=False)
    is_tip: bool
    is_sealed: bool = False


@dataclass(frozen=True, slots=True)
class HomeFile:
    """One file. shorts: kind and first eight digits of each hash. states: newest word on it; several where several things hold."""

    number: int
    medium: Medium
    shorts: tuple[tuple[str, str], ...]
    states: tuple[State, ...]


@dataclass(frozen=True, slots=True)
class HomePlace:
    """One place. text: None where it does not open."""

    number: int
    text: str | None
    states: tuple[State, ...]


@dataclass(frozen=True, slots=True)
class HomeMessage:
    """One message. text: None where it does not open, as what was written before a new receipt."""

    uid: str
    direction: Literal["person", "desk"]
    text: str | None
    at_us: int


@dataclass(frozen=True, slots=True)
class Home:
    """All of it. states: of the case as a whole. contact: None where she gave none, or it does not open."""

    case_uid: str
    is_tip: bool
    states: tuple[State, ...]
    files: tuple[HomeFile, ...]
    places: tuple[HomePlace, ...]
    messages: tuple[HomeMessage, ...]
    consents: tuple[Consent, ...]
    contact: Contact | None


def home_of(opened: Opened, found: Mapping[str, Sequence[AnyRow]]) -> Home:
    """The page's values. found: rows of this case by table: file, place, consent, state, message, contact."""
    states = [state_of(row) for row in found["state"]]

    def of(subject: str, number: int) -> tuple[State, ...]:
        return tuple(one for one in states if (one.subject, one.number) == (subject, number))

    def text_of(sealed: bytes) -> str | None:
        try:
            return shown_safely(unseal(sealed, opened.identity).decode())
        except (Tampered, UnicodeDecodeError):
            return None

    contacts = [text for row in found["contact"] if (text := text_of(row.sealed)) is not None]
    return Home(
        opened.case_uid,
        opened.is_tip,
        of("case", 0),
        tuple(HomeFile(row.number, row.medium, _shorts(row.shorts), of("file", row.number)) for row in found["file"]),
        tuple(HomePlace(row.number, text_of(row.sealed), of("place", row.number)) for row in found["place"]),
        tuple(HomeMessage(row.uid, row.direction, text_of(row.sealed), row.at_us) for row in found["message"]),
        tuple(_consent(row) for row in found["consent"]),
        contact_in(contacts[0]) if contacts else None,
    )


def state_of(row: AnyRow) -> State:
    """A state as it stands in its row."""
    return State(row.subject, row.number, row.name, row.at_us, row.cause, row.reason, row.client, row.times)


def contact_in(text: str) -> Contact | None:
    """The contact of its text, None where it is none."""
    try:
        return msgspec.json.decode(text, type=Contact)
    except msgspec.MsgspecError:
        return None


def _consent(row: AnyRow) -> Consent:
    return Consent(row.purpose, bool(row.given), row.text_version, row.language, row.at_us)


def _shorts(text: str) -> tuple[tuple[str, str], ...]:
    try:
        return msgspec.json.decode(text, type=tuple[tuple[str, str], ...])
    except msgspec.MsgspecError:
        return ()
