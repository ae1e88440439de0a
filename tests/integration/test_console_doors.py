"""Every address of the console answers those it is for and nobody else, with exactly its headers. Made from the table of doors."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from amparo.access.staff_model import STAFF_MATRIX, STAFF_ROLES
from amparo.console.door import CSP, Door
from amparo.console.nav import LINKS
from amparo.console.settings import ConsoleSettings
from amparo.console.table import TABLE
from amparo.console.visit import Visit
from amparo.errors import AmparoError
from amparo.web.policy import DENIED
from tests.console import Desk, StaffTwin, at, doors_of, view_of

pytestmark = pytest.mark.once

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'none'; worker-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types page parts"
)
EXACT = {
    "content-security-policy": POLICY,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "x-robots-tag": "noindex, nofollow, noarchive",
    "x-frame-options": "DENY",
}
OWN = {
    "content-length",
    "content-type",
    "content-language",
    "content-encoding",
    "vary",
    "set-cookie",
    "location",
    "allow",
}
PASSKEYS = {"publickey-credentials-create", "publickey-credentials-get"}
REACHED = 299
"""The status of a view that was reached: no other answer of the console has it."""


def reached(visit: Visit) -> object:
    return visit.json({"reached": True}, REACHED)


MARKED = tuple(replace(door, view=reached) for door in TABLE)
"""The same doors, each with a view that says it was reached: who may use a door is not the view's to say."""
EACH = pytest.mark.parametrize("door", MARKED, ids=lambda door: f"{door.method} {door.path}")


def filled(door: Door) -> str:
    """An address of that door."""
    return re.sub(r"\{\w+\}", "1", door.path)


@pytest.fixture
async def desk() -> AsyncIterator[Callable[[str], Desk]]:
    async with at(doors_of(), table=MARKED) as made:
        yield made


async def asked(desk: Desk, door: Door) -> int:
    answer = await (desk.get(filled(door)) if door.method == "GET" else desk.post(filled(door)))
    return answer.status_code


@EACH
@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_a_door_is_open_to_whom_the_matrix_says_and_to_nobody_else(desk, door: Door, role: str) -> None:
    may = door.permission is None or door.permission in STAFF_MATRIX[role]
    assert await asked(desk(role), door) == (REACHED if may else 403)


@EACH
async def test_nobody_who_is_not_signed_in_gets_past_a_door_that_is_not_open_to_all(desk, door: Door) -> None:
    turned_away = 303 if door.method == "GET" else 401
    for token in ("", "made-up"):
        assert await asked(desk(token), door) == (REACHED if door.permission is None else turned_away)


@pytest.mark.parametrize("door", [door for door in MARKED if door.method == "POST"], ids=lambda door: door.path)
async def test_no_form_is_taken_from_another_session_or_another_site(desk, door: Door) -> None:
    admin, path = desk("admin"), filled(door)
    if door.permission is not None:
        assert (await admin.post(path, form="")).status_code == 409
        assert (await admin.post(path, form="0" * 32)).status_code == 409
        assert (await admin.posted_json(path, {}, form="0" * 32)).status_code == 409
        assert (await admin.posted_json(path, {})).status_code == REACHED
    foreign = await admin.client.post(path, data={"amparo-form": "x"}, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    assert (await admin.client.post(path, content=b"x", headers={"content-type": "text/plain"})).status_code in {
        403,
        415,
    }


def check(headers: dict[str, str]) -> None:
    """That these are the headers, and no others."""
    features = dict(each.split("=") for each in headers["permissions-policy"].split(", "))
    assert features == {name: "(self)" if name in PASSKEYS else "()" for name in DENIED}
    assert {
        name: value
        for name, value in headers.items()
        if name not in OWN | {"retry-after", "clear-site-data", "permissions-policy"}
    } == EXACT


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/sign-in", 200), ("GET", "/", 303), ("GET", "/queue", 200), ("GET", "/settings", 200), ("GET", "/nowhere", 404),
        ("GET", "/static/", 404), ("GET", "/static/../pages.py", 404), ("GET", "/static/console.css", 200),
        ("GET", "/static/vendor/htmx.js", 200), ("GET", "/static/kinds/pdq.js", 200), ("GET", "/icon.svg", 200), ("GET", "/robots.txt", 200),
        ("GET", "/livez", 200), ("GET", "/readyz", 200), ("POST", "/livez", 405), ("PUT", "/queue", 405), ("POST", "/sign-in", 415),
        ("POST", "/settings", 415), ("GET", "/sign-out", 405),
    ],
)  # fmt: skip
async def test_every_answer_has_exactly_its_headers(method: str, path: str, status: int) -> None:
    async with at(doors_of()) as made:
        answer = await made("admin").client.request(method, path)
        assert answer.status_code == status
        check(dict(answer.headers))
        assert ("allow" in answer.headers) == (status == 405)


def test_which_pages_may_show_a_picture_of_the_browsers_own_memory_and_no_other_policy_differs() -> None:
    of_files = POLICY.replace("img-src 'self'", "img-src 'self' blob:").replace("media-src 'none'", "media-src blob:")
    pinned = {(one.method, one.path): one.csp for one in TABLE}
    files = {("GET", "/search"), ("POST", "/search"), ("GET", "/banks/{bank}/entry"), ("POST", "/banks/{bank}/entry")}
    assert pinned == {door: of_files if door in files else POLICY for door in pinned}


async def test_a_door_with_another_policy_keeps_its_own() -> None:
    other = CSP.replace("img-src 'self'", "img-src 'self' blob:")
    table = (Door("GET", "/files", "own", reached, csp=other),)
    async with at(doors_of(), table=table) as made:
        assert (await made("admin").get("/files")).headers["content-security-policy"] == other


async def test_behind_https_the_cookie_and_the_line_are_safe() -> None:
    doors = doors_of(settings=ConsoleSettings(public_url="https://console.example"))
    async with at(doors, "https://console.example") as made:
        answer = await made("admin").post("/sign-out")
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert answer.headers["set-cookie"] == "__Host-staff=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0"


async def test_signing_out_ends_the_session_and_the_page_says_so() -> None:
    staff = StaffTwin()
    async with at(doors_of(staff)) as made:
        lead = made("lead")
        answer = await lead.post("/sign-out")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?said=signed_out")
        assert answer.headers["clear-site-data"] == '"cache", "storage"'
        assert staff.ended == ["lead"]
        assert "You are signed out." in (await lead.get(answer.headers["location"])).text
        assert (await lead.get("/queue")).headers["location"] == "/sign-in"
        assert "Max-Age=0" in (await lead.get("/queue")).headers["set-cookie"]


async def test_a_page_shows_the_links_of_its_reader_alone() -> None:
    async with at(doors_of()) as made:
        page = (await made("auditor").get("/settings")).text
        assert view_of(page) == "settings"
        assert 'href="/figures"' in page
        assert 'href="/cases"' not in page
        assert 'href="/staff"' not in page
        assert 'href="/settings" aria-current="page"' in page
        assert 'href="/cases"' in (await made("admin").get("/settings")).text
        assert "<header>" not in (await made("").get("/sign-in")).text


async def test_no_link_leads_to_a_page_that_is_not_there() -> None:
    async with at(doors_of()) as made:
        page = (await made("admin").get("/settings")).text
    head = page[page.index("<nav") : page.index("</nav>")]
    linked = set(re.findall(r'href="([^"]+)"', head))
    assert linked == {path for path, _, _ in LINKS} & {door.path for door in TABLE}
    assert len(linked) > 3


async def test_each_reads_in_their_own_language() -> None:
    async with at(doors_of()) as made:
        reviewer = made("reviewer")
        answer = await reviewer.post("/settings", act="language", language="zh-Hans")
        assert answer.headers["location"] == "/settings?said=saved"
        assert '<html lang="zh-Hans"' in (await reviewer.get("/settings")).text
        assert '<html lang="en"' in (await made("lead").get("/settings")).text
        wrong = await reviewer.post("/settings", act="language", language="tlh")
        assert (wrong.status_code, view_of(wrong.text)) == (400, "settings")
        assert 'role="alert"' in wrong.text
        stranger = made("")
        assert '<html lang="zh-Hans"' in (await stranger.get("/sign-in?in=zh-Hans")).text
        assert '<html lang="zh-Hans"' in (await stranger.get("/sign-in", headers={"accept-language": "zh-CN"})).text
        assert '<html lang="en"' in (await stranger.get("/sign-in", headers={"accept-language": "ko"})).text


async def test_what_fails_is_told_without_detail_as_a_page_or_to_a_script() -> None:
    def broken(visit: Visit) -> object:
        raise ValueError(f"secret of {visit.path}")

    async with at(doors_of(), table=(Door("GET", "/broken", "own", broken),)) as made:
        lead = made("lead")
        page = await lead.get("/broken")
        assert (page.status_code, view_of(page.text)) == (500, "trouble")
        assert "secret" not in page.text
        told = await lead.get("/broken", headers={"accept": "application/json"})
        assert (told.status_code, told.json()) == (500, {"slug": "internal", "status": 500})
        told = await made("").get("/broken", headers={"accept": "application/json"})
        assert (told.status_code, told.json()["slug"]) == (401, "session_over")


async def test_readiness_asks_the_ledger() -> None:
    def gone() -> None:
        raise AmparoError("unavailable", "the database does not answer")

    async with at(doors_of(ready=gone)) as made:
        assert (await made("").get("/readyz")).status_code == 500
        assert (await made("").get("/livez")).text == "live\n"


async def test_what_a_path_holds_that_is_no_number_is_no_page() -> None:
    table = (
        Door("GET", "/work/{id}", "own", lambda visit: visit.json(visit.number("id"))),
        Door("GET", "/work/next", "own", reached),
    )
    async with at(doors_of(), table=table) as made:
        lead = made("lead")
        assert (await lead.get("/work/12")).json() == 12
        assert (await lead.get("/work/next")).status_code == REACHED
        for wrong in ("x", "1x", "-1", "\uff11", "9" * 19, "1/2"):
            assert (await lead.get(f"/work/{wrong}")).status_code == 404


async def test_what_a_path_holds_that_nobody_sees_is_no_page() -> None:
    async with at(doors_of()) as made:
        for path in ("/cases/%00", "/cases/a%00b", "/banks/a%0Ab", "/tips/%7F", "/looks/%1B"):
            assert (await made("admin").get(path)).status_code == 404
