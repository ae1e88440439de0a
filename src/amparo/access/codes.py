"""One-time codes: the second factor beside a password (RFC 6238, six digits, half a minute). Counts no attempt and keeps nothing."""

import hmac
from datetime import datetime
from typing import Final

import pyotp
import segno

STEP_S: Final = 30
DRIFT: Final = 1
"""Steps before and after that are taken too: clocks of telephones differ."""


def new_secret() -> str:
    """160 random bits in base 32, as authenticator apps take them."""
    return pyotp.random_base32()


def address_of(secret: str, name: str, issuer: str) -> str:
    """The ``otpauth:`` address an app reads."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer))


def picture_of(address: str) -> str:
    """The address as a QR code: SVG that may stand in a page as it is."""
    return str(segno.make(address, error="m").svg_inline(scale=4, border=2, dark="#000", light="#fff", omitsize=False))


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step of which ``code`` is the code, None where it is none of now. Whether it was used before is the caller's to ask."""
    given = "".join(code.split())
    if len(given) != 6 or not given.isascii() or not given.isdigit():
        return None
    step = int(now.timestamp()) // STEP_S
    made = pyotp.TOTP(secret)
    for at in range(step - DRIFT, step + DRIFT + 1):
        if hmac.compare_digest(made.at(at * STEP_S), given):
            return at
    return None
