"""Videos from file to verdict over the native routes: listed, met, exported, imported, withdrawn, counted alike by the doctor."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from skimage import data

from amparo.app.clock import SystemClock
from amparo.app.doctor.model import Installation
from amparo.app.doctor.serving import index_and_database
from amparo.app.local import local_api
from amparo.app.rooms import settings_of
from amparo.banks import service
from amparo.hashing import parse_value, video
from tests.hostile import drawing
from tests.pictures import saved
from tests.videos import Form, film

pytestmark = pytest.mark.once

SCENES = [data.chelsea(), data.coffee(), data.rocket(), data.immunohistochemistry()]
OTHERS = [np.asarray(drawing((640, 480), seed)) for seed in range(11, 15)]
LISTED = film(SCENES, 8)
SMALLER = film(SCENES, 8, Form("matroska", "libvpx-vp9", (320, 180), options={"deadline": "realtime", "cpu-used": "8"}))


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        local_api(settings_of(tmp_path / "var")) as app,
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        assert (await client.post("/v1/banks", json={"name": "A", "action": "hide"})).status_code == 201
        yield client


async def listed(http: httpx.AsyncClient, sent: bytes, bank: str = "A", **fields: str) -> dict:
    answer = await http.post(f"/v1/banks/{bank}/contents", files={"file": ("v", sent)}, data=fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def asked(http: httpx.AsyncClient, sent: bytes | list[dict]) -> dict:
    if isinstance(sent, bytes):
        answer = await http.post("/v1/match", content=sent, headers={"Content-Type": "video/mp4"})
    else:
        answer = await http.post("/v1/match", json={"signals": sent})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_listed_video_meets_its_copies_by_its_frames(http: httpx.AsyncClient):
    told = await listed(http, LISTED)
    assert [one["kind"] for one in told["signals"]] == ["vpdq", "md5", "sha256"]
    assert told["signals"][0]["profile"] == "vx1"
    assert told["video"] == {"seconds_hashed": 7.96, "seconds_told": 8.0, "cut": None}

    same = await asked(http, LISTED)
    (match,) = same["matches"]
    assert (match["kind"], match["distance_bits"], match["also"]) == ("vpdq", 0, ["md5", "sha256"])
    assert (match["query_share"], match["content_share"], match["threshold_bits"]) == (100.0, 100.0, 31)
    assert same["video"] == told["video"]

    smaller = await asked(http, SMALLER)
    (match,) = smaller["matches"]
    assert (match["kind"], match["content_id"], match["also"]) == ("vpdq", told["content_id"], [])
    assert match["query_share"] >= 80
    assert (smaller["verdict"], smaller["suggested_action"]) == ("match", "hide")

    # half of it is in the bank: 80 % of the query must be
    assert (await asked(http, film(SCENES[:2] + OTHERS[:2], 8)))["verdict"] == "no_match"
    assert (await asked(http, film(OTHERS, 8)))["verdict"] == "no_match"
    part = (await asked(http, film(SCENES, 4)))["matches"][0]
    assert part["query_share"] == 100.0
    assert part["content_share"] < 80
    (event, *_) = (await http.get("/v1/matches")).json()["events"]
    assert event["matches"][0]["query_share"] == 100.0


@pytest.mark.parametrize(
    ("changed", "view"),
    [
        ({"mirrored": True}, "mirror"),
        ({"form": Form(turned=180)}, "turn_180"),
        ({"from_s": 0.48, "seconds": 6}, "identity"),
        ({"from_s": 1.72, "seconds": 5, "mirrored": True}, "mirror"),
    ],
)
async def test_a_mirrored_turned_or_trimmed_copy_is_found(http: httpx.AsyncClient, changed: dict, view: str):
    await listed(http, LISTED)
    (match,) = (await asked(http, film(SCENES, **({"seconds": 8} | changed))))["matches"]
    assert match["view"] == view
    assert match["query_share"] >= 80


async def test_a_picture_tells_no_shares_and_no_video(http: httpx.AsyncClient):
    picture = saved(drawing((300, 200)), "PNG")
    await listed(http, picture)
    answer = (await http.post("/v1/match", content=picture)).json()
    assert answer["video"] is None
    assert "query_share" not in answer["matches"][0]


async def test_a_bank_says_how_near_frames_must_be(http: httpx.AsyncClient):
    await listed(http, LISTED)
    near = (await asked(http, SMALLER))["matches"][0]["distance_bits"]
    assert near > 0
    await http.patch("/v1/banks/A", json={"thresholds": {"vpdq": 0}})
    assert (await asked(http, SMALLER))["verdict"] == "no_match"
    assert (await asked(http, LISTED))["matches"][0]["threshold_bits"] == 0
    assert (await http.patch("/v1/banks/A", json={"thresholds": {"vpdq": 65}})).status_code == 400


async def test_values_travel_and_come_back(http: httpx.AsyncClient):
    told = await listed(http, LISTED)
    value = told["signals"][0]["value"]
    by_value = await asked(http, [{"kind": "vpdq", "value": value}])
    assert by_value["matches"][0]["content_share"] == 100.0
    exported = (await http.get("/v1/banks/A/export")).text
    await http.post("/v1/banks", json={"name": "B"})
    for outcome in ("added", "already"):
        answer = await http.post("/v1/banks/B/import", content=exported, headers={"Content-Type": "application/jsonl"})
        assert json.loads(answer.text.splitlines()[-1])["summary"][outcome] == 3
    banks = {one["bank"] for one in (await asked(http, [{"kind": "vpdq", "value": value}]))["matches"]}
    assert banks == {"A", "B"}

    frames = video.frames_of(parse_value("vpdq", value))
    again = json.dumps([f"{bytes(one['code']).hex()},49,{number}.0" for number, one in enumerate(frames)])
    answer = await asked(http, [{"kind": "vpdq", "value": again}])
    assert (answer["verdict"], answer["reason"], answer["quality"]) == ("unusable", "low_detail", {"vpdq": 49})
    refused = await http.post("/v1/banks/A/contents", json={"signals": [{"kind": "vpdq", "value": again}]})
    assert (refused.status_code, refused.json()["slug"]) == (422, "low_detail")


async def test_a_withdrawn_video_meets_no_more_and_stays_silent(http: httpx.AsyncClient):
    told = await listed(http, LISTED)
    assert (await http.delete(f"/v1/banks/A/contents/{told['content_id']}")).status_code == 200
    assert (await asked(http, SMALLER))["verdict"] == "no_match"
    again = await http.post("/v1/banks/A/contents", files={"file": ("v", LISTED)})
    assert (again.status_code, again.json()["slug"]) == (409, "withdrawn")
    alone = {"signals": [told["signals"][0]["value"] and {"kind": "vpdq", "value": told["signals"][0]["value"]}]}
    assert (await http.post("/v1/banks/A/contents", json=alone)).status_code == 409


async def test_a_blank_video_is_unusable_and_not_listed(http: httpx.AsyncClient):
    blank = film([np.full((480, 640, 3), 90, np.uint8)], 3)
    answer = await asked(http, blank)
    assert (answer["verdict"], answer["reason"], answer["quality"]) == ("unusable", "low_detail", {"vpdq": 0})
    refused = await http.post("/v1/banks/A/contents", files={"file": ("v", blank)})
    assert (refused.status_code, refused.json()["slug"]) == (422, "low_detail")


async def test_a_page_of_long_videos_is_cut_by_their_size(http: httpx.AsyncClient):
    longest = json.dumps([f"{number:064x},100,{number}.0" for number in range(video.FRAMES_MAX)])
    many = 3 + service.PAGE_BYTES_MAX // (video.FRAMES_MAX * video.FRAME.itemsize)
    ids = []
    for number in range(many):
        sent = {"signals": [{"kind": "vpdq", "value": longest}], "external_id": str(number)}
        answer = await http.post("/v1/banks/A/contents", json=sent)
        assert answer.status_code == 201, answer.text
        ids.append(answer.json()["content_id"])
    pages, after = [], 0
    while after is not None:
        page = (await http.get(f"/v1/banks/A/contents?after={after}")).json()
        pages.append([one["content_id"] for one in page["contents"]])
        after = page["next"]
    assert [len(page) for page in pages] == [many - 2, 2]
    assert [one for page in pages for one in page] == ids
    assert len((await http.get("/v1/banks/A/export")).text.splitlines()) == many


async def test_the_doctor_counts_videos_as_signals(http: httpx.AsyncClient, tmp_path: Path):
    await listed(http, LISTED)
    await listed(http, SMALLER)
    found = list(index_and_database(Installation(settings_of(tmp_path / "var"), tmp_path / "var", SystemClock())))
    assert [one.state for one in found if one.check == "index"] == ["ok"]
    assert "6 signals" in found[0].text
