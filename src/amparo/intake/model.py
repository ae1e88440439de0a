"""What a person sends, what the desk shows her, and the bounds of both, as values. Reads no database."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal, get_args

import msgspec
from msgspec import Meta

Age = Literal["adult_stated", "minor_possible", "minor_stated"]
Happened = Literal["shared", "threatened", "filmed", "told", "fake"]
Purpose = Literal["match", "desk", "share", "statistics"]
About = Literal["person", "group", "camera", "other"]
Medium = Literal["picture", "video"]
EnvelopeKind = Literal["case", "tip", "message", "withdraw", "contact"]
Subject = Literal["case", "file", "place"]
OutcomeName = Literal["hidden", "removed", "restored", "confirmed"]
"""What came of a file: a platform was asked to hide it, take it down or show it again; staff confirmed that it is a copy."""
StateName = Literal["received", "listed", "matched", "withdrawing", "withdrawn", "refused"] | OutcomeName

FILES_MAX: Final = 200
"""Files one case may hold."""
CODES_MAX: Final = 20_000
"""Codes of one case, those of a video's frames counted one by one."""
FRAMES_MAX: Final = 7_200
"""Of one video: two hours at one a second, as `hashing/video.py` takes them, which is not loaded here."""
PLACES_MAX: Final = 100
PLACE_CHARS_MAX: Final = 2_000
TEXT_CHARS_MAX: Final = 5_000
"""Of one message, one tip or the safe-contact words."""

BODY_CHARS_MAX: Final = 4 * 1024 * 1024
"""Of one envelope; the fullest case there can be has some 3.4 million."""

Hex32 = Annotated[str, Meta(pattern=r"^[0-9a-f]+\Z", min_length=32, max_length=32)]
Hex64 = Annotated[str, Meta(pattern=r"^[0-9a-f]+\Z", min_length=64, max_length=64)]
Quality = Annotated[int, Meta(ge=0, le=100)]
FileNumber = Annotated[int, Meta(ge=1, le=FILES_MAX)]
UID: Final = 32
"""Hex digits of an id made here: 128 random bits."""
FOUND: Final[frozenset[StateName]] = frozenset({"matched", *get_args(OutcomeName)})
"""States that tell what was met and what came of it: they stay whatever becomes of the listing."""


class _Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a browser or the portal writes; a field nobody knows is refused."""


class MD5In(_Sent, frozen=True, tag_field="kind", tag="md5"):
    """The MD5 of a file's bytes."""

    value: Hex32


class SHA256In(_Sent, frozen=True, tag_field="kind", tag="sha256"):
    """The SHA-256 of a file's bytes."""

    value: Hex64


class PDQIn(_Sent, frozen=True, tag_field="kind", tag="pdq"):
    """The PDQ of a picture as the browser decodes it, by the pixel profile px1."""

    value: Hex64
    quality: Quality


class FrameIn(_Sent, frozen=True):
    """One frame of a video. at_ms: since the first frame."""

    value: Hex64
    quality: Quality
    at_ms: Annotated[int, Meta(ge=0, le=2**32 - 1)]


class VPDQIn(_Sent, frozen=True, tag_field="kind", tag="vpdq"):
    """The frames of a video by the video profile, in the order of time."""

    frames: Annotated[list[FrameIn], Meta(min_length=1, max_length=FRAMES_MAX)]


SignalIn = MD5In | SHA256In | PDQIn | VPDQIn


class FileIn(_Sent, frozen=True):
    """The hashes of one file: nothing else of it ever arrives. number: hers, from 1, in the order in which she chose them."""

    number: FileNumber
    medium: Medium
    signals: Annotated[list[SignalIn], Meta(min_length=1, max_length=4)]


class Consent(_Sent, frozen=True):
    """One purpose, what she answered, and which words she was shown."""

    purpose: Purpose
    given: bool
    text_version: Annotated[str, Meta(min_length=1, max_length=40)]
    language: Annotated[str, Meta(min_length=2, max_length=16)]
    at_us: int


class CaseBody(_Sent, frozen=True):
    """A new case. places: one sealed text each. signer: public half of what proves what is sent of it later (proofs.py).
    entered_by: the helper's key, where one wrote for her."""

    age: Age
    happened: list[Happened]
    language: str
    files: list[FileIn]
    places: list[bytes]
    consents: list[Consent]
    recipient: str
    signer: str
    entered_by: int | None = None


class TipBody(_Sent, frozen=True):
    """What somebody tells about others. names_child: a child or a witness is named, shown or may be: sealed, in no list."""

    about: About
    names_child: bool
    language: str
    sealed: bytes
    recipient: str
    signer: str
    entered_by: int | None = None


class MessageBody(_Sent, frozen=True):
    """Words of hers to the desk. proof: hers (proofs.py), here and below."""

    message_uid: str
    sealed: bytes
    proof: bytes = b""


class WithdrawBody(_Sent, frozen=True):
    """She takes back these files, None for all."""

    numbers: list[FileNumber] | None
    proof: bytes = b""


class ContactBody(_Sent, frozen=True):
    """How the desk may reach her outside this page; None: not at all, she comes back."""

    sealed: bytes | None
    proof: bytes = b""


Body = CaseBody | TipBody | MessageBody | WithdrawBody | ContactBody


@dataclass(frozen=True, slots=True)
class Envelope:
    """One thing a person sent, as the desk takes it. seq: its place in the queue of this intake database.

    body: None where it cannot be read; then it is nothing that the portal wrote.
    """

    seq: int
    uid: str
    kind: EnvelopeKind
    case_uid: str
    body: Body | None
    at_us: int


@dataclass(frozen=True, slots=True)
class State:
    """How one file, place or the whole case stands. cause: the row that made it so, as ``content:12`` or ``match_event:9``.

    number: of the file or place, 0 for the case. reason: why it was refused, or how ``restored`` and ``confirmed`` came about.
    client: where, of what is in FOUND but for ``confirmed``. times: how often, at_us and cause then are the last one's.
    """

    subject: Subject
    number: int
    name: StateName
    at_us: int
    cause: str
    reason: str = ""
    client: str = ""
    times: int = 0


@dataclass(frozen=True, slots=True)
class DeskMessage:
    """A reply of the desk, sealed to her key and the desk's own."""

    uid: str
    sealed: bytes
    at_us: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What stands for her number: never the number. verifier: 32 bytes. number: 0 for the first, counted up by each new one."""

    verifier: bytes
    sealed_identity: bytes
    recipient: str
    number: int
    made_us: int


@dataclass(frozen=True, slots=True)
class CaseView:
    """All that the desk shows of one case, in place of what it showed before. version: grows with each change.

    receipt: a new one in place of the first, None where the desk made none.
    """

    case_uid: str
    version: int
    states: tuple[State, ...]
    messages: tuple[DeskMessage, ...] = ()
    receipt: Receipt | None = None


class Contact(_Sent, frozen=True):
    """Safe-contact words, hers to give or not: none unless she says so."""

    channel: str = ""
    hours: str = ""
    name: str = ""
    avoid: str = ""
    may_leave_message: bool = False
    is_shared_device: bool = False


class Draft(msgspec.Struct):
    """What she has answered so far, and where she is. It is sealed in the database under a key only her cookie holds.

    began_us: when the session did. place: which she picked from the list of places; never guessed. opened_uid, identity: of the case she opened by her receipt.
    notice: slug of a sentence to show once.
    typed: what stood in a form that could not be taken, so that it is shown again.
    """

    language: str = ""
    began_us: int = 0
    step: str = "language"
    safe: str = ""
    place: str = ""
    age: Age = "minor_possible"
    happened: list[str] = msgspec.field(default_factory=list)
    addresses: str = ""
    names: str = ""
    consents: list[Consent] = msgspec.field(default_factory=list)
    case_uid: str = ""
    receipt: str = ""
    opened_uid: str = ""
    opened_is_tip: bool = False
    opened_is_sealed: bool = False
    identity: str = ""
    helper: int | None = None
    notice: str = ""
    picked: list[int] = msgspec.field(default_factory=list)
    typed: dict[str, str] = msgspec.field(default_factory=dict)
    tip: dict[str, str] = msgspec.field(default_factory=dict)
