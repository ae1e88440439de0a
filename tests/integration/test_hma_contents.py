"""HMA's bank contents: listed by file, address and hash; shown, noted, disabled, taken back, each through its own bank."""

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from tests.integration.hma import BLANK, CAT, CODE, COFFEE, NO_PICTURE, Shelf, bank, client_of, listed, photo, said
from tests.integration.test_api import Api, api

__all__ = ["api"]
NOW_TS = int(datetime(2026, 5, 19, 8, 30, tzinfo=UTC).timestamp())
ANY_URL = {"url": "http://pictures.test/cat.png"}
ABOUT = {"content_id": "ext-1", "content_uri": "https://example.org/1", "json": {"source": "t", "deep": {"a": [1]}}}


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(cat=CAT, coffee=COFFEE, clip=b"bytes of a video", blank=BLANK)


@pytest.fixture
async def http(api: Api, shelf: Shelf) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(api.doors, api.key("curator", "coop"), fetcher=shelf) as client:
        await bank(client, "A")
        yield client


async def shown(http: httpx.AsyncClient, content_id: int, **asked: str):
    answer = await http.get(f"/c/bank/A/content/{content_id}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_picture_in_a_form_is_listed_with_all_its_kinds(api: Api, http: httpx.AsyncClient) -> None:
    answer = await http.post("/c/bank/A/content", files=photo(CAT))
    assert answer.status_code == 200, answer.text
    listed = answer.json()
    assert list(listed["signals"]) == ["pdq"]
    assert listed["signals"] == (await http.post("/h/hash", files=photo(CAT))).json()
    kept = api.doors.banks.content(api.doors.banks.bank("A"), listed["id"])
    assert {one.kind for one in kept.signals} >= {"pdq", "md5", "sha256"}
    assert (await shown(http, listed["id"], include_signals="true"))["signals"] == listed["signals"]


async def test_a_picture_at_an_address_is_the_same_content(http: httpx.AsyncClient, shelf: Shelf) -> None:
    by_file = (await http.post("/c/bank/A/content", files=photo(CAT))).json()
    by_address = await http.post("/c/bank/A/content", params=ANY_URL | {"content_type": "photo"})
    assert (by_address.status_code, by_address.json()) == (200, by_file)
    assert shelf.asked == [ANY_URL["url"]]


async def test_a_video_is_listed_by_its_bytes(http: httpx.AsyncClient) -> None:
    md5 = hashlib.md5(b"bytes of a video").hexdigest()
    answer = await http.post("/c/bank/A/content", params={"url": "http://pictures.test/clip.mp4"})
    assert answer.json()["signals"] == {"video_md5": md5}
    assert (await http.post("/c/bank/A/content", files=photo(b"bytes of a video", "video"))).json() == answer.json()
    assert (await shown(http, answer.json()["id"], include_signals="true"))["signals"] == {"video_md5": md5}


async def test_hashes_are_listed_and_told_as_they_were_sent(http: httpx.AsyncClient) -> None:
    sent = {"pdq": CODE, "video_md5": "0" * 32}
    answer = await http.post("/c/bank/A/signal", json=sent | {"note": "of a campaign"})
    assert (answer.status_code, answer.json()["signals"]) == (200, sent)
    told = await shown(http, answer.json()["id"], include_signals="true")
    assert (told["signals"], told["note"]) == (sent, "of a campaign")


@pytest.mark.parametrize(
    "sent",
    [
        {}, {"note": "x"}, {"pdq": "banana"}, {"pdq": CODE.upper()}, {"pdq": CODE[:-1]}, {"pdq": ""}, {"pdq": None},
        {"pdq": 5}, {"pdq": [CODE]}, {"tmk": CODE}, {"video_md5": CODE}, {"pdq": CODE, "note": 5}, {"pdq": CODE, "note": "x" * 256},
    ],
)  # fmt: skip
async def test_hashes_that_are_none_are_refused(http: httpx.AsyncClient, sent) -> None:
    said(await http.post("/c/bank/A/signal", json=sent), 400)
    assert (await http.get("/v1/banks/A")).json()["contents"] == 0


@pytest.mark.parametrize(
    "form",
    [
        {}, {"files": photo(CAT, "file")}, {"files": photo(CAT, "")}, {"files": photo(NO_PICTURE)}, {"files": photo(BLANK)},
        {"files": photo(b"")}, {"files": [("photo", ("a", CAT)), ("photo", ("b", COFFEE))]}, {"data": {"photo": "words"}},
        {"files": photo(CAT), "data": {"metadata": "{"}}, {"files": photo(CAT), "data": {"metadata": "[1]"}},
        {"files": photo(CAT), "data": {"note": "x" * 256}}, {"content": b"--x", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": CAT, "headers": {"Content-Type": "image/png"}}, {"json": {"metadata": {}}},
    ],
)  # fmt: skip
async def test_forms_without_one_usable_file_are_refused(http: httpx.AsyncClient, form) -> None:
    said(await http.post("/c/bank/A/content", **form), 400)
    assert (await http.get("/v1/banks/A")).json()["contents"] == 0


async def test_what_is_said_of_a_content_in_a_json_body_is_kept(http: httpx.AsyncClient) -> None:
    body = {"metadata": ABOUT, "note": "Reported"}
    content_id = (await http.post("/c/bank/A/content", params=ANY_URL, json=body)).json()["id"]
    told = await shown(http, content_id)
    assert told["metadata"] == ABOUT | {"collab": None}
    assert told["note"] == "Reported"
    assert "metadata" not in await shown(http, content_id, include_metadata="false")
    assert "signals" not in told


@pytest.mark.parametrize(
    "metadata", [{"invalid": 5}, {"content_id": 5}, {"json": [1]}, [1], "x", {"content_uri": {}, "json": {}}]
)
async def test_a_json_body_must_have_hmas_form(http: httpx.AsyncClient, shelf: Shelf, metadata) -> None:
    said(await http.post("/c/bank/A/content", params=ANY_URL, json={"metadata": metadata}), 400)
    assert shelf.asked == []  # refused before anything is fetched


async def test_coops_bare_object_is_kept(http: httpx.AsyncClient) -> None:
    bare = {"itemId": "i-1", "tags": ["a"]}
    fields = {"content_id": "c-1", "content_uri": "https://coop.test/c-1", "metadata": json.dumps(bare)}
    by_form = (await http.post("/c/bank/A/content", files=photo(CAT), data=fields)).json()["id"]
    about = {"content_id": "c-1", "content_uri": "https://coop.test/c-1", "json": bare, "collab": None}
    assert (await shown(http, by_form))["metadata"] == about
    fields |= {"url": "http://pictures.test/coffee.png"}
    by_address = (await http.post("/c/bank/A/content", params=fields)).json()["id"]
    assert (await shown(http, by_address))["metadata"] == about


async def test_a_form_may_hold_hmas_form_too(http: httpx.AsyncClient) -> None:
    fields = {"metadata": json.dumps(ABOUT | {"collab": {"x": ["1"]}}), "note": "n"}
    content_id = (await http.post("/c/bank/A/content", files=photo(CAT), data=fields)).json()["id"]
    told = await shown(http, content_id)
    assert (told["metadata"], told["note"]) == (ABOUT | {"collab": None}, "n")


async def test_nothing_said_is_nothing_told(http: httpx.AsyncClient) -> None:
    body = {"metadata": {"json": None}, "note": ""}
    content_id = (await http.post("/c/bank/A/content", params=ANY_URL, json=body)).json()["id"]
    assert await shown(http, content_id) == {
        "id": content_id,
        "disable_until_ts": 1,
        "original_media_uri": None,
        "bank": {"name": "A", "matching_enabled_ratio": 1.0},
    }


async def test_what_was_listed_elsewhere_is_told_in_hmas_form(http: httpx.AsyncClient) -> None:
    sent = {"signals": [{"kind": "pdq", "value": CODE}], "metadata": ["a", 1]}
    content_id = (await http.post("/v1/banks/A/contents", json=sent)).json()["content_id"]
    assert (await shown(http, content_id))["metadata"]["json"] == ["a", 1]


async def test_a_note_is_set_changed_and_cleared(http: httpx.AsyncClient) -> None:
    (content_id,) = await listed(http, "A", CODE)
    for note in ("first", "second", ""):
        changed = await http.put(f"/c/bank/A/content/{content_id}", json={"note": note})
        assert changed.json()["note"] == (note or None)
        assert (await shown(http, content_id)).get("note", "") == note
    said(await http.put(f"/c/bank/A/content/{content_id}", json={"note": "x" * 256}), 400)


async def test_a_change_is_told_in_the_shape_hmas_clients_know(http: httpx.AsyncClient) -> None:
    content_id = (await http.post("/c/bank/A/content", params=ANY_URL, json={"metadata": ABOUT})).json()["id"]
    changed = await http.put(f"/c/bank/A/content/{content_id}", json={"disable_until_ts": NOW_TS + 60})
    assert changed.json() == {
        "id": content_id,
        "disable_until_ts": NOW_TS + 60,
        "collab_metadata": {},
        "original_media_uri": None,
        "bank": {"name": "A", "matching_enabled_ratio": 1.0},
        "user_metadata": {"content_id": "ext-1", "content_uri": "https://example.org/1", "json": ABOUT["json"]},
        "note": None,
    }


@pytest.mark.parametrize(
    ("ts", "meets"),
    [
        (0, False),
        (1, True),
        (NOW_TS + 60, False),
        (NOW_TS, True),
        (2, True),
        ("0", False),
        (NOW_TS + 364 * 86_400, False),
    ],
)
async def test_a_disabled_content_meets_nothing_not_even_raw(http: httpx.AsyncClient, ts, meets: bool) -> None:
    (content_id,) = await listed(http, "A", CODE)
    changed = await http.put(f"/c/bank/A/content/{content_id}", json={"disable_until_ts": ts})
    assert (changed.status_code, changed.json()["disable_until_ts"]) == (200, int(ts))
    assert (await shown(http, content_id))["disable_until_ts"] == int(ts)
    asked = {"signal": CODE, "signal_type": "pdq"}
    assert bool((await http.get("/m/lookup", params=asked)).json()) is meets
    assert bool((await http.get("/m/raw_lookup", params=asked)).json()["matches"]) is meets


@pytest.mark.parametrize("ts", [-1, 9_999_999_999, 1.5, "soon", "-5", None, True, [], 10**30, "9" * 5_000, "²"])
async def test_a_time_that_is_none_is_refused(http: httpx.AsyncClient, ts) -> None:
    (content_id,) = await listed(http, "A", CODE)
    said(await http.put(f"/c/bank/A/content/{content_id}", json={"disable_until_ts": ts, "note": "half"}), 400)
    assert (await shown(http, content_id))["disable_until_ts"] == 1
    assert "note" not in await shown(http, content_id)


async def test_a_content_is_reached_through_its_own_bank_only(http: httpx.AsyncClient) -> None:
    await bank(http, "B")
    (content_id,) = await listed(http, "A", CODE)
    said(await http.get(f"/c/bank/B/content/{content_id}"), 404)
    said(await http.put(f"/c/bank/B/content/{content_id}", json={"disable_until_ts": 0}), 404)
    assert (await http.delete(f"/c/bank/B/content/{content_id}")).json() == {"deleted": 0}
    assert (await shown(http, content_id))["disable_until_ts"] == 1


async def test_taking_back_is_a_withdrawal(http: httpx.AsyncClient) -> None:
    (content_id,) = await listed(http, "A", CODE)
    for deleted in (1, 0):
        answer = await http.delete(f"/c/bank/A/content/{content_id}")
        assert (answer.status_code, answer.json()) == (200, {"deleted": deleted})
    said(await http.get(f"/c/bank/A/content/{content_id}"), 404)
    said(await http.put(f"/c/bank/A/content/{content_id}", json={"note": "x"}), 404)
    assert (await http.get("/m/raw_lookup", params={"signal": CODE, "signal_type": "pdq"})).json() == {"matches": []}
    said(await http.post("/c/bank/A/signal", json={"pdq": CODE}), 409)  # what was withdrawn stays silent
    again = await http.post("/c/bank/A/signal", params={"relist": "true"}, json={"pdq": CODE})
    assert (again.status_code, again.json()["id"] != content_id) == (200, True)


async def test_a_content_that_never_was_is_not_found(http: httpx.AsyncClient) -> None:
    said(await http.get("/c/bank/A/content/1"), 404)
    said(await http.get("/c/bank/A/content/" + "9" * 5_000), 404)
    said(await http.delete("/c/bank/A/content/" + "9" * 5_000), 404)
    assert (await http.delete("/c/bank/A/content/1")).json() == {"deleted": 0}
    said(await http.get("/c/bank/A/content/one"), 404)
    said(await http.get("/c/bank/A/content"), 405)
