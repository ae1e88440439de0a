"""The pages of webhooks: made, tried, paused, renewed, sent again, deleted; a secret is shown once; who only reads changes nothing."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from amparo.access.service import Access
from amparo.banks.listing import tell_policy
from amparo.review.model import Wanted
from tests.acting import acting_of
from tests.conftest import SetClock
from tests.console import at, doors_of, view_of
from tests.integration.ledger import opened
from tests.receiver import receiving


@pytest.fixture
async def console(tmp_path: Path, clock: SetClock) -> AsyncIterator[SimpleNamespace]:
    with opened(tmp_path, clock) as house:
        async with receiving() as receiver:
            acting = acting_of(house.banks, clock, f"127.0.0.1:{receiver.port} allow_private")
            access = Access(house.db, clock, tell_policy)
            client = access.new_client("site").id
            doors = doors_of(clock=clock, webhooks=acting[1], clients=access.clients)
            async with at(doors) as desk:
                yield SimpleNamespace(desk=desk, house=house, actions=acting[0], webhooks=acting[1], client=client, receiver=receiver)  # fmt: skip
            acting[0].close()


def secret_in(page: str) -> str:
    found = re.search(r"data-secret>(whsec_[^<]+)<", page)
    return found[1] if found else ""


async def test_a_webhook_is_made_and_its_secret_shown_once(console: SimpleNamespace):
    admin = console.desk("admin")
    page = (await admin.get("/webhooks")).text
    assert view_of(page) == "webhooks"
    made = await admin.post("/webhooks", act="make", client=str(console.client), url=console.receiver.url)
    secret = secret_in(made.text)
    assert secret
    assert view_of(made.text) == "webhooks"
    assert secret_in((await admin.get("/webhooks/1")).text) == ""
    tried = await admin.post("/webhooks/1", act="test")
    assert 'data-tried="yes"' in tried.text
    assert console.receiver.came[0].is_signed(secret)
    renewed = await admin.post("/webhooks/1", act="secret")
    assert secret_in(renewed.text) not in ("", secret)


async def test_an_address_inside_is_refused_and_stays_in_the_field(console: SimpleNamespace):
    told = await console.desk("admin").post(
        "/webhooks", act="make", client=str(console.client), url="http://10.0.0.1/x"
    )
    assert told.status_code == 400
    assert 'value="http://10.0.0.1/x"' in told.text
    assert "public host" in told.text
    assert console.webhooks.all(None) == []


async def test_what_was_set_aside_is_listed_and_sent_again(console: SimpleNamespace):
    admin = console.desk("admin")
    hook, _ = console.webhooks.new(console.client, console.receiver.url)
    with console.house.db.write() as connection:
        console.actions.order(connection, Wanted(console.client, "i-7", "hide", "decision", "staff:1"))
        connection.exec_driver_sql("UPDATE delivery SET state = 'dead', tries = 20, last_outcome = 'too_slow'")
    page = (await admin.get(f"/webhooks/{hook.id}")).text
    assert "i-7" in page
    assert "it did not answer in time" in page
    assert (await admin.post(f"/webhooks/{hook.id}", act="replay")).status_code == 303
    assert (console.webhooks.one(hook.id, None).waiting, console.webhooks.one(hook.id, None).dead) == (1, 0)
    assert (await admin.post(f"/webhooks/{hook.id}", act="pause")).status_code == 303
    assert console.webhooks.one(hook.id, None).state == "paused"
    assert (await admin.post(f"/webhooks/{hook.id}", act="go")).status_code == 303
    assert console.webhooks.one(hook.id, None).state == "live"
    assert (await admin.post(f"/webhooks/{hook.id}", act="delete")).status_code == 303
    assert console.webhooks.all(None) == []
    assert (await admin.get(f"/webhooks/{hook.id}")).status_code == 404


async def test_who_only_reads_has_no_button(console: SimpleNamespace):
    console.webhooks.new(console.client, console.receiver.url)
    for role in ("auditor", "lead"):
        page = (await console.desk(role).get("/webhooks/1")).text
        assert "Send a test message" not in page
        assert (await console.desk(role).post("/webhooks/1", act="delete")).status_code == 403
    assert len(console.webhooks.all(None)) == 1
    assert (await console.desk("reviewer").get("/webhooks")).status_code == 403


async def test_what_was_set_aside_is_told_by_pages_and_sent_again_from_each(console: SimpleNamespace):
    admin = console.desk("admin")
    hook, _ = console.webhooks.new(console.client, console.receiver.url)
    with console.house.db.write() as connection:
        for number in range(102):
            console.actions.order(connection, Wanted(console.client, f"i-{number}", "hide", "decision", "staff:1"))
        connection.exec_driver_sql("UPDATE delivery SET state = 'passed', tries = 20, last_outcome = 'too_slow'")
        last = connection.exec_driver_sql("SELECT max(action_id) FROM delivery").scalar()
        connection.exec_driver_sql(f"UPDATE delivery SET state = 'dead' WHERE action_id = {last}")
    first = (await admin.get(f"/webhooks/{hook.id}")).text
    assert (first.count("data-dead="), 'value="replay"' in first) == (100, True), "the one that can go is further on"
    following = first.partition(f'href="/webhooks/{hook.id}?after=')[2].partition("#")[0]
    rest = (await admin.get(f"/webhooks/{hook.id}?after={following}")).text
    assert (rest.count("data-dead="), 'value="replay"' in rest, 'rel="next"' in rest) == (2, True, False)
    assert (await admin.post(f"/webhooks/{hook.id}", act="replay")).status_code == 303
    assert 'value="replay"' not in (await admin.get(f"/webhooks/{hook.id}")).text
