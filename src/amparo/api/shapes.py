"""The JSON that goes in and out, as typed records; the OpenAPI document is made from them. Rules stand elsewhere."""

from typing import Annotated, Any

import msgspec

from amparo.api import fields
from amparo.terms.signal import IDENTITY


class Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A body that comes in: unknown fields are refused."""


class Out(msgspec.Struct, kw_only=True):
    """A body that goes out."""


class SignalIn(Strict):
    """A signal as others send it."""

    kind: str
    value: str


class AskedSignalIn(SignalIn):
    """A signal to look up, and which form of the picture it is of: a match tells it back."""

    view: fields.View = IDENTITY


class SignalOut(Out, omit_defaults=True):
    """A signal as we tell it."""

    kind: str
    value: str
    quality: int | None = None
    profile: str = ""


class MatchIn(Strict):
    """A question by signals."""

    signals: Annotated[list[Annotated[AskedSignalIn, fields.AnySignal]], fields.SignalsMeta]
    banks: list[fields.BankName] | None = None
    item_id: fields.ItemField | None = None
    uploader_ref: fields.ItemField | None = None
    uploaded_at: fields.Time | None = None
    seed: fields.ItemField | None = None


class OpinionOut(Out):
    """One client's opinion."""

    client: str
    opinion: str
    given_at: str


class MatchOut(Out):
    """One content that met, by its nearest kind."""

    bank: str
    content_id: int
    kind: str
    distance_bits: int
    threshold_bits: int
    view: str
    also: list[str]
    opinions: list[OpinionOut]
    origin: str
    flood_guarded: bool
    query_share: float | msgspec.UnsetType = msgspec.UNSET
    content_share: float | msgspec.UnsetType = msgspec.UNSET


class VideoOut(Out):
    """How much of a video was hashed: up to which second, the length its container tells, and why it was cut, if it was."""

    seconds_hashed: float
    seconds_told: float | None
    cut: str | None


class VerdictOut(Out):
    """The answer to POST /v1/match."""

    request_id: str
    item_id: str | None
    verdict: str
    matches: list[MatchOut]
    matches_total: int
    vetoes: list[MatchOut]
    suggested_action: str
    index_generation: int
    policy: str
    reason: str | None = None
    quality: dict[str, int] | None = None
    video: VideoOut | None = None


class BatchOut(Out):
    """The answer to POST /v1/match/batch; a match is [query number, bank, content id, distance in bits]."""

    matches: list[tuple[int, str, int, int]]
    index_generation: int


class BankIn(Strict):
    """A new bank."""

    name: fields.BankName
    thresholds: fields.Thresholds | None = None
    polarity: fields.PolarityName | None = None
    staged_share: fields.Share | None = None
    paused: bool | None = None
    action: fields.Action | None = None


class BankPatch(Strict):
    """What changes on a bank. name: a new one; its contents stay."""

    name: fields.BankName | None = None
    thresholds: fields.Thresholds | None = None
    polarity: fields.PolarityName | None = None
    staged_share: fields.Share | None = None
    paused: bool | None = None
    action: fields.Action | None = None


class BankOut(Out):
    """A bank; thresholds are those in force."""

    name: str
    polarity: str
    thresholds: dict[str, int]
    staged_share: float
    paused: bool
    action: str
    created_at: str
    contents: int


class BanksOut(Out):
    """All banks this key may see."""

    banks: list[BankOut]


class ContentIn(Strict):
    """A content by signals. relist: bring it back although this origin withdrew it; recorded."""

    signals: Annotated[list[Annotated[SignalIn, fields.AnySignal]], fields.ListedMeta]
    external_id: fields.ExternalID | None = None
    note: fields.Note | None = None
    metadata: Any = None
    relist: bool = False


class LeftOut(Out):
    """A signal that was not listed, and why."""

    kind: str
    reason: str
    quality: int


class ListedOut(Out, omit_defaults=True):
    """What was listed. outcome: added or already."""

    content_id: int
    outcome: str
    signals: list[SignalOut]
    left_out: list[LeftOut] = msgspec.field(default_factory=list)
    video: VideoOut | None = None


class ContentPatch(Strict):
    """What changes on a content. disable_until: RFC 3339, "forever", or null for enabled."""

    note: fields.Note | msgspec.UnsetType | None = msgspec.UNSET
    metadata: Any = msgspec.UNSET
    disable_until: fields.Until | msgspec.UnsetType | None = msgspec.UNSET
    opinion: fields.Opinion | msgspec.UnsetType = msgspec.UNSET
    flood_guarded: fields.Lifted | msgspec.UnsetType = msgspec.UNSET


class ContentOut(Out):
    """A live content."""

    content_id: int
    bank: str
    origin: str
    external_id: str | None
    note: str | None
    metadata: Any
    created_at: str
    disable_until: str | None
    flood_guarded: bool
    signals: list[SignalOut]
    opinions: list[OpinionOut]


class ContentsOut(Out):
    """A page of contents; next is the cursor of the following page, null on the last."""

    contents: list[ContentOut]
    next: int | None


class WithdrawnOut(Out):
    """A withdrawal that is on disk."""

    content_id: int
    withdrawn_at: str


class EventOut(Out):
    """A match event."""

    event_id: int
    at: str
    request_id: str
    client: str
    item_id: str | None
    uploader_ref: str | None
    uploaded_at: str | None
    suggested_action: str
    policy: str
    index_generation: int
    matches: list[Any]


class EventsOut(Out):
    """A page of match events; next is the cursor for later ones."""

    events: list[EventOut]
    next: int


class ClientIn(Strict):
    """A new client."""

    name: fields.Name


class ClientOut(Out):
    """A client."""

    client_id: int
    name: str
    created_at: str


class ClientsOut(Out):
    """All clients."""

    clients: list[ClientOut]


class KeyIn(Strict):
    """A new key. banks: the banks it is limited to."""

    name: fields.Name
    role: fields.Role
    client: fields.Name | None = None
    banks: list[fields.BankName] | None = None
    rate_per_s: fields.Rate | None = None


class KeyOut(Out, omit_defaults=True):
    """A key; `key` is its text, told once, when it is made."""

    key_id: int
    name: str
    client: str
    role: str
    banks: list[str] | None
    rate_per_s: int | None
    created_at: str
    ended_at: str | None
    key: str | None = None


class KeysOut(Out):
    """All keys, ended ones too."""

    keys: list[KeyOut]


class HealthOut(Out):
    """Whether this worker answers."""

    status: str


class StatusOut(Out):
    """This worker from inside."""

    version: str
    worker: str
    index_kernel: str
    hashing_kernel: str
    generation: int
    kinds: dict[str, Any]


class ProblemOut(Out):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    slug: str
    hint: str
    request_id: str
