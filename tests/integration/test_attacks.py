"""Requests of an attacker or a careless client: none costs far more than it should, tells what it must not, or is half done."""

import asyncio
import dataclasses
import itertools
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import event

from amparo.access.limits import Limits
from amparo.access.service import Access
from amparo.access.settings import AccessSettings
from amparo.api.doors import Doors
from amparo.api.lists import ROWS_PER_COMMIT
from amparo.api.matching import LONG_MAX
from amparo.api.pulse import Pulse
from amparo.api.routes import application
from amparo.api.settings import APISettings
from amparo.banks.listing import tell_policy
from amparo.banks.service import Banks
from amparo.banks.withdrawals import WithdrawalsFile
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
from tests.conftest import SetClock
from tests.ledgers import LEDGERS

CODE = bytes(range(32)).hex()
SIGNALS = [{"kind": "pdq", "value": CODE}]
HITS_MAX = 200
JSON = {"Content-Type": "application/json"}


class Held(Lookup):
    """Questions of many codes wait while a test holds them."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.go_on = threading.Event()
        self.go_on.set()

    def search_codes(self, *given):
        self.go_on.wait()
        return super().search_codes(*given)


@dataclasses.dataclass
class House:
    http: httpx.AsyncClient
    doors: Doors

    def key(self, role: str, client: str | None = None, banks: list[str] | None = None) -> dict[str, str]:
        if client and client not in [one.name for one in self.doors.access.clients()]:
            self.doors.access.new_client(client)
        ids = None if banks is None else [self.doors.banks.bank(name).id for name in banks]
        _, text = self.doors.access.new_key(role, role, client=client, bank_ids=ids)
        return {"Authorization": f"Bearer {text}"}

    async def bank(self, name: str, admin: dict[str, str]) -> None:
        assert (await self.http.post("/v1/banks", json={"name": name}, headers=admin)).status_code == 201

    async def listed(self, name: str, admin: dict[str, str]) -> str:
        """The path of a content with CODE."""
        await self.bank(name, admin)
        path = f"/v1/banks/{name}/contents"
        answer = await self.http.post(path, json={"signals": SIGNALS}, headers=admin)
        return f"{path}/{answer.json()['content_id']}"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    db, clock, key = (
        Database(LEDGERS.url(tmp_path)),
        SetClock(datetime(2026, 5, 19, 8, 30, tzinfo=UTC)),
        b"k" * 32,
    )
    migrate(db, tmp_path / "lock")
    banks = Banks(db, clock, key, WithdrawalsFile(tmp_path / "withdrawals.log", key))
    limits = Limits(tmp_path / "limits", AccessSettings())
    settings = MatchSettings(batch_hits_max=HITS_MAX)
    matcher = Matcher(db, clock, Held(db), Recorder(db, banks, settings), limits, settings)
    media = MediaPool(MediaSettings())
    access, pulse = Access(db, clock, tell_policy), Pulse(matcher.lookup, APISettings().lag_ms_max)
    uploads = UploadLog(tmp_path / "uploads", UploadsSettings(), clock)
    acting = acting_of(banks, clock)
    doors = Doors(access, banks, matcher, media, limits, clock, APISettings(), "api-test", pulse, uploads, *acting)
    transport = httpx.ASGITransport(application(doors))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield House(http, doors)
    await media.stop()
    limits.close()
    acting[0].close()
    db.close()


async def test_numbers_of_thousands_of_digits_get_an_answer(house: House):
    admin = house.key("admin")
    await house.bank("A", admin)
    content = await house.http.get("/v1/banks/A/contents/" + "9" * 5_000, headers=admin)
    assert (content.status_code, content.json()["slug"]) == (404, "unknown_content")
    key = await house.http.delete("/v1/keys/" + "9" * 5_000, headers=admin)
    assert (key.status_code, key.json()["slug"]) == (404, "unknown_key")
    path = "/v1/match"
    long = await house.http.post(path, content=b"x", headers=admin | JSON | {"Content-Length": "9" * 5_000})
    assert (long.status_code, long.json()["slug"]) == (413, "too_large")
    padded = await house.http.post(path, content=b"x", headers=admin | JSON | {"Content-Length": "0" * 5_000 + "1"})
    assert (padded.status_code, padded.json()["slug"]) == (400, "bad_json")


async def test_a_deep_list_of_banks_is_no_list_of_names(house: House):
    answer = await house.http.post("/v1/match?banks=" + "[" * 5_000, content=b"x", headers=house.key("admin"))
    assert (answer.status_code, answer.json()["slug"]) == (400, "bad_banks")


async def test_a_bank_named_over_and_over_is_read_once(house: House):
    admin, statements = house.key("admin"), []
    await house.listed("A", admin)
    event.listen(
        house.doors.banks.db._ways.read.engine, "before_cursor_execute", lambda *told: statements.append(told[2])
    )
    body = {"signals": SIGNALS, "banks": ["A", "a"] * 2_000}
    answer = (await house.http.post("/v1/match", json=body, headers=admin)).json()
    assert answer["verdict"] == "match"
    assert 0 < len(statements) < 50


async def test_a_patch_with_a_part_that_is_refused_changes_nothing(house: House):
    admin = house.key("admin")
    path = await house.listed("A", admin)
    refused = await house.http.patch(path, json={"note": "half", "opinion": "bogus"}, headers=admin)
    assert (refused.status_code, refused.json()["slug"]) == (400, "unknown_opinion")
    assert (await house.http.get(path, headers=admin)).json()["note"] is None


@pytest.mark.parametrize("past", ["1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
async def test_disabled_until_a_time_long_past_is_enabled(house: House, past: str):
    admin = house.key("admin")
    path = await house.listed("A", admin)
    changed = await house.http.patch(path, json={"disable_until": past}, headers=admin)
    assert changed.json()["disable_until"] != "forever"
    found = await house.http.post("/v1/match", json={"signals": SIGNALS}, headers=admin)
    assert found.json()["verdict"] == "match"


async def test_a_question_by_signals_meets_no_more_than_a_batch_may(house: House):
    admin = house.key("admin")
    await house.bank("A", admin)
    rows = "\n".join(f'{{"kind":"pdq","value":"{CODE}","external_id":"{number}"}}' for number in range(20))
    await house.http.post("/v1/banks/A/import", content=rows, headers=admin | {"Content-Type": "application/jsonl"})
    same = await house.http.post("/v1/match", json={"signals": SIGNALS * 1_000}, headers=admin)
    assert (same.status_code, same.json()["matches_total"]) == (200, 20)
    near = [{"kind": "pdq", "value": CODE[:-2] + f"{number:02x}"} for number in range(HITS_MAX // 20 + 1)]
    many = await house.http.post("/v1/match", json={"signals": near}, headers=admin)
    assert (many.status_code, many.json()["slug"]) == (413, "too_many_hits")


async def test_a_limited_key_reads_no_other_bank_in_its_clients_events(house: House):
    admin = house.key("admin")
    await house.listed("Seen", admin)
    await house.listed("Hidden", admin)
    whole, limited = house.key("platform", "Forum"), house.key("platform", "Forum", banks=["Seen"])
    for banks in (["Seen", "Hidden"], ["Hidden"]):
        asked = await house.http.post("/v1/match", json={"signals": SIGNALS, "banks": banks}, headers=whole)
        assert asked.json()["verdict"] == "match"
    all_of_it = (await house.http.get("/v1/matches", headers=whole)).json()
    assert [[one["bank"] for one in told["matches"]] for told in all_of_it["events"]] == [
        ["Seen", "Hidden"],
        ["Hidden"],
    ]
    part = (await house.http.get("/v1/matches", headers=limited)).json()
    assert [[one["bank"] for one in told["matches"]] for told in part["events"]] == [["Seen"]]
    assert part["next"] == all_of_it["next"]


async def test_other_requests_do_not_wait_for_long_questions(house: House):
    admin = house.key("admin")
    path = await house.listed("A", admin)
    code, stream = bytes.fromhex(CODE), {"Content-Type": "application/octet-stream"}
    refused, lookup = 60 - LONG_MAX, house.doors.matcher.lookup
    assert isinstance(lookup, Held)
    lookup.go_on.clear()  # every question waits, as if each took for ever
    try:
        batches = [
            asyncio.create_task(house.http.post("/v1/match/batch", content=code, headers=admin | stream))
            for _ in range(60)
        ]
        async with asyncio.timeout(30):
            turned_away = [await next_one for next_one in itertools.islice(asyncio.as_completed(batches), refused)]
            withdrawn = await house.http.delete(path, headers=admin)
        assert withdrawn.status_code == 200
    finally:
        lookup.go_on.set()
    assert {answer.json()["slug"] for answer in turned_away} == {"saturated"}
    statuses = [(await one).status_code for one in batches]
    assert (statuses.count(200), statuses.count(503)) == (60 - refused, refused)


async def test_an_import_does_not_go_on_into_a_bank_made_anew(house: House):
    admin = house.key("admin")
    await house.bank("A", admin)
    limited = house.key("curator", "Desk", banks=["A"])

    async def slowly() -> AsyncIterator[bytes]:
        for number in range(ROWS_PER_COMMIT):
            yield f'{{"kind":"md5","value":"{number:032x}"}}\n'.encode()
        assert (await house.http.delete("/v1/banks/A", headers=admin)).status_code == 204
        await house.bank("A", admin)
        yield f'{{"kind":"pdq","value":"{CODE}"}}\n'.encode()

    stream = limited | {"Content-Type": "application/jsonl"}
    answer = await house.http.post("/v1/banks/A/import", content=slowly(), headers=stream)
    assert answer.status_code == 404
    assert '"slug":"unknown_bank"' in answer.text
    assert f'"added":{ROWS_PER_COMMIT}' in answer.text
    assert (await house.http.get("/v1/banks/A", headers=admin)).json()["contents"] == 0


async def test_a_limited_admin_learns_nothing_over_all_banks(house: House):
    await house.listed("Hidden", house.key("admin"))
    limited = house.key("admin", "Desk", banks=[])
    answer = await house.http.get("/v1/status", headers=limited)
    assert (answer.status_code, answer.json()["slug"]) == (403, "limited_key")
    assert (await house.http.get("/v1/status", headers=house.key("admin"))).json()["kinds"]["pdq"]["count"] == 1
