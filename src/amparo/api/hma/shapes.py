"""The JSON of HMA's routes, as typed records. HMA ignores fields it does not know, so these do. Rules stand elsewhere."""

from typing import Annotated, Any

import msgspec

from amparo.api import fields
from amparo.api.hma.types import ACCEPTED, kind_named
from amparo.hashing import KINDS

NOTE_CHARS_MAX = 255
PATTERN = "^[A-Z_][A-Z0-9_]{0,63}$"

_KINDS = {name: KINDS[kind_named(name)] for name in ACCEPTED}
_VALUES = {
    name: {"type": "string", "pattern": fields.VIDEO if kind.over == "frames" else f"^[0-9a-f]{{{kind.bits // 4}}}$"}
    for name, kind in _KINDS.items()
}
_COMPARED = [name for name, kind in _KINDS.items() if kind.over != "frames"]
_NOTE = {"maxLength": NOTE_CHARS_MAX, "pattern": "^[^\\u0000]*$"}


def _told(**words: Any) -> msgspec.Meta:
    return msgspec.Meta(extra_json_schema=words)


BankName = Annotated[str, _told(pattern=PATTERN)]
Ratio = (
    Annotated[float, _told(minimum=0, maximum=1)] | Annotated[str, _told(pattern=r"^(0(\.[0-9]{1,9})?|1(\.0{1,9})?)$")]
)
Truth = bool | Annotated[int, _told(minimum=0, maximum=1)] | Annotated[str, _told(enum=["true", "false", "1", "0"])]
Note = Annotated[str, _told(**_NOTE)]
Until = Annotated[int, _told(minimum=0, maximum=4_000_000_000)] | Annotated[str, _told(pattern="^[0-9]{1,9}$")]
Signals = Annotated[
    dict[str, str | None],
    _told(
        propertyNames={"enum": [*ACCEPTED, "note"]},
        properties={**_VALUES, "note": {"type": ["string", "null"], **_NOTE}},
        anyOf=[{"required": [name]} for name in ACCEPTED],
    ),
]
Pairs = Annotated[
    dict[str, list[str]],
    _told(
        propertyNames={"enum": _COMPARED},
        properties={
            name: {"type": "array", "items": _VALUES[name], "minItems": 2, "maxItems": 2} for name in _COMPARED
        },
    ),
]


class HMABankIn(msgspec.Struct, kw_only=True):
    """A new bank. enabled counts where there is no ratio."""

    name: BankName
    enabled_ratio: Ratio | None = None
    enabled: Truth | None = None


class HMABankPut(msgspec.Struct, kw_only=True):
    """What changes on a bank. name: a new one; its contents stay."""

    name: BankName | None = None
    enabled_ratio: Ratio | None = None
    enabled: Truth | None = None


class HMABank(msgspec.Struct, kw_only=True):
    """A bank."""

    name: str
    matching_enabled_ratio: float


class HMAListed(msgspec.Struct, kw_only=True):
    """What was listed."""

    id: int
    signals: dict[str, str]


class HMAAbout(msgspec.Struct, kw_only=True, rename={"data": "json"}):
    """What a lister says of a content. collab: never set here."""

    content_id: str | None = None
    content_uri: str | None = None
    data: Any = None
    collab: None = None


class HMAAdd(msgspec.Struct, kw_only=True):
    """What may stand beside the address of a file."""

    metadata: dict[str, Any] | None = None
    note: Note | None = None


class HMAContent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A content. disable_until_ts: 0 disabled, 1 enabled, else seconds since 1970 until which it is disabled."""

    id: int
    disable_until_ts: int
    original_media_uri: str | None
    bank: HMABank
    signals: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    metadata: HMAAbout | msgspec.UnsetType = msgspec.UNSET
    note: str | msgspec.UnsetType = msgspec.UNSET


class HMAContentPut(msgspec.Struct, kw_only=True):
    """What changes on a content; an empty note clears it."""

    disable_until_ts: Until | msgspec.UnsetType = msgspec.UNSET
    note: Note | msgspec.UnsetType | None = msgspec.UNSET


class HMAChanged(msgspec.Struct, kw_only=True):
    """A content after a change, in the shape HMA has for this."""

    id: int
    disable_until_ts: int
    collab_metadata: dict[str, list[str]]
    original_media_uri: str | None
    bank: HMABank
    user_metadata: Any
    note: str | None


class HMADeleted(msgspec.Struct, kw_only=True):
    """How many contents went."""

    deleted: int


class HMAMessage(msgspec.Struct, kw_only=True):
    """A word, in errors too."""

    message: str


class HMAMet(msgspec.Struct, kw_only=True):
    """A content that met. distance: in bits, as text."""

    bank_content_id: int
    distance: str


class HMARaw(msgspec.Struct, kw_only=True):
    """Everything that met: ids, or with the distances."""

    matches: list[int | HMAMet]


class HMAIndex(msgspec.Struct, kw_only=True):
    """An index. built_to: seconds since 1970 of the newest listing, -1 where there is none."""

    present: bool
    built_to: int
    size: int


class HMAIndexState(msgspec.Struct, kw_only=True):
    """An index beside the ledger it is made from."""

    db_size: int
    index_size: int
    index_out_of_date: bool
    newest_db_item: int
    index_built_to: int


class HMASignalType(msgspec.Struct, kw_only=True):
    """A signal type."""

    name: str
    enabled_ratio: float


class HMAContentType(msgspec.Struct, kw_only=True):
    """A content type."""

    name: str
    enabled: bool
