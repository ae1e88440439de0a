"""Passkeys: options for the browser, and whether what it answers is good. Keeps no challenge and knows no session.

User verification is required each time, so that a passkey is two factors by itself. Source: W3C WebAuthn Level 3.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import webauthn
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from amparo.access.key_slots import PRF_BYTES
from amparo.errors import BadInput, Unauthenticated

PRF_SALT: Final = b"amparo: the key of a member of staff"
"""What every passkey is asked to make its secret of; the secret differs from passkey to passkey all the same."""
ANSWER_BYTES_MAX: Final = 64 * 1024
LIBRARY_ERRORS: Final = (WebAuthnException, ValueError, TypeError, LookupError)
"""What the library raises of an answer, or of a public key, that is not shaped as it should be: its own errors and Python's."""


@dataclass(frozen=True, slots=True)
class Site:
    """Whose passkeys these are. rp_id: a host. origin: scheme, host and port of the pages."""

    rp_id: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """What a browser made. prf: the passkey's secret, b"" where it has none or did not tell it yet."""

    credential: bytes
    public_key: bytes = field(repr=False)
    sign_count: int
    prf: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """A passkey that was shown. handle: whose it says to be."""

    credential: bytes
    handle: bytes
    prf: bytes = field(repr=False)


def making(site: Site, name: str, handle: bytes, challenge: bytes, known: Sequence[bytes]) -> dict[str, Any]:
    """Options for ``navigator.credentials.create``, as JSON has them. known: credentials the member has."""
    made = webauthn.generate_registration_options(
        rp_id=site.rp_id,
        rp_name=site.name,
        user_name=name,
        user_id=handle,
        user_display_name=name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return _with_prf(webauthn.options_to_json(made))


def showing(site: Site, challenge: bytes, known: Sequence[bytes] = ()) -> dict[str, Any]:
    """Options for ``navigator.credentials.get``. known: which may be shown, none for any the browser has."""
    made = webauthn.generate_authentication_options(
        rp_id=site.rp_id,
        challenge=challenge,
        allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return _with_prf(webauthn.options_to_json(made))


def made(site: Site, challenge: bytes, answer: dict[str, Any]) -> NewPasskey:
    """The passkey of an answer to ``making``. Raises: BadInput (bad_passkey)."""
    try:
        checked = webauthn.verify_registration_response(
            credential=json.dumps(answer),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except LIBRARY_ERRORS:
        raise BadInput("bad_passkey", "the browser's answer is no passkey of this page", "Try it once more.") from None
    return NewPasskey(checked.credential_id, checked.credential_public_key, checked.sign_count, prf_of(answer))


def claimed(answer: dict[str, Any]) -> Shown:
    """Which passkey an answer to ``showing`` speaks of; nothing is checked yet. Raises: Unauthenticated (bad_sign_in)."""
    try:
        credential = _bytes(answer["id"])
        handle = answer["response"].get("userHandle") or ""
        return Shown(credential, _bytes(handle) if handle else b"", prf_of(answer))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise refused() from None


def check_shown(site: Site, challenge: bytes, answer: dict[str, Any], public_key: bytes, sign_count: int) -> int:
    """The new count of signatures. Raises: Unauthenticated (bad_sign_in)."""
    try:
        checked = webauthn.verify_authentication_response(
            credential=json.dumps(answer),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except LIBRARY_ERRORS:
        raise refused() from None
    return checked.new_sign_count


def prf_of(answer: dict[str, Any]) -> bytes:
    """The secret a passkey gave with the answer, b"" where it gave none. Raises: BadInput (bad_prf)."""
    try:
        first = answer.get("clientExtensionResults", {}).get("prf", {}).get("results", {}).get("first", "")
        prf = _bytes(first) if first else b""
    except (AttributeError, TypeError, ValueError):
        raise _bad_prf() from None
    if prf and len(prf) != PRF_BYTES:
        raise _bad_prf()
    return prf


def refused() -> Unauthenticated:
    """The one answer to every sign-in that fails, whatever failed."""
    return Unauthenticated("bad_sign_in", "that did not sign anybody in", "Try it once more, or another way.")


def _bad_prf() -> BadInput:
    return BadInput("bad_prf", "the passkey's secret is not 32 bytes long", "Sign in once more.")


def _with_prf(options: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(options)
    salt = base64.urlsafe_b64encode(PRF_SALT).rstrip(b"=").decode()
    return {**told, "extensions": {**told.get("extensions", {}), "prf": {"eval": {"first": salt}}}}


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
