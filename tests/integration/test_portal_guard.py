"""Every answer of the portal has exactly its headers; what is not there is not there; nothing tells what failed inside."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from http.cookiejar import DefaultCookiePolicy

import pytest

from amparo.errors import Misconfigured
from amparo.portal.application import Portal
from amparo.portal.notices import NOTICES
from amparo.portal.settings import PortalSettings
from amparo.web.policy import headers as headers_of
from tests.intake_twin import IntakeTwin
from tests.integration.portal import at
from tests.person import QUICK, Person, doors_of, read

pytestmark = pytest.mark.once

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'none'; worker-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types page"
)
WITH_FILES = POLICY.replace("img-src 'self'", "img-src 'self' blob:").replace("media-src 'none'", "media-src blob:")
EXACT = {
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
STEPS = ["language", "safe", "age", "under-18", "happened", "files", "where", "consent", "receipt", "sent"]
HTTPS = PortalSettings(public_url="https://notes.example")


@pytest.fixture
def intake() -> IntakeTwin:
    return IntakeTwin()


@pytest.fixture
async def person(intake: IntakeTwin) -> AsyncIterator[Person]:
    async with at(doors_of(intake)) as persons:
        yield persons()


@pytest.fixture
async def secure(intake: IntakeTwin) -> AsyncIterator[Person]:
    async with at(doors_of(intake, HTTPS), "https://notes.example") as persons:
        yield persons()


def check(headers: dict[str, str], policy: str = POLICY, *, is_secure: bool = False) -> None:
    """That these are the headers, and no others."""
    expected = {
        **EXACT,
        "content-security-policy": policy,
        "permissions-policy": headers_of(is_secure=False)["permissions-policy"],
    }
    if is_secure:
        expected["strict-transport-security"] = "max-age=31536000"
    found = {name: value for name, value in headers.items() if name not in OWN | {"retry-after", "clear-site-data"}}
    assert found == expected


async def test_every_page_has_exactly_these_headers(person: Person) -> None:
    for step in STEPS:
        await person.to(step, age="minor")
        assert person.at.step == step
        check(dict(person.answer.headers), WITH_FILES if step == "files" else POLICY)
        told = f"{person.answer.headers} {person.answer.text}"
        assert "amparo" not in told.lower(), "who looks over her shoulder learns nothing from a name"
        assert person.answer.headers["content-type"] == "text/html; charset=utf-8"
        assert person.answer.headers["content-language"] == person.at.lang == "en"
        assert person.at.title == "Notes"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404), ("GET", "/static/", 404), ("GET", "/static/../guard.py", 404), ("GET", "/static/%2e%2e/guard.py", 404),
        ("GET", "/static/portal.css/", 404), ("GET", "/openapi.json", 404), ("GET", "/metrics", 404),
        ("GET", "/icon.svg", 200), ("GET", "/robots.txt", 200), ("GET", "/static/portal.css", 200), ("GET", "/livez", 200),
        ("GET", "/readyz", 200), ("GET", "/exit", 200), ("PUT", "/", 405), ("DELETE", "/", 405), ("OPTIONS", "/", 405),
        ("TRACE", "/", 405), ("POST", "/static/portal.css", 405), ("POST", "/livez", 405), ("GET", "/files", 405),
        ("POST", "/", 415), ("POST", "/files", 415),
    ],
)  # fmt: skip
async def test_every_other_answer_too(person: Person, method: str, path: str, status: int) -> None:
    answer = await person.client.request(method, path)
    assert answer.status_code == status
    check(dict(answer.headers))
    assert ("allow" in answer.headers) == (status == 405)


async def test_head_is_get_without_a_body(person: Person) -> None:
    for path in ("/", "/static/portal.css", "/livez", "/nowhere"):
        whole, head = await person.client.get(path), await person.client.head(path)
        assert head.status_code == whole.status_code
        assert head.content == b""
        assert head.headers["content-length"] == whole.headers["content-length"]
        check(dict(head.headers))


async def test_behind_https_browsers_are_told_to_stay_there(secure: Person) -> None:
    await secure.look()
    check(dict(secure.answer.headers), is_secure=True)
    answer = await secure.client.get("/nowhere")
    check(dict(answer.headers), is_secure=True)


async def test_the_cookie_is_hers_alone_and_ends_with_the_browser(person: Person, secure: Person) -> None:
    for somebody, name, rules in [
        (person, "s", "Path=/; HttpOnly; SameSite=Strict"),
        (secure, "__Host-s", "Path=/; HttpOnly; SameSite=Strict; Secure"),
    ]:
        await somebody.look()
        assert "set-cookie" not in somebody.answer.headers
        await somebody.press("next", "en")
        cookie = somebody.answer.history[0].headers["set-cookie"]
        first, _, rest = cookie.partition("; ")
        assert first.startswith(f"{name}=")
        assert len(first) >= len(name) + 1 + 43
        assert rest == rules
        await somebody.press("next", "yes")
        assert "set-cookie" not in somebody.answer.history[0].headers


async def test_a_form_leads_to_the_one_address(person: Person) -> None:
    await person.look()
    await person.press("next", "en")
    (redirect,) = person.answer.history
    assert (redirect.status_code, redirect.headers["location"]) == (303, "/")
    check(dict(redirect.headers))


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_no_other_site_sends_a_form(person: Person, intake: IntakeTwin, site: str) -> None:
    await person.look()
    body = "form=&step=language&in=en&language=en"
    headers = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": site}
    answer = await person.client.post("/", content=body, headers=headers)
    assert answer.status_code == 403
    check(dict(answer.headers))
    assert not intake.drafts


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "https://localhost:8801.evil.example", "http://localhost:8802"]
)
async def test_nor_in_a_browser_that_tells_its_origin_only(person: Person, intake: IntakeTwin, origin: str) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded", "origin": origin}
    answer = await person.client.post("/", content="form=&step=language&language=en", headers=headers)
    assert answer.status_code == 403
    assert not intake.drafts


async def test_a_form_with_a_foreign_token_does_nothing(person: Person, intake: IntakeTwin) -> None:
    await person.to("happened")
    fields = [("form", "0" * 32), ("step", "age"), ("in", "en"), ("age", "minor")]
    await person.send(fields)
    assert person.at.step == "happened"
    assert next(iter(intake.drafts.values())).age == "adult_stated"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"\xff\xfe", 400), (b"step=%ff%fe", 400), (b"a=1&" * 400, 400), (b"step=nowhere", 400), (b"", 400),
        (b"step=language&language=xx", 400), (b"x" * (4 * 1024 * 1024 + 1), 413),
    ],
)  # fmt: skip
async def test_a_broken_form_gets_a_kind_page(person: Person, body: bytes, status: int) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    answer = await person.client.post("/", content=body, headers=headers)
    assert answer.status_code == status
    assert read(answer.text).notice
    check(dict(answer.headers))


async def test_what_fails_inside_is_told_to_nobody(
    person: Person, intake: IntakeTwin, capsys: pytest.CaptureFixture[str]
) -> None:
    await person.to("where")

    def fail(_verb: str) -> None:
        raise ZeroDivisionError("https://mine.example/ in a message of the database")

    intake.before = fail
    for answer in (
        await person.client.get("/?asked=for-this"),
        await person.client.post("/files", content=b"{}", headers={"content-type": "application/json"}),
        await person.client.get("/readyz"),
    ):
        assert answer.status_code in {422, 500}
        check(dict(answer.headers))
        assert "Zero" not in answer.text
        assert "mine.example" not in answer.text
    await person.press("next", addresses="https://typed.example/")
    assert person.answer.status_code == 500
    logged = "".join(capsys.readouterr())
    assert "ZeroDivisionError" in logged
    for secret in ("mine.example", "typed.example", "for-this", "127.0.0.1", next(iter(intake.drafts))):
        assert secret not in logged


async def test_too_many_at_once_wait_and_then_are_asked_to_come_back(intake: IntakeTwin) -> None:
    intake.before = lambda _verb: time.sleep(0.2)
    for patience_ms, wanted in ((5_000, [200] * 4), (100, [200, 503, 503, 503])):
        async with at(doors_of(intake, replace(QUICK, in_flight_max=1, turn_ms_max=patience_ms))) as persons:
            one = persons()
            answers = await asyncio.gather(*(one.client.get("/", headers={"cookie": "s=x"}) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == wanted
        for answer in answers:
            check(dict(answer.headers))
            assert ("retry-after" in answer.headers) == (answer.status_code == 503)
            assert bool(read(answer.text).notice) == (answer.status_code == 503)


async def test_a_browser_that_keeps_no_cookie_is_told(person: Person) -> None:
    await person.look()
    assert not person.at.notice
    person.client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    await person.press("next", "ko")
    assert (person.at.step, person.at.notice) == ("language", NOTICES["no_cookie"])


@pytest.mark.parametrize("name", ["public_url", "exit_url"])
@pytest.mark.parametrize(
    "address", ["notes.example", "javascript:alert(1)", "https://", "https://[x", "https://a b/", "https://a/\n"]
)
def test_an_address_that_is_none_ends_the_start(intake: IntakeTwin, name: str, address: str) -> None:
    with pytest.raises(Misconfigured, match=f"portal.{name}"):
        Portal(doors_of(intake, replace(PortalSettings(), **{name: address})))
