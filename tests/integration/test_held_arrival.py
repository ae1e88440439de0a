"""Uploads that meet something are sealed as they come in, by every route that takes media; what meets nothing leaves no trace."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from amparo.api.doors import Doors
from amparo.api.pulse import Pulse
from amparo.api.routes import application
from amparo.api.settings import APISettings
from amparo.app.looks import Looking, held_media
from amparo.app.rooms import SECTIONS, Rooms, open_rooms
from amparo.app.settings import load
from amparo.banks.model import BankPolicy
from amparo.media.pool import MediaPool
from amparo.media.settings import MediaSettings
from amparo.sealing.age import new_identity, unseal
from tests.acting import acting_of
from tests.hostile import drawing
from tests.integration.hma import photo
from tests.integration.looks import KnownWorks
from tests.ledgers import LEDGERS
from tests.pictures import saved

PICTURE = saved(drawing((640, 480), 3), "JPEG", quality=92)
OTHER = saved(drawing((640, 480), 4), "JPEG", quality=92)
KEY = new_identity()


@dataclass
class Api:
    rooms: Rooms
    http: httpx.AsyncClient

    def kept(self) -> list[bytes]:
        return [unseal(one.read_bytes(), KEY.secret) for one in sorted((self.rooms.data / "held").glob("*.age"))]


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    given = {**LEDGERS.variables(tmp_path, is_new=True), "AMPARO_REVIEW_MEDIA": "sealed"}
    rooms = open_rooms(load(tmp_path / "amparo.toml", given, SECTIONS, data=tmp_path))
    media = MediaPool(MediaSettings(children=1))
    pulse = Pulse(rooms.matcher.lookup, APISettings().lag_ms_max)
    looking = Looking(KnownWorks({}), tuple, lambda: [KEY.recipient], lambda _connection, _client_id: None)
    acting = acting_of(rooms.banks, rooms.clock)
    doors = Doors(
        rooms.access, rooms.banks, rooms.matcher, media, rooms.limits, rooms.clock, APISettings(), "api-test", pulse, rooms.uploads,
        *acting, held=held_media(rooms, looking),
    )  # fmt: skip
    _, key = rooms.access.new_key("test", "admin")
    headers = {"Authorization": f"Bearer {key}"}
    transport = httpx.ASGITransport(application(doors))
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as http:
        yield Api(rooms, http)
    await media.stop()
    acting[0].close()
    rooms.close()


async def listed(api: Api, bank: str = "A", picture: bytes = PICTURE, **policy) -> None:
    api.rooms.banks.new_bank(bank, BankPolicy(**policy))
    answer = await api.http.post(f"/v1/banks/{bank}/contents", files={"file": ("f", picture)})
    assert answer.status_code == 201, answer.text


async def asked(api: Api, picture: bytes, item: str = "post-1") -> str:
    answer = await api.http.post(
        "/v1/match", content=picture, headers={"amparo-item-id": item, "content-type": "image/jpeg"}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["suggested_action"]


async def test_what_meets_is_sealed_and_what_does_not_leaves_no_trace(api: Api) -> None:
    await listed(api)
    assert await asked(api, OTHER) == "none"
    assert api.kept() == []
    assert await asked(api, PICTURE) == "review"
    assert api.kept() == [PICTURE]
    run = PICTURE[len(PICTURE) // 2 :][:64]
    inside = [one for one in api.rooms.data.rglob("*") if one.is_file()]
    assert [one.name for one in inside if run in one.read_bytes()] == []


async def test_a_hide_is_kept_too_and_the_bank_of_children_is_not(api: Api) -> None:
    await listed(api, action="hide")
    assert await asked(api, PICTURE) == "hide"
    assert api.kept() == [PICTURE]
    await listed(api, "portal_under_18", OTHER, action="hide")
    assert await asked(api, OTHER, "post-2") == "hide"
    assert api.kept() == [PICTURE]


async def test_forms_and_hmas_route_are_as_good(api: Api) -> None:
    await listed(api)
    answer = await api.http.post("/v1/match", files={"file": ("f", PICTURE)}, data={"item_id": "post-1"})
    assert answer.status_code == 200
    assert len(api.kept()) == 1
    answer = await api.http.post("/m/lookup", files=photo(PICTURE))
    assert answer.status_code == 200, answer.text
    assert api.kept() == [PICTURE, PICTURE]


async def test_signals_alone_keep_nothing(api: Api) -> None:
    await listed(api)
    md5 = hashlib.md5(PICTURE).hexdigest()
    answer = await api.http.post("/v1/match", json={"signals": [{"kind": "md5", "value": md5}], "item_id": "post-1"})
    assert answer.json()["verdict"] == "match"
    assert api.kept() == []


async def test_a_full_disk_of_it_answers_all_the_same(api: Api) -> None:
    await listed(api)
    (api.rooms.data / "held").write_bytes(b"a file where the folder should be")
    assert await asked(api, PICTURE) == "review"
