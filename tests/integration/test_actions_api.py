"""Actions and webhooks over HTTP: a client's own, told as soon as they are there; another's never."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from amparo.access.limits import Limits
from amparo.access.service import Access
from amparo.access.settings import AccessSettings
from amparo.api.doors import Doors
from amparo.api.pulse import Pulse
from amparo.api.routes import application
from amparo.api.settings import APISettings
from amparo.banks.listing import tell_policy
from amparo.review.model import Wanted
from amparo.sealing.age import unseal
from amparo.uploads.service import UploadLog
from amparo.uploads.settings import UploadsSettings
from tests.acting import READER, acting_of
from tests.conftest import SetClock
from tests.integration.ledger import opened
from tests.receiver import receiving


class Api(SimpleNamespace):
    """http, doors, house, client ids by name."""

    def key(self, role: str, client: str) -> dict[str, str]:
        access = self.doors.access
        if client not in [one.name for one in access.clients()]:
            access.new_client(client)
        _key, text = access.new_key(role, role, client=client)
        self.clients[client] = next(one.id for one in access.clients() if one.name == client)
        return {"Authorization": f"Bearer {text}"}

    def order(self, client: str, item: str = "i1", action: str = "hide") -> int:
        with self.house.db.write() as connection:
            wanted = Wanted(self.clients[client], item, action, "decision", "staff:1")
            return self.doors.actions.order(connection, wanted)

    async def json(self, method: str, path: str, key: dict[str, str], status: int = 200, **more: Any) -> Any:
        told = await self.http.request(method, path, headers=key, **more)
        assert told.status_code == status, told.text
        return told.json() if told.content else None


@pytest.fixture
async def api(tmp_path: Path, clock: SetClock) -> AsyncIterator[Api]:
    with opened(tmp_path, clock) as house:
        async with receiving() as receiver:
            access, matcher, limits = (
                Access(house.db, clock, tell_policy),
                house.matcher(),
                Limits(tmp_path / "l", AccessSettings()),
            )
            acting = acting_of(house.banks, clock, f"127.0.0.1:{receiver.port} allow_private")
            doors = Doors(
                access, house.banks, matcher, None, limits, clock, APISettings(), "api-test",
                Pulse(matcher.lookup, 2_000), UploadLog(tmp_path / "u", UploadsSettings(), clock), *acting,
            )  # fmt: skip
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(application(doors)), base_url="http://t"
            ) as http:
                yield Api(http=http, doors=doors, house=house, receiver=receiver, clients={})
            acting[0].close()
            limits.close()


async def test_a_client_reads_its_own_actions_in_order(api: Api):
    mine, theirs, admin = api.key("platform", "site"), api.key("platform", "other"), api.key("admin", "desk")
    api.order("site", "i1", "hide")
    api.order("other", "o1", "hide")
    api.order("site", "i1", "restore")
    told = await api.json("GET", "/v1/actions?after=0", mine)
    assert [(one["item_id"], one["action"]) for one in told["actions"]] == [("i1", "hide"), ("i1", "restore")]
    assert set(told["actions"][0]) == {
        "action_id", "item_id", "action", "ground", "by", "at", "until", "reverses", "idempotency_key",
    }  # fmt: skip
    assert told["actions"][0]["by"] == "staff", "which of the staff is told to nobody outside"
    assert (await api.json("GET", f"/v1/actions?after={told['next']}", mine)) == {"actions": [], "next": told["next"]}
    assert len((await api.json("GET", "/v1/actions", theirs))["actions"]) == 1
    assert len((await api.json("GET", "/v1/actions", admin))["actions"]) == 3
    page = await api.json("GET", "/v1/actions?limit=1", mine)
    assert (len(page["actions"]), page["next"]) == (1, 1)


async def test_other_roles_read_none_and_manage_none(api: Api):
    for role in ("curator", "helper"):
        key = api.key(role, "site")
        for path in ("/v1/actions", "/v1/webhooks"):
            assert (await api.json("GET", path, key, 403))["slug"] == "role"


async def test_who_waits_is_told_at_once(api: Api):
    mine = api.key("platform", "site")
    api.key("platform", "other")
    begun = time.monotonic()
    waiting = [asyncio.create_task(api.json("GET", "/v1/actions?after=0&wait_s=30", mine)) for _ in range(3)]
    while len(api.doors.bell._waiting) < 3:
        await asyncio.sleep(0.01)
    await asyncio.to_thread(api.order, "other")
    while api.doors.bell._known < 1:
        await asyncio.sleep(0.01)
    assert not any(one.done() for one in waiting), "another client's action was told"
    await asyncio.to_thread(api.order, "site")
    told = await asyncio.gather(*waiting)
    assert [[one["item_id"] for one in each["actions"]] for each in told] == [["i1"]] * 3
    assert time.monotonic() - begun < 25


async def test_nobody_waits_beyond_what_was_asked_or_when_the_process_stops(api: Api):
    mine = api.key("platform", "site")
    assert await api.json("GET", "/v1/actions?wait_s=1", mine) == {"actions": [], "next": 0}
    waiting = [asyncio.create_task(api.json("GET", "/v1/actions?wait_s=60", mine)) for _ in range(4)]
    while len(api.doors.bell._waiting) < 4:
        await asyncio.sleep(0.01)
    fifth = await api.json("GET", "/v1/actions?wait_s=60", mine)
    assert fifth["actions"] == [], "it waited, though as many wait as may"
    assert not any(one.done() for one in waiting)
    api.doors.bell.ends_with(lambda: True)
    assert [one["actions"] for one in await asyncio.gather(*waiting)] == [[]] * 4


async def test_a_webhook_from_its_making_to_its_end(api: Api):
    mine = api.key("platform", "site")
    made = await api.json("POST", "/v1/webhooks", mine, 201, json={"url": api.receiver.url})
    path = f"/v1/webhooks/{made['webhook_id']}"
    assert made["secret"].startswith("whsec_")
    assert (made["client"], made["state"], made["waiting"]) == ("site", "live", 0)
    (listed,) = (await api.json("GET", "/v1/webhooks", mine))["webhooks"]
    assert "secret" not in listed
    assert await api.json("POST", path + "/test", mine) == {"delivered": True, "outcome": "204"}
    assert api.receiver.came[0].is_signed(made["secret"])
    api.order("site")
    assert (await api.json("GET", path, mine))["waiting"] == 1
    paused = await api.json("PATCH", path, mine, json={"paused": True})
    assert paused["state"] == "paused"
    renewed = await api.json("PATCH", path, mine, json={"renew_secret": True, "paused": False})
    assert renewed["secret"] != made["secret"]
    assert renewed["both_until"] is not None
    assert await api.json("GET", path + "/dead", mine) == {"dead": [], "next": 0}
    assert await api.json("POST", path + "/replay", mine, json={}) == {"waiting": 0}
    assert await api.json("DELETE", path, mine, 204) is None
    assert (await api.json("GET", path, mine, 404))["slug"] == "unknown_webhook"


async def test_another_clients_webhook_is_not_there(api: Api):
    mine, theirs, admin = api.key("platform", "site"), api.key("platform", "other"), api.key("admin", "desk")
    made = await api.json("POST", "/v1/webhooks", admin, 201, json={"url": api.receiver.url, "client": "Site"})
    path = f"/v1/webhooks/{made['webhook_id']}"
    assert (await api.json("GET", path, mine))["client"] == "site"
    for method, more, body in (
        ("GET", "", None), ("PATCH", "", {"paused": True}), ("DELETE", "", None), ("POST", "/test", None), ("GET", "/dead", None),
        ("POST", "/replay", {}),
    ):  # fmt: skip
        assert (await api.json(method, path + more, theirs, 404, json=body))["slug"] == "unknown_webhook"
    refused = await api.json("POST", "/v1/webhooks", theirs, 404, json={"url": api.receiver.url, "client": "site"})
    assert refused["slug"] == "unknown_client"
    assert (await api.json("GET", "/v1/webhooks", theirs))["webhooks"] == []
    assert len((await api.json("GET", "/v1/webhooks", admin))["webhooks"]) == 1


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "https://10.1.1.1/", "http://example.org/", "https://x@example.org/"]
)
async def test_no_webhook_leads_inside(api: Api, url: str):
    told = await api.json("POST", "/v1/webhooks", api.key("platform", "site"), 400, json={"url": url})
    assert told["slug"] == "bad_post_url"


async def test_a_client_gets_a_door_for_looks(api: Api):
    admin = api.key("admin", "site")
    path = f"/v1/clients/{api.clients['site']}"
    made = await api.json("PATCH", path, admin, json={"media_url": "https://site.test/items/{item_id}"})
    assert made["secret"].startswith("whsec_")
    assert (await api.json("PATCH", path, admin, 400, json={"media_url": "https://site.test/"}))[
        "slug"
    ] == "bad_media_url"
    assert (await api.json("PATCH", path, admin, json={"media_url": None}))["media_url"] is None
    assert (await api.json("PATCH", "/v1/clients/99", admin, 404, json={"media_url": None}))["slug"] == "unknown_client"
    far = f"/v1/clients/{10**30}"
    assert (await api.json("PATCH", far, admin, 404, json={"media_url": None}))["slug"] == "unknown_client"


async def test_a_cursor_ahead_of_the_record_is_refused(api: Api):
    assert (await api.json("GET", "/v1/actions?after=5", api.key("platform", "site"), 409))["slug"] == "cursor_ahead"


async def test_a_report_becomes_work_and_its_words_are_sealed(api: Api):
    mine = api.key("platform", "site")
    body = {
        "item_id": "i9",
        "reason": "threat",
        "where": "a group chat",
        "words": "They will post it.",
        "reported_by": "u-1",
    }
    told = await api.json("POST", "/v1/reports", mine, 201, json=body)
    assert told == {"report_id": 1}
    with api.house.db.read() as connection:
        row = connection.exec_driver_sql("SELECT item_id, reason, sealed FROM report").one()
        kind = connection.exec_driver_sql("SELECT kind FROM work").scalar_one()
    assert (row[0], row[1], kind) == ("i9", "threat", "report")
    assert b"post it" not in bytes(row[2])
    opened_words = json.loads(unseal(bytes(row[2]), READER.secret))
    assert opened_words == {"words": "They will post it.", "where": "a group chat", "reported_by": "u-1"}


async def test_a_reason_of_ones_own_words_is_sealed_too(api: Api):
    mine = api.key("platform", "site")
    await api.json("POST", "/v1/reports", mine, 201, json={"item_id": "i9", "reason": "he said he would"})
    with api.house.db.read() as connection:
        row = connection.exec_driver_sql("SELECT reason, sealed FROM report").one()
    assert row[0] == "other"
    assert json.loads(unseal(bytes(row[1]), READER.secret)) == {"reason": "he said he would"}


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ({"item_id": "", "reason": "other"}, "bad_item_id"), ({"item_id": "x" * 201, "reason": "other"}, "bad_item_id"),
        ({"item_id": "a\nb", "reason": "other"}, "bad_item_id"), ({"item_id": "i", "reason": "x" * 201}, "bad_words"),
        ({"item_id": "i", "reason": "other", "words": "x" * 4_001}, "bad_words"), ({"item_id": "i"}, "bad_json"),
        ({"item_id": "i", "reason": "other", "more": 1}, "bad_json"),
    ],
)  # fmt: skip
async def test_a_report_that_is_none_is_refused(api: Api, body: dict, slug: str):
    assert (await api.json("POST", "/v1/reports", api.key("platform", "site"), 400, json=body))["slug"] == slug
