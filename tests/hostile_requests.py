"""Hostile requests for tests: every route of the table with broken paths, headers and bodies, from a seed. Not a test.

They say what HTTP allows; what it does not, stands in tests/e2e/test_broken_clients.py.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amparo.api.routes import TABLE, Door

CODE = bytes(range(32)).hex()
WILD_TEXTS = (
    "", " ", "A", "a" * 10_000, "\u4e3e\u62a5", "\u202e", "\0", "\ud800", "' OR 1=1 --", "../../etc/passwd", "%00",
    "{{7*7}}", "-1", "1e999", "NaN", "true", "null", "[]", CODE, CODE.upper(), "f" * 63, "2026-05-19T08:30:00Z",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "forever", "positive", "pdq", "md5", "hide",
)  # fmt: skip
WILD_NUMBERS = (0, -1, 1, 2**31, 2**63 - 1, 2**63, 2**64, 10**400, 0.5, 1e308, -0.0)
WILD_TYPES = (
    "application/json", "application/jsonl", "text/csv", "application/octet-stream", "image/png", "video/mp4",
    "multipart/form-data", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/html",
    "", 'a/b; c="d', "application/json; charset=utf-16", "*/*",
)  # fmt: skip
HEADERS = (
    "Amparo-Item-Id", "Amparo-Uploader-Ref", "Amparo-Uploaded-At", "Amparo-Seed", "Accept", "Range", "If-Match",
    "Content-Encoding", "Cookie", "X-Forwarded-For", "Forwarded", "X-HTTP-Method-Override", "Accept-Language",
)  # fmt: skip
BODIES: Mapping[str, Any] = {
    "/v1/match": {"signals": [{"kind": "pdq", "value": CODE}], "banks": ["Fuzz"], "item_id": "a"},
    "/v1/banks": {"name": "New", "thresholds": {"pdq": 31}, "polarity": "positive", "staged_share": 1.0},
    "/v1/banks/{bank}": {"thresholds": {"pdq": 20}, "paused": False, "action": "review"},
    "/v1/banks/{bank}/contents": {"signals": [{"kind": "md5", "value": CODE[:32]}], "external_id": "e", "note": "n"},
    "/v1/banks/{bank}/contents/{id:int}": {"note": "n", "disable_until": None, "opinion": "positive_class"},
    "/v1/clients": {"name": "c"},
    "/v1/keys": {"name": "k", "role": "platform", "banks": ["Fuzz"], "rate_per_s": 5},
    "/m/compare": {"pdq": [CODE, CODE], "video_md5": [CODE[:32], CODE[:32]]},
    "/c/banks": {"name": "NEW", "enabled_ratio": "0.5", "enabled": True},
    "/c/bank/{bank}": {"name": "NEWER", "enabled_ratio": 0.5, "enabled": "true"},
    "/c/bank/{bank}/content": {"metadata": {"content_id": "a", "content_uri": "b", "json": {"c": 1}}, "note": "n"},
    "/c/bank/{bank}/signal": {"pdq": CODE, "video_md5": CODE[:32], "note": "n"},
    "/c/bank/{bank}/content/{id:int}": {"disable_until_ts": 0, "note": "n"},
}


@dataclass(frozen=True)
class Hostile:
    """One request."""

    method: str
    path: str
    headers: tuple[tuple[str, bytes], ...]
    body: bytes


def hostile_requests(count: int, doors: Sequence[Door] = TABLE, seed: int = 4) -> Iterator[Hostile]:
    """``count`` requests, all doors in turn."""
    chance = random.Random(seed)
    for number in range(count):
        door = doors[number % len(doors)]
        method = door.method if chance.random() < 0.9 else chance.choice(("GET", "POST", "PUT", "PATCH", "DELETE"))
        media_type, body = body_of(door, chance)
        if chance.random() < 0.15:
            media_type = chance.choice(WILD_TYPES)
        headers = [("Content-Type", media_type.encode())]
        headers += [
            (name, text(chance).encode("utf-8", "surrogatepass").translate(None, b"\0\r\n").strip()[:4_000])
            for name in HEADERS
            if chance.random() < 0.08
        ]
        yield Hostile(method, path_of(door, chance), tuple(headers), body)


def path_of(door: Door, chance: random.Random) -> str:
    """Its path filled in, mostly with what there is; then perhaps a wild query."""
    bank = "Fuzz" if chance.random() < 0.8 else text(chance)
    number = str(chance.randrange(1, 40)) if chance.random() < 0.8 else text(chance)
    path = door.path
    for place, value in (("{bank}", bank), ("{id:int}", number)):
        path = path.replace(place, quoted(value))
    if chance.random() < 0.3:
        names = [one.name for one in door.parameters if one.where == "query"] + ["after", "limit", "x"]
        path += "?" + "&".join(f"{chance.choice(names)}={quoted(text(chance))}" for _ in range(chance.randrange(1, 4)))
    return path


def quoted(value: str) -> str:
    return "".join(f"%{byte:02x}" for byte in value.encode("utf-8", "surrogatepass")[:2_000])


def text(chance: random.Random) -> str:
    return chance.choice(WILD_TEXTS) if chance.random() < 0.7 else str(chance.choice(WILD_NUMBERS))


def body_of(door: Door, chance: random.Random) -> tuple[str, bytes]:
    """Media type and body: one of those the door takes, then broken in some way or left alone."""
    if not door.body:
        return "application/json", b"" if chance.random() < 0.8 else chance.randbytes(chance.randrange(200))
    media_type, _ = chance.choice(list(door.body))
    media_type = media_type.replace("*", "png")
    if media_type == "application/json":
        return media_type, broken_json(BODIES.get(door.path, {}), chance)
    if media_type == "multipart/form-data":
        return "multipart/form-data; boundary=edge", damaged(form(chance.choice(list(door.files)), chance), chance)
    if media_type in {"application/jsonl", "text/csv"}:
        return media_type, damaged(list_of(media_type, chance), chance)
    return media_type, chance.randbytes(chance.choice((0, 1, 31, 32, 320, 3_200)))


def broken_json(sound: Any, chance: random.Random) -> bytes:
    """``sound`` with some of its parts put wrong; now and then no JSON at all."""
    if chance.random() < 0.1:
        return chance.choice((b"", b"{", b"[" * 50_000, b"nul", b"\xff\xfe", b'"\\ud800"', b"{}" * 3, b'{"a":1e99999}'))
    told = json.dumps(twisted(sound, chance)).encode()
    return damaged(told, chance) if chance.random() < 0.2 else told


def twisted(value: Any, chance: random.Random) -> Any:
    if chance.random() < 0.08:
        return chance.choice(
            (None, True, [], {}, text(chance), chance.choice(WILD_NUMBERS[:7]), [[]], {"a": {"b": []}})
        )
    if isinstance(value, dict):
        told = {name: twisted(part, chance) for name, part in value.items() if chance.random() > 0.05}
        return told | ({text(chance): text(chance)} if chance.random() < 0.05 else {})
    if isinstance(value, list):
        return [twisted(part, chance) for part in value] * chance.choice((1, 1, 1, 1, 0, 2, 70))
    return value


def form(part: str, chance: random.Random) -> bytes:
    fields = [
        (name, text(chance))
        for name in ("item_id", "banks", "note", "relist", "seed", "metadata")
        if chance.random() < 0.3
    ]
    parts = [f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields]
    parts.append(f'--edge\r\nContent-Disposition: form-data; name="{part}"; filename="a.png"\r\n\r\n')
    head = "".join(parts).encode("utf-8", "surrogatepass")
    return head + chance.randbytes(chance.randrange(100)) + b"\r\n--edge--\r\n"


def list_of(media_type: str, chance: random.Random) -> bytes:
    rows = [(chance.choice(("pdq", "md5", "x")), chance.choice((CODE, CODE[:32], text(chance)))) for _ in range(20)]
    if media_type == "text/csv":
        lines = ["kind,value,external_id,note", *(f"{kind},{value},e,n" for kind, value in rows)]
    else:
        lines = [json.dumps({"kind": kind, "value": value, "external_id": text(chance)}) for kind, value in rows]
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Cut, flipped, doubled, stuffed, or as it was."""
    if not data:
        return data
    at = chance.randrange(len(data))
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: data,
        lambda: data[:at],
        lambda: data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :],
        lambda: data[:at] + chance.randbytes(chance.randrange(1, 50)) + data[at:],
        lambda: data[:at] + data,
        lambda: data + b"\0" * chance.randrange(1, 100),
    )
    return chance.choice(ways)()
