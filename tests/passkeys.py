"""A passkey in software: makes and shows itself as an authenticator does, or wrongly as an attacker would. Tests nothing itself.

Source: W3C WebAuthn Level 3, sections 6.1 (authenticator data) and 6.5 (attestation), format "none"; ES256 keys.
"""

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def data_of(given: str) -> bytes:
    return base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))


@dataclass
class SoftKey:
    """origin: of the page it believes to be on. prf_seed: b"" for one that has no secret of its own."""

    origin: str = "http://localhost:8802"
    prf_seed: bytes = field(default=b"", repr=False)
    is_verified: bool = True
    counts: bool = True
    credential: bytes = field(default_factory=lambda: os.urandom(32))
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()), repr=False)
    handle: bytes = b""
    rp_id: str = "localhost"
    count: int = 0

    def make(self, options: dict[str, Any], odd: Any = None) -> dict[str, Any]:
        """The answer of ``navigator.credentials.create``. odd: stands where the public key should."""
        self.handle, self.rp_id = data_of(options["user"]["id"]), options["rp"]["id"]
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.credential).to_bytes(2, "big") + self.credential
        attested += cbor2.dumps(cose if odd is None else odd)
        whole = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + attested}
        client = self._client("webauthn.create", options["challenge"])
        response = {"clientDataJSON": text(client), "attestationObject": text(cbor2.dumps(whole)), "transports": []}
        return self._answer(response, options)

    def show(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer of ``navigator.credentials.get``."""
        self.count += self.counts
        data, client = self._data(0), self._client("webauthn.get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        response = {"clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(signature)}
        return self._answer({**response, "userHandle": text(self.handle)}, options)

    def _data(self, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.is_verified else 0)
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _answer(self, response: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
        extensions = {}
        if self.prf_seed:
            salt = data_of(options["extensions"]["prf"]["eval"]["first"])
            extensions = {"prf": {"results": {"first": text(hashlib.sha256(self.prf_seed + salt).digest())}}}
        own = text(self.credential)
        return {
            "id": own, "rawId": own, "type": "public-key", "response": response, "clientExtensionResults": extensions
        }  # fmt: skip
