"""That what comes of a case came from who holds its number: the portal that passes it on cannot make it. Reads no database.

Her number opens her secret key, and with a key made of that she signs what she takes back, writes or leaves as her contact. The desk
knows the public half from the day the case was sent. Who writes the intake database, or has taken over the portal, can keep back what
she sends, but for nobody who does not come by meanwhile can they take anything back.
"""

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from amparo.intake.model import ContactBody, MessageBody, WithdrawBody
from amparo.sealing.proof import is_proof, prove

Later = MessageBody | WithdrawBody | ContactBody
"""What is sent of a case that is there already."""
L = TypeVar("L", MessageBody, WithdrawBody, ContactBody)


def proved(body: L, case_uid: str, secret: str) -> L:
    """``body`` with the proof of her who opened the case. secret: of the key that her number opens."""
    return msgspec.structs.replace(body, proof=prove(secret, _said(body, case_uid)))


def is_proved(body: Later, case_uid: str, signers: Iterable[str]) -> bool:
    """Whether one of the case's signers sent it."""
    said = _said(body, case_uid)
    return any(is_proof(signer, body.proof, said) for signer in signers)


def _said(body: Later, case_uid: str) -> bytes:
    bare = msgspec.json.encode(msgspec.structs.replace(body, proof=b""))
    return b"\n".join([b"amparo", type(body).__name__.encode(), case_uid.encode(), bare])
