"""HMA's banks: what its own clients expect of them, and where HMA itself answers nonsense, a refusal with a reason."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.integration.hma import CODE, bank, client_of, listed, said
from tests.integration.test_api import Api, api

__all__ = ["api"]


@pytest.fixture
async def http(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(api.doors, api.key("curator", "coop")) as client:
        yield client


async def test_there_are_no_banks_at_first(http: httpx.AsyncClient) -> None:
    answer = await http.get("/c/banks")
    assert (answer.status_code, answer.json()) == (200, [])


async def test_a_bank_is_made_shown_and_listed(http: httpx.AsyncClient) -> None:
    made = await bank(http, "MY_TEST_BANK_01")
    assert made == {"name": "MY_TEST_BANK_01", "matching_enabled_ratio": 1.0}
    assert (await http.get("/c/bank/MY_TEST_BANK_01")).json() == made
    assert (await http.get("/c/banks")).json() == [made]


@pytest.mark.parametrize("name", ["01_TEST", "my_test", "A-B", "A B", "", "Ä", "A" * 65, "A\n"])
async def test_names_keep_hmas_pattern(http: httpx.AsyncClient, name: str) -> None:
    said(await http.post("/c/banks", json={"name": name}), 400)
    await bank(http, "B")
    said(await http.put("/c/bank/B", json={"name": name}), 400)
    assert [one["name"] for one in (await http.get("/c/banks")).json()] == ["B"]


async def test_a_name_that_is_taken_is_refused(http: httpx.AsyncClient) -> None:
    await bank(http, "A")
    await bank(http, "B")
    said(await http.post("/c/banks", json={"name": "A"}), 403)
    said(await http.put("/c/bank/B", json={"name": "A", "enabled_ratio": 0.5}), 403)
    assert (await http.get("/c/bank/B")).json()["matching_enabled_ratio"] == 1.0  # refused whole


@pytest.mark.parametrize(
    ("sent", "ratio"),
    [
        ({}, 1.0), ({"enabled_ratio": "0.5"}, 0.5), ({"enabled_ratio": 0.25}, 0.25), ({"enabled_ratio": "1"}, 1.0),
        ({"enabled": False}, 0.0), ({"enabled": "true"}, 1.0), ({"enabled": False, "enabled_ratio": 0.5}, 0.5),
        ({"enabled_ratio": None}, 1.0), ({"something": "else"}, 1.0),
    ],
)  # fmt: skip
async def test_the_ratio_may_be_a_number_a_text_or_a_truth(http: httpx.AsyncClient, sent, ratio: float) -> None:
    assert (await bank(http, "A", **sent))["matching_enabled_ratio"] == ratio


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"enabled_ratio": 2}, 400), ({"enabled_ratio": "-1"}, 400), ({"enabled_ratio": "nan"}, 400),
        ({"enabled_ratio": "half"}, 422), ({"enabled": "maybe"}, 422), ({"enabled_ratio": [1]}, 422),
    ],
)  # fmt: skip
async def test_a_ratio_that_is_none_is_refused(http: httpx.AsyncClient, sent, status: int) -> None:
    said(await http.post("/c/banks", json={"name": "A", **sent}), status)
    await bank(http, "B")
    said(await http.put("/c/bank/B", json=sent), status)


async def test_bodies_that_are_no_object_are_refused(http: httpx.AsyncClient) -> None:
    said(await http.post("/c/banks", json={}), 422)
    for body in (b"", b"[]", b"{", b'"A"', b"\xff"):
        said(await http.post("/c/banks", content=body, headers={"Content-Type": "application/json"}), 400)
    said(await http.post("/c/banks", content=b"name=A", headers={"Content-Type": "text/plain"}), 415)


async def test_a_bank_is_turned_down_off_and_on(http: httpx.AsyncClient) -> None:
    await bank(http, "A")
    for sent, ratio in [({"enabled": False}, 0), ({"enabled_ratio": 0.5}, 0.5), ({"enabled": True}, 1), ({}, 1)]:
        changed = await http.put("/c/bank/A", json=sent)
        assert (changed.status_code, changed.json()) == (200, {"name": "A", "matching_enabled_ratio": ratio})
        assert (await http.get("/c/bank/A")).json()["matching_enabled_ratio"] == ratio


async def test_a_pause_shows_as_nothing_and_only_an_explicit_yes_ends_it(api: Api, http: httpx.AsyncClient) -> None:
    await bank(http, "A")
    await http.patch("/v1/banks/A", json={"paused": True})
    assert (await http.get("/c/bank/A")).json()["matching_enabled_ratio"] == 0
    assert (await http.put("/c/bank/A", json={"enabled_ratio": 0.5})).json()["matching_enabled_ratio"] == 0
    assert (await http.put("/c/bank/A", json={"enabled": False})).json()["matching_enabled_ratio"] == 0
    assert (await http.put("/c/bank/A", json={"enabled": True})).json()["matching_enabled_ratio"] == 1
    assert not api.doors.banks.bank("A").paused


async def test_a_renamed_bank_keeps_its_contents(http: httpx.AsyncClient) -> None:
    await bank(http, "OLD", enabled_ratio=0.5)
    (content_id,) = await listed(http, "OLD", CODE)
    renamed = await http.put("/c/bank/OLD", json={"name": "NEW"})
    assert renamed.json() == {"name": "NEW", "matching_enabled_ratio": 0.5}
    said(await http.get("/c/bank/OLD"), 404)
    assert (await http.get(f"/c/bank/NEW/content/{content_id}")).json()["bank"]["name"] == "NEW"
    met = await http.get("/m/lookup", params={"signal": CODE, "signal_type": "pdq", "bypass_coinflip": "true"})
    assert met.json() == {"NEW": [{"bank_content_id": content_id, "distance": "0"}]}


async def test_the_old_name_of_a_renamed_bank_makes_another_bank(http: httpx.AsyncClient) -> None:
    await bank(http, "A")
    (first,) = await listed(http, "A", CODE)
    await http.put("/c/bank/A", json={"name": "B"})
    await bank(http, "A")
    (second,) = await listed(http, "A", CODE)
    assert second != first
    met = (await http.get("/m/lookup", params={"signal": CODE, "signal_type": "pdq"})).json()
    assert {name: [one["bank_content_id"] for one in found] for name, found in met.items()} == {
        "B": [first],
        "A": [second],
    }
    assert (await http.delete(f"/c/bank/B/content/{first}")).json() == {"deleted": 1}
    assert list((await http.get("/m/lookup", params={"signal": CODE, "signal_type": "pdq"})).json()) == ["A"]


async def test_a_bank_may_be_renamed_to_itself(http: httpx.AsyncClient) -> None:
    await bank(http, "A")
    assert (await http.put("/c/bank/A", json={"name": "A", "enabled_ratio": 0.5})).json() == {
        "name": "A",
        "matching_enabled_ratio": 0.5,
    }


async def test_deleting_says_done_even_where_nothing_was(http: httpx.AsyncClient) -> None:
    await bank(http, "A")
    for _ in range(2):
        answer = await http.delete("/c/bank/A")
        assert (answer.status_code, answer.json()) == (200, {"message": "Done"})
    said(await http.get("/c/bank/A"), 404)
    said(await http.delete("/c/bank/1-no-name!"), 400)


async def test_what_is_done_to_no_bank_is_not_found(http: httpx.AsyncClient) -> None:
    said(await http.put("/c/bank/NONE", json={"enabled": True}), 404)
    said(await http.post("/c/bank/NONE/signal", json={"pdq": CODE}), 404)
    said(await http.post("/c/bank/NONE/content?url=http://a.test/x.png"), 404)
    said(await http.delete("/c/bank/NONE/content/1"), 404)


async def test_a_limited_key_sees_and_touches_its_own_banks_only(api: Api, http: httpx.AsyncClient) -> None:
    await bank(http, "MINE")
    await bank(http, "THEIRS")
    await listed(http, "THEIRS", CODE)
    limited = api.key("curator", "coop", [api.doors.banks.bank("MINE").id])
    assert [one["name"] for one in (await http.get("/c/banks", headers=limited)).json()] == ["MINE"]
    said(await http.get("/c/bank/THEIRS", headers=limited), 404)
    assert (await http.delete("/c/bank/THEIRS", headers=limited)).json() == {"message": "Done"}
    assert (await http.get("/c/bank/THEIRS")).status_code == 200  # it was none of that key's
    said(await http.post("/c/banks", json={"name": "MORE"}, headers=limited), 403)
    for path in ("/m/lookup", "/m/raw_lookup"):
        asked = {"signal": CODE, "signal_type": "pdq", "banks": "THEIRS"}
        assert (await http.get(path, params=asked, headers=limited)).json() in ({}, {"matches": []})
    said(await http.get("/m/index/status", headers=limited), 403)
