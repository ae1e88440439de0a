"""Videos in HMA's words: listed and looked up by their frames and by their bytes, hashed by what HMA hashes them by."""

import asyncio
import dataclasses
import hashlib
import threading
from collections.abc import AsyncIterator
from itertools import islice

import httpx
import pytest
from skimage import data

from amparo.api.matching import LONG_MAX, LONG_SIGNALS_MIN
from amparo.match.model import Verdict
from amparo.match.service import Matcher
from amparo.media.model import Reading
from tests.integration.hma import CODE, bank, client_of, listed, photo, said
from tests.integration.test_api import Api, api
from tests.videos import Form, film

__all__ = ["api"]
SCENES = [data.chelsea(), data.coffee(), data.rocket()]
LISTED = film(SCENES, 6)
SMALLER = film(SCENES, 6, Form("matroska", "libvpx-vp9", (320, 180), options={"deadline": "realtime", "cpu-used": "8"}))
MD5 = hashlib.md5(LISTED).hexdigest()


@pytest.fixture
async def http(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(api.doors, api.key("curator", "coop")) as client:
        await bank(client, "A")
        yield client


async def test_a_video_is_hashed_by_its_frames_where_that_is_asked(http: httpx.AsyncClient) -> None:
    assert (await http.post("/h/hash", files=photo(LISTED, "video"))).json() == {"video_md5": MD5}
    named = (await http.post("/h/hash?types=vpdq,video_md5", files=photo(LISTED, "video"))).json()
    assert named["video_md5"] == MD5
    native = (await http.post("/v1/banks/A/contents", files={"file": ("v", LISTED)})).json()
    assert named["vpdq"] == next(one["value"] for one in native["signals"] if one["kind"] == "vpdq")
    said(await http.post("/h/hash?types=vpdq", files=photo(b"no video", "video")), 400)


async def test_an_altered_copy_is_found_by_its_frames(http: httpx.AsyncClient) -> None:
    listed = (await http.post("/c/bank/A/content", files=photo(LISTED, "video"))).json()
    assert listed["signals"] == {"video_md5": MD5}
    kept = (await http.get(f"/c/bank/A/content/{listed['id']}", params={"include_signals": "true"})).json()["signals"]
    assert set(kept) == {"video_md5", "vpdq"}
    same = (await http.post("/m/lookup", files=photo(LISTED, "video"))).json()
    met = {"A": [{"bank_content_id": listed["id"], "distance": "0"}]}
    assert same == {"video_md5": met, "vpdq": met}
    altered = (await http.post("/m/lookup", files=photo(SMALLER, "video"))).json()
    assert altered["video_md5"] == {}
    assert [one["bank_content_id"] for one in altered["vpdq"]["A"]] == [listed["id"]]
    assert (await http.post("/m/lookup?types=video_md5", files=photo(SMALLER, "video"))).json() == {"video_md5": {}}
    asked = {"signal": kept["vpdq"], "signal_type": "vpdq"}
    assert (await http.get("/m/lookup", params=asked)).json() == met
    assert (await http.get("/m/raw_lookup", params=asked)).json() == {"matches": [listed["id"]]}


async def test_frames_are_listed_as_a_hash(http: httpx.AsyncClient) -> None:
    vpdq = (await http.post("/h/hash?types=vpdq", files=photo(LISTED, "video"))).json()["vpdq"]
    listed = await http.post("/c/bank/A/signal", json={"vpdq": vpdq})
    assert (listed.status_code, listed.json()["signals"]) == (200, {"vpdq": vpdq})
    found = (await http.post("/m/lookup", files=photo(SMALLER, "video"))).json()
    assert found["vpdq"]["A"][0]["bank_content_id"] == listed.json()["id"]
    said(await http.post("/c/bank/A/signal", json={"vpdq": "f" * 64}), 400)
    said(await http.post("/m/compare", json={"vpdq": [vpdq, vpdq]}), 400)


async def test_a_video_without_detail_is_still_known_by_its_bytes(http: httpx.AsyncClient) -> None:
    grey = film([data.chelsea() * 0 + 128], 3)
    assert (await http.post("/m/lookup", files=photo(grey, "video"))).json() == {"video_md5": {}, "vpdq": {}}
    listed = (await http.post("/c/bank/A/content", files=photo(grey, "video"))).json()
    found = (await http.post("/m/lookup", files=photo(grey, "video"))).json()
    assert found["video_md5"] == {"A": [{"bank_content_id": listed["id"], "distance": "0"}]}


async def test_the_indexes_count_videos_as_the_ledger_does(http: httpx.AsyncClient) -> None:
    await http.post("/c/bank/A/content", files=photo(LISTED, "video"))
    state = (await http.get("/c/signal_type/index")).json()
    assert {name: (one["db_size"], one["index_size"], one["index_out_of_date"]) for name, one in state.items()} == {
        "pdq": (0, 0, False),
        "video_md5": (1, 1, False),
        "vpdq": (1, 1, False),
    }


@dataclasses.dataclass(frozen=True)
class Waiting(Matcher):
    """A matcher whose judging waits for ``go_on``, as if each question took for ever."""

    go_on: threading.Event = dataclasses.field(default_factory=threading.Event)

    def judge(self, *asked) -> Verdict:
        self.go_on.wait()
        return Matcher.judge(self, *asked)


@dataclasses.dataclass
class Again:
    """Reads one file whatever comes: the media room is another bound."""

    reading: Reading

    async def read(self, _data: bytes) -> Reading:
        return self.reading


@pytest.mark.parametrize("way", ["hash", "file"])
async def test_long_questions_are_bounded_as_by_our_own_route(api: Api, way: str) -> None:
    matcher, go_on = api.doors.matcher, threading.Event()
    waiting = Waiting(*(getattr(matcher, one.name) for one in dataclasses.fields(matcher)), go_on)
    media = Again(await api.media.read(LISTED))
    frames = ",".join(f'"{CODE},100,{second}.000"' for second in range(LONG_SIGNALS_MIN))
    by_hash = {"params": {"signal": f"[{frames}]", "signal_type": "vpdq"}}
    method, asked = ("GET", by_hash) if way == "hash" else ("POST", {"files": photo(b"a video", "video")})
    async with client_of(api.doors, api.key("curator"), matcher=waiting, media=media) as http:
        await bank(http, "A")
        (content_id,) = await listed(http, "A", CODE)
        try:
            questions = [asyncio.create_task(http.request(method, "/m/lookup", **asked)) for _ in range(60)]
            async with asyncio.timeout(30):
                refused = [await one for one in islice(asyncio.as_completed(questions), 60 - LONG_MAX)]
                withdrawn = await http.delete(f"/c/bank/A/content/{content_id}")
        finally:
            go_on.set()
        assert withdrawn.json() == {"deleted": 1}
        for one in refused:
            said(one, 503)
        assert [(await one).status_code for one in questions].count(200) == LONG_MAX
