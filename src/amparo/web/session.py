"""A session as the browser holds it: one cookie until the browser is closed, and the token in each form. Keeps nothing itself."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request

from amparo.errors import Refused
from amparo.web.addresses import host_of

SECURE_PREFIX: Final = "__Host-"
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
FORM_TOKEN_CHARS: Final = 32
OURS: Final = frozenset({"same-origin", "none"})
"""What Sec-Fetch-Site says of a page of ours, and of what somebody did by hand; another site can make neither."""


class Cookies:
    """Writes and reads the cookie of that name. is_secure: browsers reach us by https, and the name says so."""

    def __init__(self, name: str, *, is_secure: bool) -> None:
        self._name = SECURE_PREFIX + name if is_secure else name
        self._rules = "; Path=/; HttpOnly; SameSite=Strict" + ("; Secure" if is_secure else "")

    def token(self, request: Request) -> str:
        """The token of the session, "" where there is none."""
        for header, value in request.scope["headers"]:
            if header == b"cookie":
                for pair in value.decode("latin-1").split(";"):  # others' cookies, however odd, do not hide ours
                    name, _, found = pair.strip().partition("=")
                    if name == self._name and TOKEN.fullmatch(found):
                        return str(found)
        return ""

    def set(self, token: str) -> str:
        """The value of Set-Cookie that begins a session: no age, so that it ends with the browser at the latest."""
        return f"{self._name}={token}{self._rules}"

    def ended(self) -> str:
        """The value of Set-Cookie that ends it."""
        return f"{self._name}={self._rules}; Max-Age=0"


def form_token(token: str) -> str:
    """What the forms of a session hold, "" where there is none: made of its token, which it does not tell."""
    return hashlib.sha256(b"form:" + token.encode()).hexdigest()[:FORM_TOKEN_CHARS] if token else ""


def is_of(token: str, given: str) -> bool:
    """Whether ``given`` is the form token of that session."""
    return bool(token) and hmac.compare_digest(form_token(token).encode(), given.encode())


def check_sender(scope: Mapping[str, Any], public_url: str) -> None:
    """That the request was sent by a page of ours, as far as the browser tells; old ones tell nothing, and the form's token decides.

    Raises: Refused (foreign_form).
    Source: W3C Fetch Metadata; Fetch standard section 3.2 (our Referrer-Policy makes the Origin of a form "null").
    """
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin", "null")
    if site is not None:
        is_ours = site in OURS
    elif origin == "null":
        is_ours = True
    else:
        host = host_of(public_url) or headers.get(b"host", "")
        is_ours = host_of(origin) == host != ""
    if not is_ours:
        raise Refused(
            "foreign_form", "the form was sent by another site's page", "Open the page anew and use its form."
        )
