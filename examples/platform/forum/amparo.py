"""What the forum says to Amparo, and how it knows Amparo's messages from others'. Keeps nothing."""

import base64
import hashlib
import hmac
import json
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

WAIT_S: Final = 25
OLD_S: Final = 300


@dataclass(frozen=True)
class Amparo:
    """One installation and the forum's key there (role platform)."""

    url: str
    key: str = field(repr=False)

    def ask(self, picture: bytes, media_type: str, item_id: str) -> dict[str, Any]:
        """What Amparo says of a picture. Raises: OSError when it cannot be asked now."""
        return self._call("POST", "/v1/match", picture, {"Content-Type": media_type, "Amparo-Item-Id": item_id})

    def report(self, item_id: str, reason: str, words: str) -> None:
        """Pass on what somebody reported."""
        self._json("POST", "/v1/reports", {"item_id": item_id, "reason": reason, "words": words or None})

    def actions(self, after: int) -> dict[str, Any]:
        """What is asked of the forum since, as soon as there is something."""
        return self._call("GET", f"/v1/actions?after={after}&wait_s={WAIT_S}")

    def new_webhook(self, url: str) -> str:
        """Have actions sent to ``url``; the secret that signs them, told once."""
        return str(self._json("POST", "/v1/webhooks", {"url": url})["secret"])

    def _json(self, method: str, path: str, body: object) -> dict[str, Any]:
        return self._call(method, path, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _call(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        said = {"Authorization": f"Bearer {self.key}", **(headers or {})}
        request = urllib.request.Request(self.url + path, body, said, method=method)  # noqa: S310  # the operator's own
        with urllib.request.urlopen(request, timeout=WAIT_S + 10) as answer:  # noqa: S310
            told: dict[str, Any] = json.load(answer)
            return told


def is_signed(secret: str, headers: Mapping[str, str], what: bytes) -> bool:
    """Whether Amparo said this, lately. what: the raw body; of a GET the path with its query."""
    said = {name.lower(): value for name, value in headers.items()}
    message_id, at = said.get("webhook-id", ""), said.get("webhook-timestamp", "")
    if not secret or not at.isdigit() or abs(time.time() - int(at)) > OLD_S:  # noqa: TID251  # a forum has a clock
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = hmac.new(key, f"{message_id}.{at}.".encode() + what, hashlib.sha256).digest()
    wanted = f"v1,{base64.b64encode(made).decode()}"
    # after a change of secret there are two for a day
    return any(hmac.compare_digest(one, wanted) for one in said.get("webhook-signature", "").split(" "))
