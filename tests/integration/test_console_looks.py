"""Looks at the console: leave by a form, the picture once, and no picture byte in any other answer; limits and who sees them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from amparo.access.staff_model import StaffMember, StaffPrincipal
from amparo.console.views.looks import panel
from amparo.console.visit import Visit
from amparo.errors import BadInput
from amparo.media.pool import MediaPool
from amparo.media.settings import MediaSettings
from amparo.web.session import form_token
from tests.console import StaffTwin, at, doors_of, view_of
from tests.integration.looks import CLIENT, ITEM, WORK, Desk, desk, is_picture, work

ASK = {"copy": f"{CLIENT}:{ITEM}", "reason": "near_threshold"}
PLENTY = {"looks_day": "9", "seconds_day": "90", "looks_28": "90", "seconds_28": "900"}


@dataclass
class Named(StaffTwin):
    """Accounts that know who named whom as carer."""

    house: Desk | None = None

    def members(self) -> list[StaffMember]:
        return self.house.members

    def set_carer(self, principal: StaffPrincipal, carer_id: int | None) -> None:
        if carer_id == principal.id:
            raise BadInput("own_carer", "a carer is somebody else", "Choose another.")
        self.house.name_carer(principal.id, carer_id)


@asynccontextmanager
async def console(house: Desk) -> AsyncIterator:
    """At the console as a member: ``person(1)``."""
    staff = Named({f"m{one.id}": house.principal(one.id) for one in house.members}, house=house)
    doors = doors_of(staff, clock=house.clock, looks=house.looks, exposures=house.exposures)
    async with at(doors) as made:
        yield lambda number: made(f"m{number}")


@pytest.fixture
async def house(tmp_path, clock):
    pool = MediaPool(MediaSettings(children=1))
    try:
        with desk(tmp_path, clock, media=pool) as made:
            assert made.keep()
            yield made
    finally:
        await pool.stop()


async def test_a_look_from_asking_to_covering(house):
    async with console(house) as person:
        one = person(1)
        asked = await one.post(f"/work/{WORK}/look", **ASK)
        assert asked.status_code == 201
        told = asked.json()
        assert set(told) == {"token", "seconds", "address"}
        assert not is_picture(asked.content)
        shown = await one.get(told["address"])
        assert shown.status_code == 200
        assert shown.headers["content-type"] == "image/webp"
        assert shown.headers["cache-control"] == "no-store"
        assert [int(size) for size in shown.headers["amparo-stills"].split(",")] == [len(shown.content)]
        assert shown.content[8:16] == b"WEBPVP8 "
        assert (await one.get(told["address"])).status_code == 410
        covered = await one.post(f"{told['address']}/covered", shown_ms="2100", severity="3")
        assert covered.json() == {"covered": True}
        assert house.exposures.own(house.principal(1)).used.seconds_day == 3


async def test_anothers_token_shows_nothing(house):
    async with console(house) as person:
        address = (await person(1).post(f"/work/{WORK}/look", **ASK)).json()["address"]
        for number, status in ((2, 410), (4, 410), (5, 403), (6, 403)):
            answer = await person(number).get(address)
            assert answer.status_code == status
            assert not is_picture(answer.content)
        assert (await person(1).get(address)).status_code == 200


async def test_refusals_are_told_to_the_script(house):
    async with console(house) as person:
        asked = {"accept": "application/json", "sec-fetch-site": "same-origin"}

        async def slug(number: int, **fields: str) -> tuple[int, str]:
            one = person(number)
            answer = await one.client.post(
                f"/work/{WORK}/look", data={"amparo-form": form_token(one.token), **ASK, **fields}, headers=asked
            )
            return answer.status_code, answer.json().get("slug", "")

        assert await slug(1, reason="curious") == (400, "bad_look")
        assert await slug(1) == (201, "")
        assert await slug(1) == (409, "look_open")
        house.works.works[WORK] = work(is_minor=True)
        assert await slug(2) == (403, "under_18")
        assert await slug(5) == (403, "staff_role")


def visit_of(house: Desk, number: int) -> Visit:
    doors = doors_of(clock=house.clock, looks=house.looks, exposures=house.exposures)
    return Visit(doors, "/work/1", "en", principal=house.principal(number), token="t")


async def test_the_panel_offers_a_look_or_says_why_not(house):
    told = panel(visit_of(house, 1), WORK)
    assert (told.why_not, told.copies) == ("", ((f"{CLIENT}:{ITEM}", ITEM),))
    house.works.works[WORK] = work(is_minor=True)
    told = panel(visit_of(house, 1), WORK)
    assert (told.why_not, told.copies) == ("under_18", ())
    assert "under 18" in told.why_not_words


# --- exposure


async def test_one_sees_ones_own_figures_and_sets_a_stricter_limit(house):
    await house.look(1, 4_000)
    async with console(house) as person:
        page = (await person(1).get("/settings/exposure")).text
        assert view_of(page) == "exposure"
        assert re.search(r'data-used="seconds_day">4<', page)
        assert (await person(1).post("/settings/exposure", **PLENTY)).status_code == 303
        assert house.exposures.own(house.principal(1)).limit.looks_day == 9
        over = await person(1).post("/settings/exposure", **{**PLENTY, "looks_day": "41"})
        assert over.status_code == 400
        assert "Limits are only made stricter" in over.text
        assert (await person(1).post("/settings/exposure", **{**PLENTY, "looks_day": "many"})).status_code == 400


async def test_the_carer_sees_the_page_and_nobody_else(house):
    await house.look(1, 4_000)
    async with console(house) as person:
        for number in (1, 2, 3, 4, 6):
            answer = await person(number).get("/settings/exposure/1")
            assert answer.status_code == 403, number
            assert "data-used" not in answer.text
        house.name_carer(1, 6)
        page = await person(6).get("/settings/exposure/1")
        assert page.status_code == 200
        assert re.search(r'data-used="looks_day">1<', page.text)
        assert (await person(6).post("/settings/exposure/1", **PLENTY)).status_code == 303
        assert (await person(4).post("/settings/exposure/1", **PLENTY)).status_code == 403
        assert house.exposures.own(house.principal(1)).limit.looks_day == 9
        assert '/settings/exposure/1"' in (await person(6).get("/settings/exposure")).text


async def test_a_carer_is_named_by_the_person_alone(house):
    async with console(house) as person:
        assert (await person(1).post("/settings/exposure", act="carer", carer="3")).status_code == 303
        assert (await person(3).get("/settings/exposure/1")).status_code == 200
        assert re.search(r'<option value="3" selected>m3', (await person(1).get("/settings/exposure")).text)
        assert (await person(4).post("/settings/exposure", act="carer", carer="4")).status_code == 400
        assert (await person(4).get("/settings/exposure/1")).status_code == 403
        assert (await person(1).post("/settings/exposure", act="carer", carer="x")).status_code == 400
        assert (await person(1).post("/settings/exposure", act="carer", carer="")).status_code == 303
        assert (await person(3).get("/settings/exposure/1")).status_code == 403


async def test_the_desks_limits_are_an_admins(house):
    async with console(house) as person:
        assert (await person(3).get("/settings/desk/exposure")).status_code == 403
        assert (await person(4).get("/settings/desk/exposure")).status_code == 200
        assert (await person(4).post("/settings/desk/exposure", **PLENTY)).status_code == 303
        assert house.exposures.own(house.principal(2)).limit.looks_day == 9
        assert (await person(4).post("/settings/desk/exposure", **{**PLENTY, "looks_day": "41"})).status_code == 400
