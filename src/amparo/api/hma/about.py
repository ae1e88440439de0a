"""What a lister says of a content, HMA's `metadata`: content_id, content_uri and json. Kept as it came, read by nobody here.

In a JSON body it must have this form, as in HMA. Coop sends the bare json object as a text field, and the other two beside
it: HMA refuses that, we keep it under `json`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from amparo.errors import BadInput

FIELDS = {"content_id": str, "content_uri": str, "json": dict}


def from_json(sent: object) -> dict[str, Any]:
    """What stands in a JSON body. Raises: BadInput (bad_metadata)."""
    if not isinstance(sent, dict):
        raise BadInput("bad_metadata", "metadata should be a json object", "Keys: content_id, content_uri, json.")
    own = {name: value for name, value in sent.items() if name != "collab"}
    if not _is_form(own):
        raise BadInput("bad_metadata", "metadata has other keys or types", "Keys: content_id, content_uri, json.")
    return {name: value for name, value in own.items() if value is not None}


def from_text(beside: Mapping[str, str]) -> dict[str, Any]:
    """What stands in the text fields of a form or in a query string. Raises: BadInput (bad_metadata)."""
    told: dict[str, Any] = {}
    if beside.get("metadata"):
        sent = _object(beside["metadata"])
        own = {name: value for name, value in sent.items() if name != "collab"}
        told = from_json(own) if _is_form(own) else {"json": sent}
    apart = {"content_id": beside.get("content_id"), "content_uri": beside.get("content_uri")}
    return {name: value for name, value in apart.items() if value} | told


def told(metadata: str | None) -> dict[str, Any] | None:
    """What was kept, in HMA's form; what was listed elsewhere in another form stands under `json`."""
    if metadata is None:
        return None
    kept = msgspec.json.decode(metadata)
    if not isinstance(kept, dict) or not _is_form(kept):
        kept = {"json": kept}
    return {name: kept.get(name) for name in FIELDS}


def _is_form(sent: Mapping[str, Any]) -> bool:
    return all(name in FIELDS and isinstance(value, FIELDS[name] | None) for name, value in sent.items())


def _object(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise BadInput(
            "bad_metadata", "metadata must be a json object", "Keys: content_id, content_uri, json."
        ) from None
