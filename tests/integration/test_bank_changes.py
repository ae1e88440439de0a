"""Who made, changed and deleted a bank, and what it was before: by a key, by HMA's routes, at the command line; over both ledgers."""

import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from amparo.access.record import StaffRecord
from amparo.access.staff_model import Changed, StaffChange
from amparo.api.doors import Doors
from amparo.api.guard import OPERATOR_SCOPE
from amparo.api.pulse import Pulse
from amparo.api.routes import application
from amparo.api.settings import APISettings
from amparo.app.rooms import SECTIONS, Rooms, open_rooms
from amparo.app.settings import load
from amparo.media.pool import MediaPool
from amparo.media.settings import MediaSettings
from tests.acting import acting_of
from tests.console import at, doors_of
from tests.integration.staffing import office
from tests.ledgers import LEDGERS


@dataclass
class There:
    rooms: Rooms
    key: httpx.AsyncClient
    operator: httpx.AsyncClient

    def told(self) -> list[StaffChange]:
        """Newest first."""
        return StaffRecord(self.rooms.db, self.rooms.clock).changes(None, 50)


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[There]:
    rooms = open_rooms(load(tmp_path / "a.toml", LEDGERS.variables(tmp_path, is_new=True), SECTIONS, data=tmp_path))
    acting, limits = acting_of(rooms.banks, rooms.clock), APISettings()
    doors = Doors(
        rooms.access, rooms.banks, rooms.matcher, MediaPool(MediaSettings()), rooms.limits, rooms.clock, limits, "test",
        Pulse(rooms.matcher.lookup, limits.lag_ms_max), rooms.uploads, *acting,
    )  # fmt: skip
    app = application(doors)

    async def as_operator(scope, receive, send) -> None:
        await app({**scope, OPERATOR_SCOPE: True}, receive, send)

    rooms.access.new_client("helpline")
    _, text = rooms.access.new_key("k", "curator", client="helpline")
    headers = {"Authorization": f"Bearer {text}"}
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers=headers) as key,
        httpx.AsyncClient(transport=httpx.ASGITransport(as_operator), base_url="http://test") as operator,
    ):
        yield There(rooms, key, operator)
    acting[0].close()
    rooms.close()


async def test_each_change_by_a_key_or_the_command_line_is_told_with_what_was_before(there: There) -> None:
    made = await there.key.post("/v1/banks", json={"name": "Demo", "action": "hide"})
    assert made.status_code == 201
    policy = {"thresholds": {"pdq": 0}, "paused": True, "staged_share": 0.25}
    assert (await there.key.patch("/v1/banks/demo", json=policy)).status_code == 200
    assert (await there.key.patch("/v1/banks/demo", json=policy)).status_code == 200, "and nothing of it is new"
    assert (await there.operator.patch("/v1/banks/demo", json={"action": "review", "name": "New"})).status_code == 200
    assert (await there.operator.delete("/v1/banks/new")).status_code == 204
    assert [(one.what, one.by, one.client, one.detail, one.changed) for one in there.told()] == [
        ("bank_deleted", "", "", "New", ()),
        ("bank_changed", "", "", "New", (Changed("name", "Demo", "New"), Changed("action", "hide", "review"))),
        (
            "bank_changed", "", "helpline", "Demo",
            (Changed("paused", "no", "yes"), Changed("staged_share", "1", "0.25"), Changed("thresholds.pdq", "31", "0")),
        ),
        ("bank_made", "", "helpline", "Demo", (Changed("action", "review", "hide"),)),
    ]  # fmt: skip


async def test_hmas_routes_are_told_alike_and_what_is_refused_is_not(there: There) -> None:
    assert (await there.key.post("/c/banks", json={"name": "HMA_ONE"})).status_code == 201
    assert (await there.key.post("/c/banks", json={"name": "HMA_ONE"})).status_code >= 400
    assert (await there.key.patch("/v1/banks/hma_one", json={"staged_share": 7})).status_code == 400
    assert (await there.key.put("/c/bank/HMA_ONE", json={"enabled_ratio": 0.5})).status_code == 200
    for _ in range(2):
        assert (await there.key.delete("/c/bank/HMA_ONE")).status_code == 200
    assert [(one.what, one.client, one.changed) for one in there.told()] == [
        ("bank_deleted", "helpline", ()),
        ("bank_changed", "helpline", (Changed("staged_share", "1", "0.5"),)),
        ("bank_made", "helpline", ()),
    ]


async def test_the_page_of_the_record_says_it_in_words(there: There) -> None:
    await there.key.post("/v1/banks", json={"name": "Demo", "action": "hide"})
    policy = {"thresholds": {"pdq": 0}, "paused": True, "action": "review", "polarity": "negative", "staged_share": 0.5}
    await there.key.patch("/v1/banks/demo", json=policy | {"name": "New"})
    accounts = office(there.rooms.db, there.rooms.clock)
    accounts.join("auditor", "Aud")
    async with at(doors_of(accounts.staff, signing=accounts.signing)) as made:
        page = (await made(accounts.tokens["Aud"]).get("/record/staff")).text
    row = next(one for one in page.split("<tr ") if "changed the policy" in one)
    assert "<td>a key of helpline</td>" in row
    assert re.findall('<span class="aside">(.*?)</span>', row) == [
        "name: Demo → New",
        "what it holds: looked for → harmless, stops matches",
        "what matches suggest: hide, then review → review",
        "paused: no → yes",
        "share of items: 1 → 0.5",
        "threshold of picture (PDQ), bits: 31 → 0",
    ]


async def test_the_list_is_narrowed_by_what_was_done_to_and_by_whom(there: There) -> None:
    accounts = office(there.rooms.db, there.rooms.clock)
    accounts.join("auditor", "Aud")
    await there.operator.post("/v1/banks", json={"name": "Demo"})
    for number in range(101):
        assert (await there.key.patch("/v1/banks/demo", json={"paused": number % 2 == 0})).status_code == 200
    async with at(doors_of(accounts.staff, signing=accounts.signing)) as made:
        aud = made(accounts.tokens["Aud"])

        async def shown(query: str) -> list[str]:
            page = (await aud.get(f"/record/staff?{query}")).text
            return re.findall(r"<tr data-change.*?</td><td>(.*?)</td>", page)

        operator, key = "the command line of the server", "a key of helpline"
        assert await shown("of=accounts") == [operator, operator]
        assert await shown("of=contents") == []
        assert await shown("by=command") == [operator] * 3
        assert await shown("by=staff&of=nonsense") == []
        assert "Nothing of that kind was done." in (await aud.get("/record/staff?of=banks&by=staff")).text
        first = (await aud.get("/record/staff?of=banks&by=key")).text
        assert '<option value="key" selected>' in first
        following = html.unescape(first).partition('href="/record/staff?of')[2].partition('"')[0]
        assert (await shown("of=banks&by=key"), await shown(f"of{following}")) == ([key] * 100, [key])
