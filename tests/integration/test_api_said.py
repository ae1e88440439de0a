"""What /openapi.json says of bodies, headers and methods, as a client meets it at the routes."""

import msgspec
import pytest

from tests.integration.test_api import CODE, Api, api

__all__ = ["api"]


async def test_a_method_a_route_does_not_take_is_told_which_it_takes(api: Api) -> None:
    told = await api.http.request("DELETE", "/v1/banks", headers=api.key("admin"))
    assert told.status_code == 405
    assert told.headers["Allow"] == "GET, HEAD, POST"


async def test_a_key_does_not_end_itself_but_another_one(api: Api) -> None:
    one, other = api.key("admin"), api.key("admin")
    mine, theirs = [key["key_id"] for key in (await api.http.get("/v1/keys", headers=one)).json()["keys"]]
    told = await api.http.delete(f"/v1/keys/{mine}", headers=one)
    assert (told.status_code, told.json()["slug"]) == (409, "own_key")
    assert (await api.http.delete(f"/v1/keys/{theirs}", headers=one)).status_code == 204
    assert (await api.http.get("/v1/keys", headers=other)).status_code == 401


@pytest.mark.parametrize(("number", "status"), [("5.0", 201), ("5", 201), ("5.5", 400), ('"5"', 400), ("true", 400)])
async def test_a_whole_number_may_be_written_with_a_point(api: Api, number: str, status: int) -> None:
    body = f'{{"name": "a", "role": "platform", "rate_per_s": {number}}}'.encode()
    headers = api.key("admin") | {"Content-Type": "application/json"}
    assert (await api.http.post("/v1/keys", content=body, headers=headers)).status_code == status


async def test_what_is_said_about_an_item_in_headers_counts_beside_json_too(api: Api) -> None:
    admin = api.key("admin")
    await api.http.post("/v1/banks", json={"name": "A"}, headers=admin)
    await api.http.post("/v1/banks/A/contents", json={"signals": [{"kind": "pdq", "value": CODE}]}, headers=admin)
    asked = {"signals": [{"kind": "pdq", "value": CODE}]}
    told = await api.http.post("/v1/match", json=asked, headers=admin | {"Amparo-Item-Id": "one"})
    assert told.json()["item_id"] == "one"
    told = await api.http.post("/v1/match", json=asked | {"item_id": "two"}, headers=admin | {"Amparo-Item-Id": "one"})
    assert told.json()["item_id"] == "two"
    told = await api.http.post("/v1/match?banks=B", json=asked, headers=admin)
    assert told.json()["slug"] == "unknown_bank"


@pytest.mark.parametrize("flag", ["yes", "", "True", "1"])
async def test_a_flag_is_true_or_false(api: Api, flag: str) -> None:
    admin = api.key("admin")
    await api.http.post("/v1/banks", json={"name": "A"}, headers=admin)
    headers = admin | {"Content-Type": "application/jsonl"}
    told = await api.http.post("/v1/banks/A/import", params={"relist": flag}, content=b"", headers=headers)
    assert (told.status_code, told.json()["slug"]) == (400, "bad_flag")


async def test_the_document_names_every_kind_and_its_form(api: Api) -> None:
    told = msgspec.json.decode((await api.http.get("/openapi.json")).content)
    signals = told["components"]["schemas"]["MatchIn"]["properties"]["signals"]
    assert {one["properties"]["kind"]["const"] for one in signals["items"]["anyOf"]} >= {"pdq", "md5", "sha256"}
    assert "prefixItems" not in str(told)
