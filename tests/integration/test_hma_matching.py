"""HMA's /h and /m: hashes of a file, and what a file or a hash meets by bank, with distances as text."""

import hashlib
from collections.abc import AsyncIterator

import httpx
import pytest
from PIL import Image, ImageOps
from skimage import data

from amparo.match.judge import is_in_share
from tests.integration.hma import (
    BLANK,
    CAT,
    CODE,
    COFFEE,
    NO_PICTURE,
    Shelf,
    bank,
    client_of,
    flipped,
    listed,
    photo,
    png,
    said,
)
from tests.integration.test_api import Api, api

__all__ = ["api"]
TYPES = ("pdq", "video_md5", "vpdq")
FAR = flipped(CODE, 256)


@pytest.fixture
async def http(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    shelf = Shelf(cat=CAT, coffee=COFFEE, clip=b"bytes of a video", blank=BLANK)
    async with client_of(api.doors, api.key("curator", "coop"), fetcher=shelf) as client:
        yield client


def pdq(code: str, **more: str) -> dict[str, str]:
    return {"signal": code, "signal_type": "pdq", **more}


async def test_the_hash_of_a_picture_is_the_one_listed_elsewhere(http: httpx.AsyncClient) -> None:
    hashed = await http.post("/h/hash", files=photo(CAT))
    assert hashed.status_code == 200
    assert list(hashed.json()) == ["pdq"]
    await http.post("/v1/banks", json={"name": "A"})
    native = (await http.post("/v1/banks/A/contents", files={"file": ("a", CAT)})).json()["signals"]
    assert hashed.json()["pdq"] in [one["value"] for one in native]
    assert (await http.get("/h/hash", params={"url": "http://pictures.test/cat.png"})).json() == hashed.json()


async def test_a_video_is_hashed_by_its_bytes_whatever_they_are(http: httpx.AsyncClient) -> None:
    for told in (CAT, b"bytes of a video"):
        hashed = await http.post("/h/hash", files=photo(told, "video"))
        assert hashed.json() == {"video_md5": hashlib.md5(told).hexdigest()}
    by_address = await http.get("/h/hash", params={"url": "http://pictures.test/clip.mp4"})
    assert by_address.json() == hashed.json()


async def test_the_first_bytes_go_before_what_a_server_says(http: httpx.AsyncClient) -> None:
    assert list((await http.get("/h/hash", params={"url": "http://pictures.test/cat.mp4"})).json()) == ["pdq"]
    said(await http.get("/h/hash", params={"url": "http://pictures.test/clip.html"}), 400)
    asked = {"url": "http://pictures.test/clip.html", "content_type": "video"}
    assert list((await http.get("/h/hash", params=asked)).json()) == ["video_md5"]


async def test_too_little_detail_is_an_empty_hash_and_no_lookup(http: httpx.AsyncClient) -> None:
    assert (await http.post("/h/hash", files=photo(BLANK))).json() == {"pdq": ""}
    said(await http.post("/m/lookup", files=photo(BLANK)), 400)
    said(await http.get("/m/lookup", params={"url": "http://pictures.test/blank.png"}), 400)
    said(await http.get("/m/lookup", params={"signal": "", "signal_type": "pdq"}), 400)


async def test_types_choose_among_those_of_the_content_type(http: httpx.AsyncClient) -> None:
    assert list((await http.post("/h/hash?types=pdq,%20pdq", files=photo(CAT))).json()) == ["pdq"]
    for types in ("video_md5", "tmk", "", ","):
        said(await http.post("/h/hash", params={"types": types}, files=photo(CAT)), 400)
        said(await http.get("/h/hash", params={"url": "http://pictures.test/cat", "types": types}), 400)


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("/h/hash", {}, 422),
        ("/h/hash", {"url": "http://pictures.test/cat", "content_type": "sound"}, 400),
        ("/m/lookup", {}, 400),
        ("/m/lookup", {"signal": CODE}, 400),
        ("/m/lookup", {"signal_type": "pdq"}, 400),
        ("/m/lookup", pdq("banana"), 400),
        ("/m/lookup", pdq(CODE.upper()), 400),
        ("/m/lookup", {"signal": CODE, "signal_type": "tmk"}, 400),
        ("/m/lookup", pdq(CODE, bypass_coinflip="perhaps"), 422),
        ("/m/raw_lookup", {}, 422),
        ("/m/raw_lookup", {"signal": CODE}, 422),
        ("/m/raw_lookup", pdq(""), 400),
        ("/m/raw_lookup", pdq(CODE, include_distance="far"), 422),
        ("/m/index/status", {"signal_type": "tmk"}, 400),
        ("/c/signal_type/index", {"signal_type": "tmk"}, 400),
    ],
)
async def test_questions_that_are_none_are_refused(http: httpx.AsyncClient, path: str, asked, status: int) -> None:
    said(await http.get(path, params=asked), status)


async def test_a_file_that_no_decoder_reads_is_refused_in_words(http: httpx.AsyncClient) -> None:
    for path in ("/h/hash", "/m/lookup"):
        said(await http.post(path, files=photo(NO_PICTURE)), 400)


async def test_hashes_are_found_by_bank_with_their_distance(http: httpx.AsyncClient) -> None:
    await bank(http, "A")
    await bank(http, "B")
    near, edge, _ = await listed(http, "A", flipped(CODE, 4), flipped(CODE, 31), flipped(CODE, 32))
    (same,) = await listed(http, "B", CODE)
    found = await http.get("/m/lookup", params=pdq(CODE))
    assert found.json() == {
        "B": [{"bank_content_id": same, "distance": "0"}],
        "A": [{"bank_content_id": near, "distance": "4"}, {"bank_content_id": edge, "distance": "31"}],
    }
    assert (await http.get("/m/lookup", params=pdq(FAR))).json() == {}


async def test_banks_narrow_the_question_and_unknown_ones_meet_nothing(http: httpx.AsyncClient) -> None:
    for name in ("A", "B", "C"):
        await bank(http, name)
        await listed(http, name, CODE)
    for banks, met in [("A", ["A"]), ("A,C", ["A", "C"]), ("NONE", []), ("a, NONE", ["A"]), ("", ["A", "B", "C"])]:
        assert list((await http.get("/m/lookup", params=pdq(CODE, banks=banks))).json()) == met, banks
        raw = (await http.get("/m/raw_lookup", params=pdq(CODE, banks=banks))).json()["matches"]
        assert len(raw) == len(met), banks


async def test_a_raw_lookup_gives_ids_or_distances_as_text(http: httpx.AsyncClient) -> None:
    await bank(http, "A")
    one, two = await listed(http, "A", CODE, flipped(CODE, 3))
    assert (await http.get("/m/raw_lookup", params=pdq(CODE))).json() == {"matches": [one, two]}
    told = await http.get("/m/raw_lookup", params=pdq(CODE, include_distance="True"))
    assert told.json() == {
        "matches": [{"bank_content_id": one, "distance": "0"}, {"bank_content_id": two, "distance": "3"}]
    }


async def test_raw_ignores_share_and_pause_and_leaves_no_event(http: httpx.AsyncClient) -> None:
    await bank(http, "OFF", enabled_ratio=0)
    await bank(http, "PAUSED")
    await listed(http, "OFF", CODE)
    await listed(http, "PAUSED", CODE)
    await http.patch("/v1/banks/PAUSED", json={"paused": True})
    assert (await http.get("/m/lookup", params=pdq(CODE))).json() == {}
    assert len((await http.get("/m/raw_lookup", params=pdq(CODE))).json()["matches"]) == 2
    bypassed = await http.get("/m/lookup", params=pdq(CODE, bypass_coinflip="true"))
    assert set(bypassed.json()) == {"OFF", "PAUSED"}
    assert (await http.get("/v1/matches")).json()["events"] == []


async def test_a_negative_bank_vetoes_in_hmas_words_too(http: httpx.AsyncClient) -> None:
    await bank(http, "A")
    await http.post("/v1/banks", json={"name": "HARMLESS", "polarity": "negative"})
    await listed(http, "A", flipped(CODE, 2))
    await listed(http, "HARMLESS", CODE)
    assert (await http.get("/m/lookup", params=pdq(CODE))).json() == {}
    assert (await http.get("/m/raw_lookup", params=pdq(CODE))).json() == {"matches": []}
    await http.patch("/v1/banks/HARMLESS", json={"paused": True})
    assert list((await http.get("/m/lookup", params=pdq(CODE))).json()) == ["A"]
    assert len((await http.get("/m/raw_lookup", params=pdq(CODE))).json()["matches"]) == 1  # its pause holds there


async def test_the_seed_decides_the_share_else_the_bytes_else_the_hash(api: Api, http: httpx.AsyncClient) -> None:
    await bank(http, "HALF", enabled_ratio="0.5")
    await http.post("/c/bank/HALF/content", files=photo(CAT))
    code = (await http.post("/h/hash", files=photo(CAT))).json()["pdq"]
    key = api.doors.banks.bank("HALF").key
    answers = set()
    for seed in map(str, range(20)):
        expected = is_in_share(0.5, key, b"seed:" + seed.encode())
        answers.add(expected)
        for _ in range(2):
            assert bool((await http.get("/m/lookup", params=pdq(code, seed=seed))).json()) is expected
        by_file = await http.post("/m/lookup", params={"seed": seed}, files=photo(CAT))
        assert bool(by_file.json()["pdq"]) is expected
    assert answers == {True, False}
    by_bytes = is_in_share(0.5, key, b"code:" + hashlib.sha256(CAT).digest())
    assert bool((await http.post("/m/lookup", files=photo(CAT))).json()["pdq"]) is by_bytes
    by_hash = is_in_share(0.5, key, b"code:" + bytes.fromhex(code))
    assert bool((await http.get("/m/lookup", params=pdq(code))).json()) is by_hash
    assert bool((await http.post("/m/lookup?bypass_coinflip=true", files=photo(CAT))).json()["pdq"])


async def test_a_file_is_looked_up_by_type_and_leaves_an_event(http: httpx.AsyncClient) -> None:
    await bank(http, "A")
    content_id = (await http.post("/c/bank/A/content", files=photo(CAT))).json()["id"]
    expected = {"pdq": {"A": [{"bank_content_id": content_id, "distance": "0"}]}}
    assert (await http.post("/m/lookup", files=photo(CAT))).json() == expected
    by_address = {"url": "http://pictures.test/cat.png"}
    assert (await http.get("/m/lookup", params=by_address)).json() == expected
    named = await http.get("/m/lookup", params=by_address | {"signal_type": "pdq"})
    assert named.json() == expected["pdq"]  # the outer key is left out
    assert (await http.get("/m/lookup", params=by_address | {"signal_type": "video_md5"})).json() == {}
    assert (await http.post("/m/lookup", files=photo(COFFEE))).json() == {"pdq": {}}
    events = (await http.get("/v1/matches")).json()["events"]
    assert [one["matches"][0]["content_id"] for one in events] == [content_id] * 4


async def test_the_same_bytes_meet_even_where_no_decoder_reads_them(http: httpx.AsyncClient) -> None:
    await bank(http, "A")
    md5 = hashlib.md5(NO_PICTURE).hexdigest()
    content_id = (await http.post("/c/bank/A/signal", json={"md5": md5})).json()["id"]
    found = await http.post("/m/lookup", files=photo(NO_PICTURE))
    assert found.json() == {"pdq": {"A": [{"bank_content_id": content_id, "distance": "0"}]}}


async def test_a_video_is_looked_up_by_its_bytes(http: httpx.AsyncClient) -> None:
    await bank(http, "A")
    listed = (await http.post("/c/bank/A/content", files=photo(b"bytes of a video", "video"))).json()
    met = [{"bank_content_id": listed["id"], "distance": "0"}]
    assert (await http.post("/m/lookup", files=photo(b"bytes of a video", "video"))).json() == {"video_md5": {"A": met}}
    assert (await http.post("/m/lookup", files=photo(b"another", "video"))).json() == {"video_md5": {}}
    by_hash = {"signal": listed["signals"]["video_md5"], "signal_type": "video_md5"}
    assert (await http.get("/m/lookup", params=by_hash)).json() == {"A": met}


async def test_turned_copies_are_no_worse_found_than_by_our_own_route(http: httpx.AsyncClient) -> None:
    await bank(http, "A")
    await http.post("/c/bank/A/content", files=photo(CAT))
    mirrored = png(ImageOps.mirror(Image.fromarray(data.chelsea())))
    native = (await http.post("/v1/match", content=mirrored)).json()
    theirs = (await http.post("/m/lookup", files=photo(mirrored))).json()
    assert [one["content_id"] for one in native["matches"]] == [
        one["bank_content_id"] for one in theirs["pdq"].get("A", [])
    ]


async def test_hashes_are_compared(http: httpx.AsyncClient) -> None:
    pairs = {"pdq": [CODE, flipped(CODE, 9)], "video_md5": ["0" * 32, "0" * 31 + "3"]}
    assert (await http.post("/m/compare", json=pairs)).json() == {
        "pdq": [True, {"distance": 9}],
        "video_md5": [False, {"distance": 2}],
    }
    assert (await http.post("/m/compare", json={"pdq": [CODE, flipped(CODE, 32)]})).json()["pdq"][0] is False
    assert (await http.post("/m/compare", json={"video_md5": ["0" * 32] * 2})).json()["video_md5"][0] is True


@pytest.mark.parametrize(
    "sent",
    [
        ["banana"], {"pdq": "banana"}, {"pdq": []}, {"pdq": ["banana", "banana"]}, {"pdq": [CODE] * 3}, {"pdq": [CODE, 5]},
        {"tmk": [CODE, CODE]}, {"pdq": [CODE, None]},
    ],
)  # fmt: skip
async def test_comparisons_that_are_none_are_refused(http: httpx.AsyncClient, sent) -> None:
    said(await http.post("/m/compare", json=sent), 400)


async def test_the_indexes_are_told_as_they_are(http: httpx.AsyncClient) -> None:
    empty = (await http.get("/m/index/status")).json()
    assert empty == {name: {"present": True, "built_to": -1, "size": 0} for name in TYPES}
    await bank(http, "A")
    await listed(http, "A", CODE, FAR)
    told = (await http.get("/m/index/status", params={"signal_type": "pdq"})).json()
    assert told == {"pdq": {"present": True, "built_to": 1_779_179_400, "size": 2}}
    state = (await http.get("/c/signal_type/index")).json()
    assert set(state) == set(TYPES)
    assert state["pdq"] == {
        "db_size": 2,
        "index_size": 2,
        "index_out_of_date": False,
        "newest_db_item": 1_779_179_400,
        "index_built_to": 1_779_179_400,
    }
    assert list((await http.get("/c/signal_type/index", params={"signal_type": "pdq"})).json()) == ["pdq"]


async def test_types_and_exchanges_are_told(http: httpx.AsyncClient) -> None:
    assert (await http.get("/c/signal_type")).json() == [
        {"name": "pdq", "enabled_ratio": 1.0},
        {"name": "video_md5", "enabled_ratio": 1.0},
        {"name": "vpdq", "enabled_ratio": 1.0},
    ]
    assert (await http.get("/c/content_type")).json() == [
        {"name": "photo", "enabled": True},
        {"name": "video", "enabled": True},
    ]
    assert (await http.get("/c/exchanges/apis")).json() == []
