"""Secrets of webhooks and what is signed with them. Keeps none: at rest they are locked under a key outside the database.

Source: the Standard Webhooks specification, symmetric signatures (v1): HMAC-SHA256 over ``id.timestamp.body``, one signature a secret.
"""

import base64
import hmac
import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from amparo.sealing.box import Box, derived_key

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 24
KEY_BYTES: Final = 32


def webhook_box(secret: bytes) -> Box:
    """What locks the secrets. secret: that of the file or of AMPARO_WEBHOOKS_KEY."""
    return Box(derived_key(secret, "webhooks"))


def new_secret() -> str:
    """A secret as its receiver is told it, once."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signatures(keys: Sequence[str], message_id: str, at_s: int, body: bytes) -> dict[str, str]:
    """The headers of a message. keys: the present secret and, for a time after a change, the one before; each signs."""
    said = f"{message_id}.{at_s}.".encode() + body
    made = [
        base64.b64encode(hmac.new(base64.b64decode(key.removeprefix(PREFIX)), said, sha256).digest()) for key in keys
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(f"v1,{one.decode()}" for one in made),
    }
