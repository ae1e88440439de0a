"""Every route of the API, by nobody, an ended key and each role, at what is another's: a bank the key does not see, another client's webhook,
actions, matches and key. Generated from the table of routes; what is expected comes of the matrix of roles. No answer holds a word of it.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from amparo.access.limits import Limits
from amparo.access.model import MATRIX, ROLES, Role
from amparo.access.service import Access
from amparo.access.settings import AccessSettings
from amparo.api.door import Door
from amparo.api.doors import Doors
from amparo.api.pulse import Pulse
from amparo.api.routes import TABLE, application
from amparo.api.settings import APISettings
from amparo.banks.listing import tell_policy
from amparo.media.pool import MediaPool
from amparo.media.settings import MediaSettings
from amparo.review.model import Wanted
from amparo.uploads.service import UploadLog
from amparo.uploads.settings import UploadsSettings
from tests.acting import acting_of
from tests.conftest import SetClock
from tests.hostile import drawing
from tests.integration.ledger import opened
from tests.pictures import saved

MARK = "MARKED"
"""In every word of what is another's."""
MD5 = "d41d8cd98f00b204e9800998ecf84207"
"""Listed in the bank that is not seen."""
PICTURE = saved(drawing((256, 256), 5), "PNG")
JSON_BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/match"): {"signals": [{"kind": "md5", "value": MD5}], "item_id": "mine"},
    ("POST", "/v1/banks"): {"name": "Made"},
    ("PATCH", "/v1/banks/{bank}"): {"paused": True},
    ("POST", "/v1/banks/{bank}/contents"): {"signals": [{"kind": "md5", "value": "0" * 32}]},
    ("PATCH", "/v1/banks/{bank}/contents/{id:int}"): {"note": "x"},
    ("POST", "/v1/clients"): {"name": "made"},
    ("POST", "/v1/keys"): {"name": "made", "role": "platform", "banks": ["Seen"]},
    ("POST", "/v1/reports"): {"item_id": "mine", "reason": "other"},
    ("POST", "/v1/webhooks"): {"url": "https://receiver.example/"},
    ("PATCH", "/v1/webhooks/{id:int}"): {"paused": True},
    ("POST", "/v1/webhooks/{id:int}/replay"): {},
    ("PATCH", "/v1/clients/{id:int}"): {"media_url": None},
    ("POST", "/c/banks"): {"name": "MADE_TOO", "enabled": 1},
    ("PUT", "/c/bank/{bank}"): {"enabled": 0},
    ("POST", "/c/bank/{bank}/signal"): {"md5": "0" * 32},
    ("PUT", "/c/bank/{bank}/content/{id:int}"): {"disable_until_ts": 1},
    ("POST", "/m/compare"): {"pdq": ["0" * 64, "0" * 64]},
}
RAW_BODIES: dict[tuple[str, str], tuple[str, bytes]] = {
    ("POST", "/v1/match/batch"): ("application/octet-stream", bytes(32)),
    ("POST", "/v1/banks/{bank}/import"): ("application/jsonl", b'{"signals": [{"kind": "md5", "value": "' + b"0" * 32 + b'"}]}\n'),
}  # fmt: skip
FORMS = {("POST", "/h/hash"), ("POST", "/m/lookup"), ("POST", "/c/bank/{bank}/content")}
QUERIES = {
    ("GET", "/m/lookup"): {"signal_type": "video_md5", "signal": MD5},
    ("GET", "/m/raw_lookup"): {"signal_type": "video_md5", "signal": MD5},
    ("GET", "/h/hash"): {"url": "https://elsewhere.example/picture"},
}
DONE_EITHER_WAY = ("DELETE", "/c/bank/{bank}")
"""As HMA has it, the answer is the same for a bank that is not there."""
ADMINS_OWN = "access.manage"
"""Who has it manages clients, keys and webhooks of all: these rows are theirs."""


@dataclass
class Api:
    """What is another's by its number: a content, a webhook, a client, a key. doors: of the worker."""

    http: httpx.AsyncClient
    doors: Doors
    content: int
    webhook: int
    client: int
    key_id: int
    keys: dict[str, str]

    async def ask(self, door: Door, who: str) -> httpx.Response:
        """The route, at what is another's, with all that it wants."""
        name = (door.method, door.path)
        number = next(
            (row for part, row in self._numbers() if door.path.startswith(part) and "{id" in door.path), self.content
        )
        path = door.path.replace("{bank}", f"{MARK}_BANK").replace("{id:int}", str(number))
        headers = {} if who == "nobody" else {"authorization": f"Bearer {self.keys[who]}"}
        sent: dict[str, Any] = {"params": QUERIES.get(name, {}), "headers": headers}
        if name in RAW_BODIES:
            headers["content-type"], sent["content"] = RAW_BODIES[name]
        elif name in FORMS:
            sent["files"] = {
                "photo" if door.path.startswith(("/h", "/m", "/c")) else "file": ("f.png", PICTURE, "image/png")
            }
        elif name in JSON_BODIES:
            sent["json"] = JSON_BODIES[name]
        return await self.http.request(door.method, path, **sent)

    def _numbers(self) -> list[tuple[str, int]]:
        return [("/v1/webhooks/", self.webhook), ("/v1/clients/", self.client), ("/v1/keys/", self.key_id)]

    def state(self) -> str:
        """All that is another's, as its owner would see it."""
        banks, access = self.doors.banks, self.doors.access
        bank, keys = banks.bank(f"{MARK}_BANK"), access.keys()
        return repr(
            (
                bank,
                banks.contents(bank, 0, 10),
                [(one.id, one.url, one.state) for one in self.doors.webhooks.all(self.client)],
                [(one.id, one.name, one.ended_at) for one in keys if one.id == self.key_id],
                [one for one in access.clients() if one.id == self.client],
            )
        )


@pytest.fixture
async def api(tmp_path: Path, clock: SetClock) -> AsyncIterator[Api]:
    with opened(tmp_path, clock) as house:
        access, matcher = Access(house.db, clock, tell_policy), house.matcher()
        limits, media = Limits(tmp_path / "l", AccessSettings()), MediaPool(MediaSettings(children=1))
        acting = acting_of(house.banks, clock)
        uploads = UploadLog(tmp_path / "u", UploadsSettings(), clock)
        doors = Doors(
            access, house.banks, matcher, media, limits, clock, APISettings(), "api-test", Pulse(matcher.lookup, 2_000), uploads,
            *acting,
        )  # fmt: skip
        transport = httpx.ASGITransport(application(doors))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            yield await furnished(http, doors)
        acting[0].close()
        limits.close()
        await media.stop()


async def furnished(http: httpx.AsyncClient, doors: Doors) -> Api:
    """Another client with all that one can have, and the keys of who is to see nothing of it."""
    access = doors.access
    other, mine = access.new_client(f"{MARK} client"), access.new_client("mine")
    _, desk = access.new_key("desk", "admin")
    admin = {"authorization": f"Bearer {desk}"}
    for name in ("Seen", f"{MARK}_BANK"):
        (await http.post("/v1/banks", json={"name": name, "action": "hide"}, headers=admin)).raise_for_status()
    body = {"signals": [{"kind": "md5", "value": MD5}], "external_id": f"{MARK}-id", "note": f"{MARK} note"}
    listed = await http.post(f"/v1/banks/{MARK}_BANK/contents", json=body, headers=admin)
    key, text = access.new_key(f"{MARK} key", "platform", client=other.name)
    theirs = {"authorization": f"Bearer {text}"}
    asked = {"signals": [{"kind": "md5", "value": MD5}], "item_id": f"{MARK}-item"}
    assert (await http.post("/v1/match", json=asked, headers=theirs)).json()["verdict"] == "match"
    webhook = await http.post("/v1/webhooks", json={"url": f"https://{MARK.lower()}.example/"}, headers=theirs)
    with doors.banks.db.write() as connection:
        doors.actions.order(connection, Wanted(other.id, f"{MARK}-item", "hide", "decision", "staff:1"))
    seen = [doors.banks.bank("Seen").id]
    keys: dict[str, str] = {}
    for role in ROLES:
        _, keys[role] = access.new_key(role, role, client=mine.name, bank_ids=seen)
    ended, keys["ended"] = access.new_key("ended", "admin", client=mine.name)
    access.end_key(ended.id)
    return Api(http, doors, listed.json()["content_id"], webhook.json()["webhook_id"], other.id, key.id, keys)


def expected(door: Door, who: str) -> set[int]:
    """The status by the matrix alone; empty: any, but of being let in nowhere."""
    if who in ("nobody", "ended"):
        return {401}
    role: Role = next(one for one in ROLES if one == who)
    if door.permission not in MATRIX[role]:
        return {403}
    if (door.method, door.path) == DONE_EITHER_WAY:
        return {200}
    if "{bank}" in door.path or ("{id" in door.path and ADMINS_OWN not in MATRIX[role]):
        return {404}
    return set()


async def test_nothing_beyond_the_matrix_answers_or_tells(api: Api) -> None:
    before, wrong = api.state(), []
    for door in TABLE:
        for who in ("nobody", "ended", *ROLES):
            if who == "admin" and door.permission == ADMINS_OWN:
                continue  # clients and keys of all are an admin's
            answer, wanted = await api.ask(door, who), expected(door, who)
            told = f"{door.method} {door.path} by {who}: {answer.status_code}"
            if wanted and answer.status_code not in wanted:
                wrong.append(f"{told}, not {wanted}")
            if not wanted and answer.status_code >= 500:
                wrong.append(told)
            if not wanted and answer.status_code in {400, 415, 422} and "/h/hash" not in door.path:
                wrong.append(f"{told}: the test asks wrongly: {answer.text}")
            words = json.dumps(dict(answer.headers)) + answer.text
            if who != "admin" and any(mark in words for mark in (MARK, MARK.lower(), MD5)):
                wrong.append(f"{told} tells of what is another's")
    assert wrong == []
    assert api.state() == before


async def test_the_rows_are_there_for_who_may_have_them(api: Api) -> None:
    """The test above finds nothing: here it would."""
    _, text = api.doors.access.new_key("whole", "admin")
    whole = {"authorization": f"Bearer {text}"}
    for path in (
        f"/v1/banks/{MARK}_BANK/contents/{api.content}", f"/v1/webhooks/{api.webhook}", "/v1/matches", "/v1/actions",
        "/v1/keys", "/v1/clients", "/v1/banks", f"/c/bank/{MARK}_BANK",
    ):  # fmt: skip
        answer = await api.http.get(path, headers=whole)
        assert answer.status_code == 200, answer.text
        assert MARK in answer.text.upper(), path
