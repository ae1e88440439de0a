"""The API over real rooms and real decoder children: list a picture, catch its copies, take it back."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from skimage import data

from amparo.access.limits import Limits
from amparo.access.service import Access
from amparo.access.settings import AccessSettings
from amparo.api.doors import Doors
from amparo.api.pulse import Pulse
from amparo.api.routes import TABLE, application
from amparo.api.settings import APISettings
from amparo.banks.listing import tell_policy
from amparo.banks.service import Banks
from amparo.banks.withdrawals import WithdrawalsFile
from amparo.hashing import KINDS, hash_pixels
from amparo.hashing.views import views_of
from amparo.match.lookup import Lookup
from amparo.match.recorder import Recorder
from amparo.match.service import Matcher
from amparo.match.settings import MatchSettings
from amparo.media.pool import MediaPool
from amparo.media.settings import MediaSettings
from amparo.store.db import Database
from amparo.store.schema import migrate
from amparo.uploads.service import UploadLog
from amparo.uploads.settings import UploadsSettings
from tests.acting import acting_of
from tests.ledgers import LEDGERS
from tests.signals import picture_kinds


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 5, 19, 8, 30, tzinfo=UTC)


@dataclass
class Api:
    http: httpx.AsyncClient
    doors: Doors
    media: MediaPool

    def key(self, role: str, client: str | None = None, banks: list[int] | None = None) -> dict[str, str]:
        if client and client not in [one.name for one in self.doors.access.clients()]:
            self.doors.access.new_client(client)
        _, text = self.doors.access.new_key(role, role, client=client, bank_ids=banks)
        return {"Authorization": f"Bearer {text}"}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    db, clock, key = Database(LEDGERS.url(tmp_path)), FixedClock(), b"k" * 32
    migrate(db, tmp_path / "lock")
    banks = Banks(db, clock, key, WithdrawalsFile(tmp_path / "withdrawals.log", key))
    limits, settings = Limits(tmp_path / "limits", AccessSettings()), MatchSettings()
    matcher = Matcher(db, clock, Lookup(db), Recorder(db, banks, settings), limits, settings)
    media = MediaPool(MediaSettings())
    access, pulse = Access(db, clock, tell_policy), Pulse(matcher.lookup, APISettings().lag_ms_max)
    uploads = UploadLog(tmp_path / "uploads", UploadsSettings(), clock)
    acting = acting_of(banks, clock)
    doors = Doors(access, banks, matcher, media, limits, clock, APISettings(), "api-test", pulse, uploads, *acting)
    transport = httpx.ASGITransport(application(doors))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield Api(http, doors, media)
    await media.stop()
    limits.close()
    acting[0].close()
    db.close()


def encoded(picture: Image.Image, name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, name, **options)
    return buffer.getvalue()


CAT = Image.fromarray(data.chelsea())
CODE = bytes(range(32)).hex()


async def test_a_listed_picture_meets_its_copies(api: Api) -> None:
    curator, platform = api.key("curator"), api.key("platform", "site")
    assert (
        await api.http.post("/v1/banks", json={"name": "Demo", "action": "hide"}, headers=curator)
    ).status_code == 201
    listed = await api.http.post(
        "/v1/banks/demo/contents", files={"file": ("a.png", encoded(CAT, "PNG"))}, headers=curator
    )
    assert listed.status_code == 201, listed.text
    assert [one["kind"] for one in listed.json()["signals"]] == [name for name in KINDS if name in picture_kinds()]
    copies = {
        "PNG": encoded(CAT, "PNG"),
        "JPEG": encoded(CAT, "JPEG", quality=80),
        "small": encoded(CAT.resize((300, 200)), "JPEG"),
        "WEBP": encoded(CAT, "WEBP", quality=80),
    }
    for name, copy in copies.items():
        answer = (
            await api.http.post("/v1/match", content=copy, headers=platform | {"Amparo-Item-Id": "件7".encode()})
        ).json()
        assert answer["verdict"] == "match", name
        assert answer["suggested_action"] == "hide"
        assert answer["matches"][0]["content_id"] == listed.json()["content_id"]
        assert answer["item_id"] == "件7"
    assert answer["matches"][0]["distance_bits"] <= 31
    events = (await api.http.get("/v1/matches", headers=platform)).json()["events"]
    assert [one["client"] for one in events] == ["site"] * 4
    assert events[0]["matches"][0]["view"] == "identity"


async def test_turning_mirroring_and_inverting_do_not_help(api: Api) -> None:
    curator = api.key("curator")
    await api.http.post("/v1/banks", json={"name": "A"}, headers=curator)
    listed = await api.http.post(
        "/v1/banks/A/contents", files={"file": ("a.png", encoded(CAT, "PNG"))}, headers=curator
    )
    altered = {
        "mirror": CAT.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "turn_90": CAT.transpose(Image.Transpose.ROTATE_90),  # a quarter back; a quarter clockwise sets it right
        "turn_180": CAT.transpose(Image.Transpose.ROTATE_180),
        "negative": Image.eval(CAT, lambda level: 255 - level),
    }
    for view, picture in altered.items():
        answer = (await api.http.post("/v1/match", content=encoded(picture, "JPEG"), headers=curator)).json()
        assert [(one["content_id"], one["view"]) for one in answer["matches"]] == [(listed.json()["content_id"], view)]


async def test_a_picture_within_a_picture_is_found(api: Api) -> None:
    curator = api.key("curator")
    await api.http.post("/v1/banks", json={"name": "A"}, headers=curator)
    await api.http.post("/v1/banks/A/contents", files={"file": ("a.png", encoded(CAT, "PNG"))}, headers=curator)
    for form, inner in {"": CAT, ".mirror": CAT.transpose(Image.Transpose.FLIP_LEFT_RIGHT)}.items():
        canvas = Image.new("RGB", (720, 1_280), (20, 20, 24))
        canvas.paste(inner.resize((720, 479)), (0, 300))
        answer = (await api.http.post("/v1/match", content=encoded(canvas, "JPEG"), headers=curator)).json()
        (met,) = answer["matches"]
        assert met["view"].startswith("frame_")
        assert met["view"].partition("frame_")[2][1:] == form
    listed = await api.http.post(
        "/v1/banks/A/contents", files={"file": ("b.jpg", encoded(canvas, "JPEG"))}, headers=curator
    )
    assert [one["kind"] for one in listed.json()["signals"]].count("pdq") == 1


async def test_a_client_that_hashes_itself_may_send_every_form(api: Api) -> None:
    curator = api.key("curator")
    await api.http.post("/v1/banks", json={"name": "A"}, headers=curator)
    pixels = np.asarray(CAT)
    value = hash_pixels(pixels).pdq.hex()
    await api.http.post("/v1/banks/A/contents", json={"signals": [{"kind": "pdq", "value": value}]}, headers=curator)
    forms = {name: hashed.code.hex() for name, hashed in views_of(pixels[:, ::-1]).items() if "frame" not in name}
    sent = [{"kind": "pdq", "value": code, "view": name} for name, code in forms.items()]
    sent += [{"kind": "pdq", "value": forms["identity"], "view": "frame_8.negative"}]
    answer = (await api.http.post("/v1/match", json={"signals": sent}, headers=curator)).json()
    assert [one["view"] for one in answer["matches"]] == ["mirror"]
    answer = (await api.http.post("/v1/match", json={"signals": sent[:1]}, headers=curator)).json()
    assert answer["verdict"] == "no_match"
    for unknown in ("sideways", "later_250/mirror"):  # how a film was sampled is no view
        sent[0]["view"] = unknown
        answer = await api.http.post("/v1/match", json={"signals": sent}, headers=curator)
        assert (answer.status_code, answer.json()["slug"]) == (400, "unknown_view")


async def test_hiding_behind_alpha_does_not_help(api: Api) -> None:
    curator = api.key("curator")
    await api.http.post("/v1/banks", json={"name": "A"}, headers=curator)
    await api.http.post("/v1/banks/A/contents", files={"file": ("a.png", encoded(CAT, "PNG"))}, headers=curator)
    faint = np.dstack([data.chelsea(), np.full(data.chelsea().shape[:2], 3, np.uint8)])
    answer = await api.http.post("/v1/match", content=encoded(Image.fromarray(faint), "PNG"), headers=curator)
    assert answer.json()["matches"][0]["view"] == "no_alpha"
    assert answer.json()["matches"][0]["distance_bits"] == 0


async def test_a_withdrawal_takes_effect_at_once_and_leaves_others_alone(api: Api) -> None:
    one, other = api.key("curator", "one"), api.key("curator", "other")
    await api.http.post("/v1/banks", json={"name": "A"}, headers=one)
    body = {"signals": [{"kind": "pdq", "value": CODE}], "external_id": "case-1"}
    mine = (await api.http.post("/v1/banks/A/contents", json=body, headers=one)).json()["content_id"]
    theirs = (await api.http.post("/v1/banks/A/contents", json=body, headers=other)).json()["content_id"]
    assert mine != theirs
    question = {"signals": body["signals"]}
    assert len((await api.http.post("/v1/match", json=question, headers=one)).json()["matches"]) == 2
    assert (await api.http.delete(f"/v1/banks/A/contents/{mine}", headers=one)).status_code == 200
    left = (await api.http.post("/v1/match", json=question, headers=one)).json()["matches"]
    assert [match["content_id"] for match in left] == [theirs]
    assert (await api.http.get(f"/v1/banks/A/contents/{mine}", headers=one)).status_code == 410
    again = await api.http.post("/v1/banks/A/contents", json=body, headers=one)
    assert (again.status_code, again.json()["slug"]) == (409, "withdrawn")
    back = await api.http.post("/v1/banks/A/contents", json=body | {"relist": True}, headers=one)
    assert back.status_code == 201


async def test_a_negative_bank_vetoes(api: Api) -> None:
    curator = api.key("curator")
    signal = {"signals": [{"kind": "pdq", "value": CODE}]}
    for name, polarity in (("Bad", "positive"), ("Harmless", "negative")):
        await api.http.post("/v1/banks", json={"name": name, "polarity": polarity}, headers=curator)
        await api.http.post(f"/v1/banks/{name}/contents", json=signal, headers=curator)
    answer = (await api.http.post("/v1/match", json=signal, headers=curator)).json()
    assert answer["verdict"] == "no_match"
    assert answer["vetoes"][0]["bank"] == "Harmless"


async def test_import_is_idempotent_and_names_bad_rows(api: Api) -> None:
    admin = api.key("admin")
    await api.http.post("/v1/banks", json={"name": "A"}, headers=admin)
    rows = [f'{{"kind":"pdq","value":"{n:064x}"}}' for n in range(50)] + ["not json", '{"kind":"pdq","value":"AB"}']
    for expected in ({"added": 50, "already": 0}, {"added": 0, "already": 50}):
        answer = await api.http.post(
            "/v1/banks/A/import", content="\n".join(rows), headers=admin | {"Content-Type": "application/jsonl"}
        )
        lines = [line for line in answer.text.splitlines() if line]
        assert len(lines) == 3
        assert '"row":51' in lines[0]
        assert all(f'"{name}":{number}' in lines[-1] for name, number in (expected | {"bad": 2}).items())
    exported = await api.http.get("/v1/banks/A/export", headers=admin)
    assert len(exported.text.splitlines()) == 50


async def test_nothing_opens_without_a_key_and_roles_hold(api: Api) -> None:
    platform = api.key("platform")
    for door in TABLE:
        path = door.path.replace("{bank}", "A").replace("{id:int}", "1")
        answer = await api.http.request(door.method, path)
        told = {"slug": "no_key"} if path.startswith("/v1/") else {}  # HMA's shapes have no slug
        assert (answer.status_code, answer.json() | told) == (401, answer.json()), path
    assert (await api.http.post("/v1/banks", json={"name": "A"}, headers=platform)).json()["slug"] == "role"
    assert (await api.http.get("/nowhere")).status_code == 401
    assert (await api.http.get("/nowhere", headers=platform)).status_code == 404
    assert (await api.http.get("/v1/match", headers=platform)).status_code == 405
    key_id = api.doors.access.keys()[0].id
    api.doors.access.end_key(key_id)
    assert (await api.http.get("/v1/matches", headers=platform)).json()["slug"] == "bad_key"


BAD = [
    ("POST", "/v1/match", {"content": b""}, 422, "empty_file"),
    ("POST", "/v1/match", {"content": b"\xff\xd8\xff\xe0nothing"}, 422, "undecodable"),
    ("POST", "/v1/match", {"content": b"x", "headers": {"Content-Type": "text/html"}}, 415, "wrong_media_type"),
    ("POST", "/v1/match", {"json": {"signals": []}}, 400, "no_signals"),
    ("POST", "/v1/match", {"json": {"signals": [{"kind": "pdq", "value": CODE.upper()}]}}, 400, "bad_value"),
    ("POST", "/v1/match", {"json": {"signals": [{"kind": "photodna", "value": CODE}]}}, 400, "unknown_kind"),
    ("POST", "/v1/match", {"json": {"signals": 3}}, 400, "bad_json"),
    ("POST", "/v1/match", {"content": b'{"a":\xff', "headers": {"Content-Type": "application/json"}}, 400, "bad_json"),
    (
        "POST",
        "/v1/match/batch",
        {"content": b"x", "headers": {"Content-Type": "application/octet-stream"}},
        400,
        "bad_batch",
    ),
    ("POST", "/v1/banks", {"json": {"name": "no spaces"}}, 400, "bad_bank_name"),
    ("POST", "/v1/banks", {"json": {"name": "a"}}, 409, "name_taken"),
    ("POST", "/v1/banks", {"json": {"name": "B", "thresholds": {"pdq": 999}}}, 400, "bad_threshold"),
    ("POST", "/v1/banks", {"json": {"name": "B", "staged_share": 2.0}}, 400, "bad_share"),
    ("GET", "/v1/banks/none", {}, 404, "unknown_bank"),
    ("GET", "/v1/banks/A/contents/77", {}, 404, "unknown_content"),
    ("GET", "/v1/banks/A/contents?after=x", {}, 400, "bad_number"),
]


@pytest.mark.parametrize(("method", "path", "what", "status", "slug"), BAD, ids=[f"{one[1]}-{one[4]}" for one in BAD])
async def test_bad_input_gets_its_name(api: Api, method: str, path: str, what: dict, status: int, slug: str) -> None:
    admin = api.key("admin")
    await api.http.post("/v1/banks", json={"name": "A"}, headers=admin)
    answer = await api.http.request(method, path, **(what | {"headers": admin | what.get("headers", {})}))
    assert (answer.status_code, answer.json()["slug"]) == (status, slug), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_blank_picture_is_unusable_and_a_killed_child_costs_one_request(api: Api) -> None:
    admin = api.key("admin")
    blank = encoded(Image.new("RGB", (200, 200), (9, 9, 9)), "PNG")
    answer = (await api.http.post("/v1/match", content=blank, headers=admin)).json()
    floors = [kind.quality_min for kind in KINDS.values() if kind.over == "pixels"]
    told = ("no_match", None) if None in floors else ("unusable", "low_detail")
    assert (answer["verdict"], answer["reason"]) == told
    before = api.media.pids()
    await api.media.stop()
    assert (await api.http.post("/v1/match", content=encoded(CAT, "PNG"), headers=admin)).json()[
        "verdict"
    ] == "no_match"
    assert set(api.media.pids()).isdisjoint(before)


async def test_openapi_names_every_route(api: Api) -> None:
    told = (await api.http.get("/openapi.json")).json()
    open_to_all = {"/livez", "/readyz", "/status", "/status/live"}
    assert set(told["paths"]) == {door.path.replace(":int", "") for door in TABLE} | open_to_all


async def test_probing_is_counted_whatever_part_of_a_code_changes(api: Api):
    admin, platform = api.key("admin"), api.key("platform", "Forum")
    await api.http.post("/v1/banks", json={"name": "Demo"}, headers=admin)
    await api.http.post(
        "/v1/banks/Demo/contents", json={"signals": [{"kind": "pdq", "value": "0" * 64}]}, headers=admin
    )
    most = AccessSettings().probes_per_content_max
    values = [f"{number:064x}" for number in range(most + 1)]  # the first bytes stay the same
    statuses = [
        (
            await api.http.post("/v1/match", json={"signals": [{"kind": "pdq", "value": value}]}, headers=platform)
        ).status_code
        for value in values
    ]
    assert statuses == [200] * most + [429]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/keys"),
        ("POST", "/v1/keys"),
        ("DELETE", "/v1/keys/1"),
        ("GET", "/v1/clients"),
        ("POST", "/v1/clients"),
    ],
)
async def test_a_key_limited_to_banks_manages_no_keys(api: Api, method: str, path: str):
    limited = api.key("admin", banks=[])
    answer = await api.http.request(method, path, json={"name": "more", "role": "admin"}, headers=limited)
    assert (answer.status_code, answer.json()["slug"]) == (403, "limited_key")


async def test_a_listing_into_a_bank_made_anew_is_not_lost_with_the_old_one(api: Api):
    admin = api.key("admin")
    signals = {"signals": [{"kind": "md5", "value": "0" * 32}]}
    await api.http.post("/v1/banks", json={"name": "Demo"}, headers=admin)
    await api.http.post("/v1/banks/Demo/contents", json=signals, headers=admin)
    await api.http.delete("/v1/banks/Demo", headers=admin)
    await api.http.post("/v1/banks", json={"name": "demo"}, headers=admin)
    listed = await api.http.post("/v1/banks/demo/contents", json=signals, headers=admin)
    assert (listed.status_code, listed.json()["outcome"]) == (201, "added")
    while api.doors.banks.purge():
        pass
    found = await api.http.post("/v1/match", json=signals, headers=admin)
    assert [one["content_id"] for one in found.json()["matches"]] == [listed.json()["content_id"]]


async def test_probing_is_counted_by_content_and_only_where_the_key_may_look(api: Api):
    admin = api.key("admin")
    most = AccessSettings().probes_per_content_max
    for name in ("Seen", "Hidden"):
        await api.http.post("/v1/banks", json={"name": name}, headers=admin)
    both = [{"kind": "pdq", "value": "0" * 64}, {"kind": "pdq", "value": "f" * 64}]
    await api.http.post("/v1/banks/Hidden/contents", json={"signals": both}, headers=admin)
    limited = api.key("platform", "Forum", banks=[api.doors.banks.bank("Seen").id])
    whole = api.key("platform", "Forum")

    async def ask(headers: dict[str, str], code: int) -> int:
        body = {"signals": [{"kind": "pdq", "value": f"{code:064x}"}]}
        return (await api.http.post("/v1/match", json=body, headers=headers)).status_code

    codes = [*range(most // 2), *(2**256 - 1 - number for number in range(most // 2))]
    assert {await ask(limited, code) for code in [*codes, most]} == {200}
    assert {await ask(whole, code) for code in codes} == {200}
    assert await ask(whole, most) == 429


async def test_no_client_takes_the_operators_name(api: Api):
    answer = await api.http.post("/v1/clients", json={"name": "Operator"}, headers=api.key("admin"))
    assert (answer.status_code, answer.json()["slug"]) == (409, "name_taken")
