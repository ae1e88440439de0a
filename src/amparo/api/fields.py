"""What a value that comes in may be, in JSON Schema's words, for readers of /openapi.json. Checks nothing: the rooms do."""

from typing import Annotated, Any, get_args

from msgspec import Meta

from amparo.access.model import ROLES
from amparo.banks.model import (
    EXTERNAL_ID_CHARS_MAX,
    NOTE_CHARS_MAX,
    SIGNALS_PER_CONTENT_MAX,
    BankAction,
    OpinionName,
    Polarity,
)
from amparo.hashing import KINDS
from amparo.hashing.video import FRAMES_MAX
from amparo.media.model import VIEWS

BANK_NAME = {"pattern": "^[A-Za-z_][A-Za-z0-9_-]{0,63}$"}
NAME = {"pattern": r"^\s*[\p{L}\p{N}][\p{L}\p{N}_ .@+-]{0,63}\s*$"}
PRINTABLE = r"[\p{L}\p{M}\p{N}\p{P}\p{S} ]"
ITEM_FIELD = {"pattern": f"^{PRINTABLE}{{0,200}}$"}
TIME = {"anyOf": [{"format": "date-time"}, {"maxLength": 0}]}
"""An instant with its offset (RFC 3339); empty counts as left out."""
BANK_NAMES = {"pattern": "^[A-Za-z_][A-Za-z0-9_-]{0,63}(,[A-Za-z_][A-Za-z0-9_-]{0,63})*$"}
EXTERNAL_ID = {"pattern": f"^{PRINTABLE}{{1,{EXTERNAL_ID_CHARS_MAX}}}$"}
NOTE = {"maxLength": NOTE_CHARS_MAX, "pattern": "^[^\\u0000]*$"}
FLAG = {"enum": ["true", "false"]}
NUMBER = {"minimum": 0, "maximum": 10**18 - 1}


def _told(**words: Any) -> Meta:
    return Meta(extra_json_schema=words)


def _hex(bits: int) -> str:
    return f"^[0-9a-f]{{{bits // 4}}}$"


_FRAME = '"[0-9a-f]{64},(100|[5-9][0-9]),[0-9]{1,6}[.][0-9]{3}"'
VIDEO = rf"^\[{_FRAME}(,{_FRAME}){{0,{FRAMES_MAX - 1}}}\]$"
"""A JSON list as text, as we write it; read are also other ways to write numbers, and frames under the quality floor."""

BankName = Annotated[str, _told(**BANK_NAME)]
Name = Annotated[str, _told(**NAME)]
ItemField = Annotated[str, _told(**ITEM_FIELD)]
Time = Annotated[str, _told(**TIME)]
Role = Annotated[str, _told(enum=list(ROLES))]
Rate = Annotated[int, _told(minimum=1, maximum=1_000_000)]
PolarityName = Annotated[str, _told(enum=list(get_args(Polarity)))]
Action = Annotated[str, _told(enum=list(get_args(BankAction)))]
Opinion = Annotated[str, _told(enum=list(get_args(OpinionName)))]
Share = Annotated[float, _told(minimum=0, maximum=1)]
ExternalID = Annotated[str, _told(**EXTERNAL_ID)]
Note = Annotated[str, _told(**NOTE)]
Lifted = Annotated[bool, _told(enum=[False])]
Until = Annotated[str, _told(anyOf=[{"const": "forever"}, {"format": "date-time"}])]
Thresholds = Annotated[
    dict[str, int],
    _told(
        propertyNames={"enum": list(KINDS)},
        properties={
            name: {"type": "integer", "minimum": 0, "maximum": kind.threshold_bits_max} for name, kind in KINDS.items()
        },
    ),
]
View = Annotated[str, _told(enum=list(VIEWS))]
AnySignal = _told(
    anyOf=[
        {
            "properties": {
                "kind": {"const": name},
                "value": {"pattern": VIDEO if kind.over == "frames" else _hex(kind.bits)},
            }
        }
        for name, kind in KINDS.items()
    ]
)
SignalsMeta = _told(minItems=1)
ListedMeta = _told(minItems=1, maxItems=SIGNALS_PER_CONTENT_MAX)
