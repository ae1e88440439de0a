"""Her session in the browser: which cookie is hers, which form is of which session, who may send one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from amparo.errors import Refused
from amparo.web.session import Cookies, check_sender, form_token, is_of

TOKEN = "A" * 43


def asked(**headers: str) -> Request:
    told = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "headers": told})


@pytest.mark.parametrize(
    ("is_secure", "header", "token"),
    [
        (False, f"s={TOKEN}", TOKEN),
        (False, f"other=1; s={TOKEN}; more=2", TOKEN),
        (True, f"__Host-s={TOKEN}", TOKEN),
        (True, f"s={TOKEN}", ""),
        (False, f"__Host-s={TOKEN}", ""),
        (False, "s=" + "A" * 65, ""),
        (False, "s=", ""),
        (False, "", ""),
        (False, "\x01\x02=;;;=", ""),
        (False, f'odd={{"x": 1, "y": "\\"}}; s={TOKEN}', TOKEN),
        (False, f"s=<odd>; s={TOKEN}", TOKEN),
        (False, f"xs={TOKEN}; S={TOKEN}", ""),
    ],
)
def test_the_cookie_of_this_scheme_is_hers(header: str, token: str, *, is_secure: bool) -> None:
    assert Cookies("s", is_secure=is_secure).token(asked(cookie=header)) == token


@given(st.text(st.characters(max_codepoint=255), max_size=100))
def test_no_cookie_breaks_it(header: str) -> None:
    Cookies("s", is_secure=False).token(asked(cookie=header))


def test_a_form_token_is_of_one_session_and_does_not_tell_it() -> None:
    assert is_of(TOKEN, form_token(TOKEN))
    assert TOKEN not in form_token(TOKEN)
    assert not is_of(TOKEN, form_token("B" * 43))
    assert not is_of(TOKEN, "")
    assert not is_of(TOKEN, "ü" * 32)
    assert form_token("") == ""
    assert not is_of("", "")


HERE = "localhost:8801"


@pytest.mark.parametrize(
    ("headers", "public_url"),
    [
        ({"sec_fetch_site": "same-origin"}, ""),
        ({"sec_fetch_site": "none"}, ""),
        ({"sec_fetch_site": "same-origin", "origin": "null"}, ""),
        ({"origin": f"http://{HERE}"}, ""),
        ({"origin": "null"}, ""),
        ({}, ""),
        ({"origin": "https://notes.example"}, "https://notes.example"),
        ({"origin": "https://notes.example"}, "https://notes.example/"),
    ],
)
def test_our_own_pages_send_forms(headers: dict[str, str], public_url: str) -> None:
    check_sender(asked(host=HERE, **headers).scope, public_url)


@pytest.mark.parametrize(
    ("headers", "public_url"),
    [
        ({"sec_fetch_site": "cross-site"}, ""),
        ({"sec_fetch_site": "same-site"}, ""),
        ({"sec_fetch_site": "cross-site", "origin": f"http://{HERE}"}, ""),
        ({"sec_fetch_site": "what"}, ""),
        ({"origin": "http://evil.example"}, ""),
        ({"origin": "http://localhost"}, ""),
        ({"origin": f"http://{HERE}.evil.example"}, ""),
        ({"origin": f"http://{HERE}"}, "https://notes.example"),
        ({"origin": ""}, ""),
        ({"origin": "http://[x"}, ""),
    ],
)
def test_other_sites_do_not(headers: dict[str, str], public_url: str) -> None:
    with pytest.raises(Refused) as caught:
        check_sender(asked(host=HERE, **headers).scope, public_url)
    assert caught.value.slug == "foreign_form"
