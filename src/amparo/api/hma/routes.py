"""The table of HMA's routes that are served; what is not here is not found. Its rows are as those of ``api/routes.py``."""

from functools import partial
from typing import Any

from amparo.access.model import Permission
from amparo.api.door import FILE, JSON, Door, Parameter, View
from amparo.api.hma import banking, contents, hashing, matching, shapes, state
from amparo.api.hma.types import CONTENT_TYPES
from amparo.api.hma.types import TYPES as SIGNAL_TYPES
from amparo.api.hma.words import TRUTH

FLAG = {"enum": list(TRUTH)}
BANK, CONTENT = "/c/bank/{bank}", "/c/bank/{bank}/content/{id:int}"
URL = Parameter("url", "query", "Address of the file; its host must be one the operator listed (wire.fetch_hosts).")
CONTENT_TYPE = Parameter(
    "content_type", "query", "With url: photo or video, where the file's first bytes do not say it."
)
TYPES = Parameter(
    "types", "query", "Signal types of that content type, joined by commas; without it all, but vpdq only in lookups."
)
SIGNAL = Parameter("signal", "query", "The hash: lower-case hex; of vpdq the JSON list of its frames.")
SIGNAL_TYPE = Parameter("signal_type", "query", "The hash's type: pdq, video_md5, vpdq.")
BANKS = Parameter("banks", "query", "Names of the banks to ask, joined by commas; all the key sees without it.")
SEED = Parameter("seed", "query", "Decides the staged share in the place of the bytes or the hash.")
BYPASS = Parameter("bypass_coinflip", "query", "true: banks answer whatever their ratio; no event is kept.", words=FLAG)
ONE_TYPE = Parameter("signal_type", "query", "Only this type.", words={"enum": list(SIGNAL_TYPES)})
RELIST = Parameter(
    "relist", "query", "true: bring back what this origin withdrew; recorded. HMA has no such word.", words=FLAG
)
INCLUDE_DISTANCE = Parameter("include_distance", "query", "true: with distances, as text.", words=FLAG)
INCLUDE_SIGNALS = Parameter("include_signals", "query", "true: with the hashes.", words=FLAG)
INCLUDE_METADATA = Parameter("include_metadata", "query", "false: without the metadata.", words=FLAG)
ABOUT = (
    Parameter("metadata", "query", "JSON text, an object; in HMA's form or any other, which is kept as its json."),
    Parameter("content_id", "query", "The lister's own id of it."),
    Parameter("content_uri", "query", "Where the lister has it."),
    Parameter("note", "query", "At most 255 characters."),
)


def _door(method: str, path: str, permission: Permission, view: View, result: Any, **more: Any) -> Door:
    return Door(method, path, permission, view, result, refusal=(shapes.HMAMessage, JSON), **more)


_upload = partial(_door, "POST", body=(FILE,), files=CONTENT_TYPES)

TABLE: tuple[Door, ...] = (
    _door("GET", "/h/hash", "match", hashing.hash_by_address, dict[str, str], parameters=(URL, CONTENT_TYPE, TYPES)),
    _upload("/h/hash", "match", hashing.hash_file, dict[str, str], parameters=(TYPES,)),
    _door(
        "GET",
        "/m/lookup",
        "match",
        matching.lookup,
        dict[str, Any],
        parameters=(SIGNAL, SIGNAL_TYPE, URL, CONTENT_TYPE, TYPES, BANKS, SEED, BYPASS),
    ),
    _upload(
        "/m/lookup", "match", matching.lookup_file, dict[str, matching.ByBank], parameters=(TYPES, BANKS, SEED, BYPASS)
    ),
    _door(
        "GET",
        "/m/raw_lookup",
        "match",
        matching.raw_lookup,
        shapes.HMARaw,
        parameters=(SIGNAL, SIGNAL_TYPE, BANKS, INCLUDE_DISTANCE),
    ),
    _door("GET", "/m/index/status", "match", state.index_status, dict[str, shapes.HMAIndex], parameters=(ONE_TYPE,)),
    _door("POST", "/m/compare", "match", matching.compare, matching.Compared, body=((JSON, shapes.Pairs),)),
    _door("GET", "/c/banks", "banks.read", banking.list_banks, list[shapes.HMABank]),
    _door(
        "POST",
        "/c/banks",
        "banks.write",
        banking.make_bank,
        shapes.HMABank,
        status=201,
        body=((JSON, shapes.HMABankIn),),
    ),
    _door("GET", BANK, "banks.read", banking.show_bank, shapes.HMABank),
    _door("PUT", BANK, "banks.write", banking.update_bank, shapes.HMABank, body=((JSON, shapes.HMABankPut),)),
    _door("DELETE", BANK, "banks.write", banking.drop_bank, shapes.HMAMessage),
    _upload(
        BANK + "/content",
        "contents.write",
        contents.add_content,
        shapes.HMAListed,
        body=((JSON, shapes.HMAAdd), FILE),
        parameters=(URL, CONTENT_TYPE, TYPES, RELIST, *ABOUT),
        fields={one.name: {} for one in ABOUT},
        is_body_required=False,
    ),
    _door(
        "POST",
        BANK + "/signal",
        "contents.write",
        contents.add_signals,
        shapes.HMAListed,
        body=((JSON, shapes.Signals),),
        parameters=(RELIST,),
    ),
    _door(
        "GET",
        CONTENT,
        "contents.read",
        contents.show_content,
        shapes.HMAContent,
        parameters=(INCLUDE_SIGNALS, INCLUDE_METADATA),
    ),
    _door(
        "PUT",
        CONTENT,
        "contents.write",
        contents.update_content,
        shapes.HMAChanged,
        body=((JSON, shapes.HMAContentPut),),
    ),
    _door("DELETE", CONTENT, "contents.write", contents.drop_content, shapes.HMADeleted),
    _door("GET", "/c/signal_type", "banks.read", state.signal_types, list[shapes.HMASignalType]),
    _door(
        "GET",
        "/c/signal_type/index",
        "contents.read",
        state.signal_type_index,
        dict[str, shapes.HMAIndexState],
        parameters=(ONE_TYPE,),
    ),
    _door("GET", "/c/content_type", "banks.read", state.content_types, list[shapes.HMAContentType]),
    _door("GET", "/c/exchanges/apis", "banks.read", state.exchange_apis, list[str]),
)
